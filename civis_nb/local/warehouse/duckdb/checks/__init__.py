"""What is refused of a statement though DuckDB would run it: each check is a module."""
