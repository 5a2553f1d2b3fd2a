"""Forms of DuckDB's SQL that a dialect does not have: refused by name."""
