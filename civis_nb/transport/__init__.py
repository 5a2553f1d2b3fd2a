"""One request in, one reply out: sessions, retries, verified transfers."""
