"""The version of civis_nb, read by the build backend and by user agents."""

__version__ = "0.1.0"
