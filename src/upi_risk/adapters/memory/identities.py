"""Ids and tokens that are the same in every run."""

from __future__ import annotations

import hashlib
from base64 import b32encode, urlsafe_b64encode
from datetime import datetime
from itertools import count
from uuid import UUID

from upi_risk.domain.indian_time import epoch_us

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_FREE_BITS = ~((0xF << 76) | (0b11 << 62))


class SeededIdentities:
    """What :class:`upi_risk.domain.ports.Identities` promises, save that whoever knows the seed can guess it all."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._calls = count()

    def user_id(self) -> str:
        """The next user id."""
        return "UID-" + b32encode(self._bytes())[:20].decode()

    def transaction_id(self, at: datetime) -> str:
        """The next transaction id: milliseconds, then seeded bits."""
        milliseconds = (epoch_us(at) // 1000).to_bytes(6, "big")
        bits = int.from_bytes(milliseconds + self._bytes()[:10], "big")
        return str(UUID(int=bits & _FREE_BITS | _VERSION_7 | _VARIANT))

    def token(self) -> str:
        """The next token."""
        return "upa_" + urlsafe_b64encode(self._bytes()).rstrip(b"=").decode()

    def _bytes(self) -> bytes:
        """The next 32 bytes."""
        return hashlib.sha256(f"{self._seed}:{next(self._calls)}".encode()).digest()
