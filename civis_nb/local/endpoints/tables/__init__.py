"""``/tables``: tables, their columns and statistics."""
