"""``/scripts``: SQL, Python and container scripts."""
