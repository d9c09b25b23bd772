"""Several processes that serve behind one listening socket; one that dies is replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Final

from upi_risk.bootstrap.settings import Settings

Serve = Callable[[Settings, socket.socket, Callable[[], None]], None]
"""Serves on a socket until a signal, and calls back when it is ready to; picklable by name."""

STOP_SECONDS: Final = 20.0
"""How long a worker may take to finish what it has begun, before it is killed."""

PAUSE_SECONDS: Final = 1.0
"""Before a worker that never got ready is replaced, so that a lasting fault does not take the whole machine."""

_TICK_SECONDS: Final = 0.2


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    said: Connection
    ready: bool = False


@dataclass(slots=True)
class Workers:
    """A supervisor of serving processes.

    They share one socket, so that connections which wait to be accepted outlive the death of a worker.

    Attributes:
        settings: handed to each worker, with how many there are.
        listening: the socket, already listening.
        serve: what a worker does.
    """

    settings: Settings
    listening: socket.socket
    serve: Serve
    _workers: list[_Worker] = field(default_factory=list)
    _stopped_by: int = 0

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT, then let every worker finish.

        Returns:
            The number of the signal negated, as for a process that it ended; a worker's own exit code, where the
            first ones could not start.
        """
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._workers = [self._started() for _ in range(self.settings.workers)]
            return self._attend()
        finally:
            self.listening.close()
            self._end()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _attend(self) -> int:
        served = False
        while not self._stopped_by:
            wait([worker.process.sentinel for worker in self._workers], timeout=_TICK_SECONDS)
            for place, worker in enumerate(self._workers):
                worker.ready = worker.ready or _has_said(worker)
                served = served or worker.ready
                if worker.process.is_alive() or self._stopped_by:
                    continue
                if not served:
                    return worker.process.exitcode or 1
                if not worker.ready:
                    time.sleep(PAUSE_SECONDS)
                self._workers[place] = self._started()
        return -self._stopped_by

    def _started(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        said, says = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(self.serve, self.settings, self.listening, says))
        process.start()
        says.close()
        return _Worker(process, said)

    def _end(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(max(deadline - time.monotonic(), 0))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._stopped_by = number


def _has_said(worker: _Worker) -> bool:
    try:
        return worker.said.poll() and worker.said.recv() == "ready"
    except EOFError:
        return False


def _work(serve: Serve, settings: Settings, listening: socket.socket, says: Connection) -> None:
    """The life of a worker; it ends in good order when its supervisor is gone, however that went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    serve(settings, listening, lambda: says.send("ready"))


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
