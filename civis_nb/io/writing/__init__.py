"""Frames and CSV files into tables: as CSV text, uploaded, imported."""
