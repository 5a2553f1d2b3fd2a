"""Civis files up and down, and values in them."""
