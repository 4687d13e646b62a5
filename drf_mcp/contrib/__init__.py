"""One small file for each guest library, active when the library is installed."""
