"""The terminal of who runs the service."""
