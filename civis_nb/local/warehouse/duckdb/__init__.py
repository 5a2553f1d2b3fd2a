"""The embedded warehouse: DuckDB."""
