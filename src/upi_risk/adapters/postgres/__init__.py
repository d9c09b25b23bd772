"""The store of record in PostgreSQL."""
