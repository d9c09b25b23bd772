"""What a payment costs, measured beside an echo of the same server and the guide's stack. Not tests; `make bench`."""
