"""The panel of data: databases, tables, their rows and statistics, uploads."""
