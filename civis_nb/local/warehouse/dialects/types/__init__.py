"""Types of values and columns: their names, checks and conversions."""
