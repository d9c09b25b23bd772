"""Ids and tokens from the operating system's randomness."""

from __future__ import annotations

import os
import secrets
import weakref
from base64 import b32encode
from datetime import datetime
from typing import Final

from upi_risk.domain.indian_time import epoch_us

_VARIANT: Final = "89ab"
"""The digits whose first two bits are 10."""


_DRAWN: Final = 4_096
"""Bytes asked of the operating system at once: a call for each id would cost more than all else about it."""


class RandomIdentities:
    """See :class:`upi_risk.domain.ports.Identities`.

    Random bytes for ids are drawn ahead. A forked process begins with none, so that no two ever give out the same.
    """

    def __init__(self) -> None:
        self._drawn = b""
        self._used = 0
        myself = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _forget(myself))

    def user_id(self) -> str:
        """A new user's id, of 100 random bits."""
        return "UID-" + b32encode(secrets.token_bytes(13))[:20].decode()

    def transaction_id(self, at: datetime) -> str:
        """A UUID version 7 as RFC 9562, section 5.7, lays it out; the standard library has it from Python 3.14 on."""
        random = self._random(10)
        name = (epoch_us(at) // 1000).to_bytes(6).hex() + random.hex()
        return f"{name[:8]}-{name[8:12]}-7{name[13:16]}-{_VARIANT[random[2] >> 6]}{name[17:20]}-{name[20:]}"

    def _random(self, count: int) -> bytes:
        if self._used + count > len(self._drawn):
            self._drawn, self._used = secrets.token_bytes(_DRAWN), 0
        self._used += count
        return self._drawn[self._used - count : self._used]

    def forget(self) -> None:
        """Draw anew before the next id."""
        self._drawn = b""

    def token(self) -> str:
        """A new secret."""
        return "upa_" + secrets.token_urlsafe(32)


def _forget(identities: weakref.ref[RandomIdentities]) -> None:
    found = identities()
    if found is not None:
        found.forget()
