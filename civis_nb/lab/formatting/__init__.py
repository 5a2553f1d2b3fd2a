"""*Format SQL*: from words to lines."""
