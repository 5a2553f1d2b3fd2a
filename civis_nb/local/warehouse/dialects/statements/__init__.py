"""Whole statements and queries: what is defined, combined, named and ordered."""
