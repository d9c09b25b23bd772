"""Figures over arrays: intervals by drawing payers again, drift, sampling."""
