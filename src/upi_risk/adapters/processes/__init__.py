"""Work done by processes of this machine, from the standard library."""
