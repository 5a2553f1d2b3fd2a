"""``/imports``: imports, their syncs, and files that are loaded into tables."""
