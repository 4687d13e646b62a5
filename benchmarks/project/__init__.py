"""The project that is measured: what ``startproject`` makes, one model, DRF and ``drf_mcp``."""
