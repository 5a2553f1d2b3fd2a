"""Results as frames: what SQL types become in Arrow, pandas and polars, and data about them.

Everything here is plain data in, plain data out: nothing is fetched and nothing is displayed.
"""
