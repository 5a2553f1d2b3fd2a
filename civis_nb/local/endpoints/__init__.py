"""The endpoints of the local platform, one module for each API resource."""
