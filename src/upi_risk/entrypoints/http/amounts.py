"""Rupees on the wire, paise inside, nothing lost between."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from msgspec import Raw

from upi_risk.domain.errors import InvalidInputError
from upi_risk.domain.payment import MAX_AMOUNT_PAISE
from upi_risk.entrypoints.http.body import require_shallow

PAISE_PER_RUPEE: Final = 100
_SHORT: Final = 12
_EASY: Final = (0, 2)
_PAISA: Final = Decimal("0.01")
_LARGEST: Final = Decimal(MAX_AMOUNT_PAISE) / PAISE_PER_RUPEE
_NUMBER_BEGINS: Final = frozenset("-0123456789")


def paise(raw: Raw, field: str = "amount") -> int:
    """Read an amount of rupees from the digits of its JSON number, not from a float of them.

    Args:
        raw: a JSON value of correct syntax.
        field: its name, for the error.

    Raises:
        InvalidInputError: ``wrong_type`` if it is no number, ``too_small`` if nothing or less, ``too_large``, or
            ``too_precise`` with parts of a paisa.
        ProblemError: it is no number, and nested too deep for anything of ours.
    """
    text = bytes(raw).decode("ascii", "replace")
    easy = _easily(text)
    if easy is not None:
        return easy
    if text[:1] not in _NUMBER_BEGINS:
        require_shallow(raw)
        raise InvalidInputError(field, "wrong_type")
    if text[0] == "-":
        raise InvalidInputError(field, "too_small")
    try:
        rupees = Decimal(text)
    except InvalidOperation:  # an exponent of nineteen digits and more
        raise InvalidInputError(field, "too_precise" if "-" in text else "too_large") from None
    if rupees == 0:
        raise InvalidInputError(field, "too_small")
    if rupees > _LARGEST:
        raise InvalidInputError(field, "too_large")
    rounded = rupees.quantize(_PAISA)
    if rounded != rupees:
        raise InvalidInputError(field, "too_precise")
    return int(rounded.scaleb(2))


def _easily(text: str) -> int | None:
    """The paise of a number written as nearly all are: whole, or with two decimals; None for any other."""
    whole, _, parts = text.partition(".")
    digits = whole + parts
    if len(text) > _SHORT or len(parts) not in _EASY or not digits.isdigit():
        return None
    amount = int(digits) * (1 if parts else PAISE_PER_RUPEE)
    return amount if 0 < amount <= MAX_AMOUNT_PAISE else None


def rupees(amount_paise: int) -> float:
    """The nearest double to an amount; printed shortest, it has at most two decimals."""
    return amount_paise / PAISE_PER_RUPEE
