"""Calls of functions: what they mean in Redshift and PostgreSQL."""
