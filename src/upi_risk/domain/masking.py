"""Personal data as those see it who need to tell two people apart, not to know them."""

from __future__ import annotations

from typing import Final

from upi_risk.domain.payment import Phone, UpiId

HIDDEN: Final = "***"
"""Stands for any number of characters, so that not even the length is told."""

_COUNTRY: Final = "+91"
_SHOWN_DIGITS: Final = 2


def masked_phone(phone: Phone) -> str:
    """The country and the last two digits: ``+91***10``. Nothing of a phone that was erased."""
    return f"{_COUNTRY}{HIDDEN}{phone[-_SHOWN_DIGITS:]}" if phone.startswith(_COUNTRY) else HIDDEN


def masked_name(name: str) -> str:
    """The first character: ``G***``."""
    return name[:1] + HIDDEN


def masked_upi_id(upi_id: UpiId) -> str:
    """The first two characters and the handle: ``me***@upi``. What stands before it is often a phone or a name."""
    local, _, handle = upi_id.partition("@")
    return f"{local[: min(_SHOWN_DIGITS, len(local) - 1)]}{HIDDEN}@{handle}"
