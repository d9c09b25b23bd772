"""Ids and tokens from the operating system's randomness."""

from __future__ import annotations

import os
import secrets
import weakref
from base64 import b32encode
from datetime import datetime
from typing import Final

from upi_risk.domain.indian_time import epoch_us

_VARIANT: Final = {f"{digit:x}": "89ab"[digit % 4] for digit in range(16)}
"""By a random digit, the one whose first two bits are 10 and whose last two are the random digit's."""

_DIGITS: Final = 20
"""Random digits drawn for an id, of which it takes all but the first bit or two of one, and another."""

_DRAWN: Final = 4_000
"""Bytes asked of the operating system at once: a call for each id would cost more than all else about it."""


class RandomIdentities:
    """See :class:`upi_risk.domain.ports.Identities`.

    Random bytes for ids are drawn ahead. A forked process begins with none, so that no two ever give out the same.
    """

    def __init__(self) -> None:
        self._drawn = ""
        self._used = 0
        self._instant = (-1, "")
        myself = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _forget(myself))

    def user_id(self) -> str:
        """A new user's id, of 100 random bits."""
        return "UID-" + b32encode(secrets.token_bytes(13))[:20].decode()

    def transaction_id(self, at: datetime) -> str:
        """A UUID version 7 as RFC 9562, section 5.7, lays it out; the standard library has it from Python 3.14 on."""
        milliseconds, begun = epoch_us(at) // 1000, self._instant
        if begun[0] != milliseconds:
            digits = milliseconds.to_bytes(6).hex()
            begun = self._instant = milliseconds, f"{digits[:8]}-{digits[8:]}-7"
        used = self._used
        if used >= len(self._drawn):
            self._drawn, used = secrets.token_bytes(_DRAWN).hex(), 0
        self._used = used + _DIGITS
        drawn = self._drawn[used : self._used]
        return f"{begun[1]}{drawn[:3]}-{_VARIANT[drawn[3]]}{drawn[4:7]}-{drawn[8:]}"

    def forget(self) -> None:
        """Draw anew before the next id."""
        self._drawn, self._used = "", 0

    def token(self) -> str:
        """A new secret."""
        return "upa_" + secrets.token_urlsafe(32)


def _forget(identities: weakref.ref[RandomIdentities]) -> None:
    found = identities()
    if found is not None:
        found.forget()
