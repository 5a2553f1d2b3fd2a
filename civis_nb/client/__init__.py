"""The client: APIClient, its resources and responses."""
