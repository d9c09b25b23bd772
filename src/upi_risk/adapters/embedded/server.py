"""What both embedded servers have in common: starting on a port, waiting, stopping in good order."""

import signal
from abc import ABC, abstractmethod
from functools import partial
from pathlib import Path
from typing import ClassVar, Self

from upi_risk.adapters.embedded.errors import ServerStartError
from upi_risk.adapters.embedded.home import ServerHome
from upi_risk.adapters.embedded.process import SupervisedProcess, free_port, wait_until

START_TIMEOUT_SECONDS = 300.0  # crash recovery of 1.8 GB of log took 47 s
_PORT_TRIES = 5
_PORT_TAKEN = ("Address already in use", "Failed listening on port", "could not bind")


class EmbeddedServer(ABC):
    """A server that runs from construction to `stop()`; a context manager too.

    It cannot outlive this process, even when that is killed: the server then ends by itself, in good order.
    """

    product: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, home: Path, port: int | None) -> None:
        self._home = ServerHome(home, self.stop_signal)
        self._process: SupervisedProcess | None = None
        try:
            self.password = self._prepare()
            self.port = self._start(port)
            self._finish()
        except BaseException:
            self.stop()
            raise

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients connect, password included."""

    @abstractmethod
    def _prepare(self) -> str:
        """Make what the first start needs, and return the password."""

    @abstractmethod
    def _spawn(self, port: int) -> SupervisedProcess:
        """Start the program on this port of 127.0.0.1."""

    @abstractmethod
    def _ready(self, port: int) -> bool:
        """Whether it accepts commands."""

    def _finish(self) -> None:  # noqa: B027 - only PostgreSQL has something to do here
        """What is done once, with the server ready."""

    @property
    def log(self) -> Path:
        """Where the program writes what happens to it."""
        return self._home.log

    def runs(self) -> bool:
        """Whether the program has not ended by itself."""
        return self._process is not None and self._process.exit_code() is None

    def stop(self) -> None:
        """Stop in good order (data is on disk afterwards) and let the folder go; may be called twice."""
        if self._process is not None:
            self._process.stop()
        self._home.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self, port: int | None) -> int:
        """Start on the given port, or on a free one: between choosing and binding another program may take it."""
        for _ in range(_PORT_TRIES if port is None else 1):
            chosen = port or free_port()
            seen = self._home.log.stat().st_size if self._home.log.exists() else 0
            self._process = self._spawn(chosen)
            if wait_until(partial(self._ready, chosen), self._process, START_TIMEOUT_SECONDS):
                return chosen
            self._process.stop()
            with self._home.log.open(encoding="utf-8", errors="replace") as log:
                log.seek(seen)
                said = log.read()
            if not any(text in said for text in _PORT_TAKEN):
                break
        raise ServerStartError(
            f"{self.product} did not start: {self._home.last_words()} (all of it: {self._home.log})."
        )
