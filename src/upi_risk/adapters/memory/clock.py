"""A clock that stands still until it is told to move."""

from __future__ import annotations

from datetime import datetime, timedelta


class ManualClock:
    """The time that was set; see :class:`upi_risk.domain.ports.Clock`."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The instant last set."""
        return self.at

    def advance(self, gap: timedelta) -> datetime:
        """Move forward, and return the new instant."""
        self.at += gap
        return self.at
