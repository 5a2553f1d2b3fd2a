"""``/users``: who uses the platform, and their API keys."""
