"""HTTP with JSON: what an app developer calls."""
