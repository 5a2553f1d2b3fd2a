"""Civis Platform in Jupyter notebooks."""
