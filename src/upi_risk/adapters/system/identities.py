"""Ids and tokens from the operating system's randomness."""

from __future__ import annotations

import secrets
from base64 import b32encode
from datetime import datetime
from uuid import UUID

from upi_risk.domain.indian_time import epoch_us


class RandomIdentities:
    """See :class:`upi_risk.domain.ports.Identities`."""

    def user_id(self) -> str:
        """A new user's id, of 100 random bits."""
        return "UID-" + b32encode(secrets.token_bytes(13))[:20].decode()

    def transaction_id(self, at: datetime) -> str:
        """A UUID version 7 as RFC 9562, section 5.7, lays it out; the standard library has it from Python 3.14 on."""
        milliseconds = epoch_us(at) // 1000
        bits = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
        return str(UUID(int=bits))

    def token(self) -> str:
        """A new secret."""
        return "upa_" + secrets.token_urlsafe(32)
