"""Copies near at hand, in Redis or Valkey; PostgreSQL has the truth."""
