"""Services that are called over HTTP."""
