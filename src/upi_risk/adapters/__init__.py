"""Technology: one folder each, named after it; the files are the roles it plays for the domain."""
