"""Where independent pieces of work are done: in this process, in others, on other machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

Table = TypeVar("Table")
Piece = TypeVar("Piece")
Result = TypeVar("Result")
Shared_co = TypeVar("Shared_co", covariant=True)


class Crew(Protocol[Shared_co]):
    """Workers that have the tables at hand."""

    def run(
        self, work: Callable[[Shared_co, Piece], Result], pieces: Sequence[tuple[int, Piece]]
    ) -> Iterator[tuple[int, Result]]:
        """Do every piece once; results come as they are finished, each with the place of its piece.

        Args:
            work: a function of a module, or an object of a module's class, that depends on its arguments alone; so
                results do not depend on the engine, on how many work, or on the order.
            pieces: each with the number of the table that it is about. They and the results can be pickled.

        Raises:
            UpiRiskError: a piece raised it; the rest is given up.
            EngineFailedError: a worker was lost, or the engine.
        """


class Engine(Protocol):
    """Hires crews."""

    def open(self, tables: Iterable[Table], room: Path) -> AbstractContextManager[Crew[Table]]:
        """Hand tables over, once for all pieces, and bring up workers; they are gone when the context ends.

        Args:
            tables: taken one after the other, so that they need not all fit in memory; they can be pickled.
            room: a folder, there or not, that tables may be laid in.

        Raises:
            EngineFailedError: there is no such engine, or it cannot be reached.
        """
