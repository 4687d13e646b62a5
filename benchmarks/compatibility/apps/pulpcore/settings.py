"""Only for the sake of its name: Pulp reads ``configuration.py`` by way of ``PULP_SETTINGS``."""
