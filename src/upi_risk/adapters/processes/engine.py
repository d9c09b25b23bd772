"""Worker processes that are started for the purpose and end with it, whatever becomes of their parent."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Generic

from upi_risk.adapters.processes.laid_tables import lay_tables, look_into
from upi_risk.domain.engine import Piece, Result, Table
from upi_risk.domain.errors import EngineFailedError


class ProcessEngine:
    """Processes of this machine as an :class:`~upi_risk.domain.engine.Engine`."""

    def __init__(self, workers: int) -> None:
        """``workers`` processes work at a time."""
        self._workers = workers

    @contextmanager
    def open(self, tables: Iterable[Table], room: Path) -> Iterator[_ProcessCrew[Table]]:
        """Lay tables into files and start processes; see the port."""
        folder = room / "tables"
        shutil.rmtree(folder, ignore_errors=True)  # of a parent that was killed
        folder.mkdir(parents=True)
        context = get_context("spawn")
        lifeline, ours = context.Pipe(duplex=False)
        try:
            lay_tables(folder, tables)
            executor = ProcessPoolExecutor(self._workers, mp_context=context, initializer=_begin, initargs=(lifeline,))
            try:
                yield _ProcessCrew(executor, folder)
            except BaseException:
                ours.close()  # nobody waits for pieces that nobody wants
                raise
            finally:
                executor.shutdown(wait=True, cancel_futures=True)
        finally:
            ours.close()
            lifeline.close()
            shutil.rmtree(folder, ignore_errors=True)


class _ProcessCrew(Generic[Table]):
    def __init__(self, executor: Executor, folder: Path) -> None:
        self._executor = executor
        self._folder = folder

    def run(
        self, work: Callable[[Table, Piece], Result], pieces: Sequence[tuple[int, Piece]]
    ) -> Iterator[tuple[int, Result]]:
        """Do every piece; see the port."""
        try:
            futures = {
                self._executor.submit(_work, self._folder, work, table, piece): place
                for place, (table, piece) in enumerate(pieces)
            }
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool as error:
            message = "A worker process ended before its work, perhaps for want of memory; try fewer --workers."
            raise EngineFailedError(f"{message} What is finished is kept.") from error


def _begin(lifeline: Connection) -> None:
    """Called in each worker first: it ends when its parent does, or lets go, and leaves Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    lifeline.poll(None)
    os._exit(1)


@lru_cache(maxsize=2)
def _table(folder: Path, number: int) -> Any:  # noqa: ANN401 - whatever the parent laid there
    return look_into(folder, number)


def _work(folder: Path, work: Callable[[Table, Piece], Result], table: int, piece: Piece) -> Result:
    return work(_table(folder, table), piece)
