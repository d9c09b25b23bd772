"""Chance."""

from __future__ import annotations

import secrets


def luck() -> float:
    """A number from 0 to 1, 1 left out."""
    return secrets.randbelow(1 << 32) / (1 << 32)
