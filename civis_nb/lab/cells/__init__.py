"""SQL cells: what completes them, and the statements in them."""
