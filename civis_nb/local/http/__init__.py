"""HTTP: middleware, envelope, wire models, authentication, the served specification."""
