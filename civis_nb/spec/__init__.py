"""The API specification as data."""
