"""Figures for Prometheus: counted in each process, kept in a folder, added up and served by one of them."""
