"""Log lines on their way out: written by a thread, so that a slow or blocked reader of the log holds no request up."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Final, TextIO

MOST_LINES: Final = 10_000
"""Lines kept while nobody reads; more are dropped and counted."""

GATHER_SECONDS: Final = 0.02
"""How long a first line waits for others, so that many are one write."""


class LogWriter:
    """Takes lines at once and writes them a moment later, in order.

    Attributes:
        dropped: lines that were not written because the stream took none.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: deque[str] = deque()
        self._waiting = threading.Event()
        self._idle = threading.Condition()
        self._thread: threading.Thread | None = None
        self.dropped = 0

    def put(self, line: str) -> None:
        """Take one line, without its end."""
        self.put_all([line])

    def put_all(self, lines: Sequence[str]) -> None:
        """Take lines, each without its end."""
        room = MOST_LINES - len(self._lines)
        if len(lines) > room:
            self.dropped += len(lines) - room
            lines = lines[:room]
        self._lines.extend(lines)
        if not self._waiting.is_set():
            self._waiting.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_on, name="log", daemon=True)
            self._thread.start()
            atexit.register(self.flush)

    info = debug = warning = error = critical = put

    def flush(self, seconds: float = 1.0) -> None:
        """Return when everything is written, or after so long."""
        with self._idle:
            self._idle.wait_for(lambda: not self._waiting.is_set() and not self._lines, seconds)

    def _write_on(self) -> None:
        while True:
            self._waiting.wait()
            time.sleep(GATHER_SECONDS)
            taken = [self._lines.popleft() for _ in range(len(self._lines))]
            try:
                self._stream.write("\n".join([*taken, ""]))
                self._stream.flush()
            except (OSError, ValueError):  # the disk is full, the reader is gone, or the stream is closed
                self.dropped += len(taken)
            with self._idle:
                if not self._lines:
                    self._waiting.clear()
                if self._lines:  # one came between
                    self._waiting.set()
                self._idle.notify_all()


class WriterHandler(logging.Handler):
    """The standard library's loggers, by the same way."""

    def __init__(self, writer: LogWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record."""
        self._writer.put(self.format(record))
