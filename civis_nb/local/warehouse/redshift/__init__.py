"""Redshift's SQL, as DuckDB reads it."""
