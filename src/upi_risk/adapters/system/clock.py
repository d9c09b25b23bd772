"""The wall clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """See :class:`upi_risk.domain.ports.Clock`."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)
