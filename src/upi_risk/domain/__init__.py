"""What a payment, a payer, a receiver and a risk are. Pure: the standard library only, no clock, no I/O, no logging."""
