"""A calibrated population of UPI payers and the frauds among them, made from domain facts, section 7."""
