"""One-time secrets from the operating system's randomness."""

from __future__ import annotations

import secrets


class RandomSecrets:
    """See :class:`upi_risk.domain.account_ports.OneTimeSecrets`."""

    def challenge_id(self) -> str:
        """A new name."""
        return "upc_" + secrets.token_urlsafe(32)

    def code(self) -> str:
        """A new code."""
        return f"{secrets.randbelow(10**6):06d}"
