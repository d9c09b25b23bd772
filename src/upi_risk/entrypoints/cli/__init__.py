"""The command line: serving, training, replaying."""
