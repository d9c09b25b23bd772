"""HTTP to others."""
