"""What calls the use cases: HTTP and the command line."""
