"""Ids and tokens from the operating system's randomness."""

from __future__ import annotations

import secrets
from base64 import b32encode
from datetime import datetime
from typing import Final

from upi_risk.domain.indian_time import epoch_us

_VARIANT: Final = "89ab"
"""The digits whose first two bits are 10."""


class RandomIdentities:
    """See :class:`upi_risk.domain.ports.Identities`."""

    def user_id(self) -> str:
        """A new user's id, of 100 random bits."""
        return "UID-" + b32encode(secrets.token_bytes(13))[:20].decode()

    def transaction_id(self, at: datetime) -> str:
        """A UUID version 7 as RFC 9562, section 5.7, lays it out; the standard library has it from Python 3.14 on."""
        random = secrets.token_bytes(10)
        name = (epoch_us(at) // 1000).to_bytes(6).hex() + random.hex()
        return f"{name[:8]}-{name[8:12]}-7{name[13:16]}-{_VARIANT[random[2] >> 6]}{name[17:20]}-{name[20:]}"

    def token(self) -> str:
        """A new secret."""
        return "upa_" + secrets.token_urlsafe(32)
