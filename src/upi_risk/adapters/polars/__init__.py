"""Transactions files and the features of millions of payments at once, in Polars."""
