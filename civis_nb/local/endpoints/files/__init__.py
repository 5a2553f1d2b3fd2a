"""``/files``: details, previews, and preprocessing."""
