"""Searches of parameters by Optuna: https://optuna.org."""
