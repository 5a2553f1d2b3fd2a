"""``%%civis_sql``: from the cell's text to a shown or kept result."""
