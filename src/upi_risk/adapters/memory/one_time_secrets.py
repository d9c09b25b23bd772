"""One-time secrets that are the same in every run."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from itertools import count


class SeededSecrets:
    """What :class:`upi_risk.domain.account_ports.OneTimeSecrets` promises, but for who knows the seed."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._calls = count()

    def challenge_id(self) -> str:
        """The next name."""
        return "upc_" + urlsafe_b64encode(self._bytes()).rstrip(b"=").decode()

    def code(self) -> str:
        """The next code."""
        return f"{int.from_bytes(self._bytes()) % 10**6:06d}"

    def _bytes(self) -> bytes:
        return hashlib.sha256(f"one-time:{self._seed}:{next(self._calls)}".encode()).digest()
