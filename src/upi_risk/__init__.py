"""UPI Risk: tells a payment app, before money moves, how risky a payment looks."""
