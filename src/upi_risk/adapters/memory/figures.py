"""The latest figures in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


class MemoryFigures:
    """See :class:`upi_risk.domain.monitoring.Figures`."""

    def __init__(self) -> None:
        self._held: tuple[datetime, list[tuple[str, str, float]]] | None = None

    async def put(self, at: datetime, figures: Sequence[tuple[str, str, float]]) -> None:
        """Store figures in place of all before."""
        self._held = at, sorted(figures)

    async def latest(self) -> tuple[datetime, list[tuple[str, str, float]]] | None:
        """When figures were stored, and which."""
        return self._held and (self._held[0], list(self._held[1]))
