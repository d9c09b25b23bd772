"""Work done in this process, one piece after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Generic

from upi_risk.domain.engine import Piece, Result, Table


class SerialEngine:
    """This process as an :class:`~upi_risk.domain.engine.Engine`."""

    @contextmanager
    def open(self, tables: Iterable[Table], room: Path) -> Iterator[_SerialCrew[Table]]:  # noqa: ARG002 - the port's
        """Keep the tables; see the port."""
        yield _SerialCrew(list(tables))


class _SerialCrew(Generic[Table]):
    def __init__(self, tables: Sequence[Table]) -> None:
        self._tables = tables

    def run(
        self, work: Callable[[Table, Piece], Result], pieces: Sequence[tuple[int, Piece]]
    ) -> Iterator[tuple[int, Result]]:
        """Do every piece, in order; see the port."""
        for place, (table, piece) in enumerate(pieces):
            yield place, work(self._tables[table], piece)
