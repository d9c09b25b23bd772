"""Traces: spans of requests and batches, sent to a collector by OTLP. Imported only where somebody asked for them."""
