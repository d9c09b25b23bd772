"""What a tuning has finished, in memory."""

from __future__ import annotations

from pathlib import Path

from upi_risk.domain.tuning import Tried


class MemoryJournal:
    """A :class:`~upi_risk.domain.tuning.Journal` that lives as long as this process."""

    def __init__(self, room: Path) -> None:
        """``room`` is the folder that engines may use."""
        self._room = room
        self._kept: dict[str, Tried] = {}

    @property
    def room(self) -> Path:
        """A folder for what an engine must lay down; made here."""
        self._room.mkdir(parents=True, exist_ok=True)
        return self._room

    def find(self, key: str) -> Tried | None:
        """What was kept under a key."""
        return self._kept.get(key)

    def keep(self, key: str, tried: Tried) -> None:
        """Keep a result."""
        self._kept[key] = tried

    def drop(self) -> None:
        """Forget everything."""
        self._kept.clear()
        if self._room.exists():
            self._room.rmdir()
