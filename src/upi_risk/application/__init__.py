"""The use cases, one a file. They know the domain and its ports, and nothing of HTTP, SQL or files."""
