"""CSV as a list, as frames of pandas and polars, as Arrow tables and batches."""
