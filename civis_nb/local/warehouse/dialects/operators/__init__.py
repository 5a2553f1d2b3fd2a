"""Operators: what they mean between the types of Redshift and PostgreSQL."""
