"""The folder in which the processes of one service keep their totals: a file each, replaced whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from upi_risk.adapters.prometheus.tally import Tally, Totals

_ENDED: Final = "ended.totals"


class Shelf:
    """A folder of totals. Any number of processes write, one reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held = b""

    def wipe(self) -> None:
        """Begin anew: nothing of an earlier service is counted. To be called before the first process writes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.glob("*.totals"):
            path.unlink()

    def put(self, totals: Totals) -> None:
        """Keep this process's totals; survives the process.

        Raises:
            OSError: there is no room, or no folder; what was kept before still is.
        """
        written = msgspec.json.encode(totals)
        if written == self._held:
            return
        _replace(self._folder / f"{os.getpid()}.totals", written)
        self._held = written

    def sum(self) -> Tally:
        """Everything counted since the wipe; gauges of living processes alone.

        Processes that have ended are folded into one file, so that the folder does not grow.
        """
        ended = self._folder / _ENDED
        past, living = Tally(), Tally()
        if ended.exists():
            past.add(_read(ended))
        for path in sorted(self._folder.glob("[0-9]*.totals")):
            totals = _read(path)
            if _lives(int(path.stem)):
                living.add(totals)
                continue
            past.add(Totals(totals.counts, totals.shapes))
            _replace(ended, msgspec.json.encode(past.totals()))
            path.unlink()
        living.add(past.totals())
        return living


def _read(path: Path) -> Totals:
    return msgspec.json.decode(path.read_bytes(), type=Totals)


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.write_bytes(content)
    fresh.replace(path)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
