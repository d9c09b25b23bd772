"""A payment that somebody is about to make, and the values it is made of."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType

from upi_risk.domain.errors import InvalidInputError

UpiId = NewType("UpiId", str)
"""A payee's address, canonical: lower case, two or more characters before its one ``@``, 255 at most."""

Phone = NewType("Phone", str)
"""An Indian mobile number in E.164: ``+91`` and ten digits."""

MAX_AMOUNT_PAISE: Final = 1_000_000_00
"""Ten lakh rupees, the largest cumulative limit of any UPI category (domain facts, section 1.4)."""

_UPI_ID = re.compile(r"(?=.{5,255}\Z)[a-z0-9][a-z0-9._-]+@[a-z][a-z0-9]{1,63}")
_PHONE = re.compile(r"[6-9][0-9]{9}")
_PHONE_SEPARATORS = str.maketrans("", "", " -().")
_LONGEST_PHONE = 32
_LONGEST_NAME = 100


def upi_id(text: str, field: str = "receiver_upi") -> UpiId:
    """Read a UPI id, in any case and with surrounding blanks.

    Raises:
        InvalidInputError: ``wrong_format``, with the field's name.
    """
    canonical = text.strip(" ").lower()
    if not text.isascii() or _UPI_ID.fullmatch(canonical) is None:
        raise InvalidInputError(field, "wrong_format")
    return UpiId(canonical)


def phone_number(text: str, field: str = "phone") -> Phone:
    """Read an Indian mobile number with or without ``+91``, ``0091``, ``91`` or a leading ``0``.

    Raises:
        InvalidInputError: ``wrong_format``, with the field's name.
    """
    if len(text) > _LONGEST_PHONE or not text.isascii():
        raise InvalidInputError(field, "wrong_format")
    digits = text.strip(" ").removeprefix("+").translate(_PHONE_SEPARATORS)
    lengths = {14: "0091", 12: "91", 11: "0"}  # a ten-digit number may itself begin with 91
    digits = digits.removeprefix(lengths.get(len(digits), ""))
    if _PHONE.fullmatch(digits) is None:
        raise InvalidInputError(field, "wrong_format")
    return Phone("+91" + digits)


def person_name(text: str, field: str = "name") -> str:
    """Read a person's name: NFC, trimmed, 1 to 100 characters, none of control or direction.

    Raises:
        InvalidInputError: ``invalid_char``, ``too_short`` or ``too_long``.
    """
    if len(text) > 4 * _LONGEST_NAME:
        raise InvalidInputError(field, "too_long")
    name = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in name):
        raise InvalidInputError(field, "invalid_char")
    if not name:
        raise InvalidInputError(field, "too_short")
    if len(name) > _LONGEST_NAME:
        raise InvalidInputError(field, "too_long")
    return name


@dataclass(frozen=True, slots=True)
class Payment:
    """What a payer asks about.

    Attributes:
        transaction_id: our name for this check, unique.
        user_id: the payer.
        receiver: the payee.
        amount_paise: what would be paid, 1 to :data:`MAX_AMOUNT_PAISE`.
        at: when the question was asked.
        idempotency_key: the caller's own name for the payment, unique among the payer's; None if not given.
    """

    transaction_id: str
    user_id: str
    receiver: UpiId
    amount_paise: int
    at: datetime
    idempotency_key: str | None = None
