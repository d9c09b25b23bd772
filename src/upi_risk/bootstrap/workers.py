"""Several processes behind one port: they share a listening socket, and one that dies is replaced.

uvicorn's own supervisor is not used: on a stop it resets connections that nobody has accepted yet, and its workers
outlive a supervisor that is killed and hold its port. Here the socket stays open until the last worker has drained, and
a pipe that only the supervisor holds tells workers when it is gone.

A worker is handed the socket when it can serve, not when it starts: one that is still loading would hold the port of a
supervisor that was killed, and whoever connected meanwhile would wait for it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType
from typing import Final

import structlog
import uvicorn

from upi_risk.bootstrap.children import CLI

ATTEND_SECONDS: Final = 0.1
MOST_FAILED_STARTS: Final = 4
"""So many in a row, and the supervisor gives up: starting yet another would not help."""


def listening_address(host: str, port: int) -> socket.socket:
    """A socket bound to an address; nobody can connect until a worker listens.

    Raises:
        OSError: the address is taken, or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


class Workers:
    """The supervisor."""

    def __init__(self, count: int, bound: socket.socket, environ: Mapping[str, str], drain_seconds: float) -> None:
        """Supervise.

        Args:
            count: how many processes serve.
            bound: the socket that they share.
            environ: what they inherit.
            drain_seconds: how long a worker may take to end after SIGTERM.
        """
        self._count = count
        self._bound = bound
        self._environ = environ
        self._drain_seconds = drain_seconds
        self._alive, self._held = os.pipe()
        self._heard, self._ready = os.pipe()
        os.set_blocking(self._heard, False)
        self._running: dict[subprocess.Popen[bytes], float] = {}
        self._starting: dict[subprocess.Popen[bytes], socket.socket] = {}
        self._failed_starts = 0
        self._stopping = False

    def run(self) -> int:
        """Serve until SIGTERM or Ctrl-C.

        Returns:
            The exit code: 0 after a signal, or that of the last worker when none of them lives for long.
        """
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            return self._attend()
        finally:
            self._end()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _attend(self) -> int:
        while not self._stopping:
            while len(self._running) < self._count:
                self._start()
            time.sleep(ATTEND_SECONDS)
            for process, line in list(self._starting.items()):
                self._hand_over(process, line)
            if self._somebody_is_ready():
                self._failed_starts = 0
            for process in [process for process in self._running if process.poll() is not None]:
                lived = time.monotonic() - self._running.pop(process)
                log = structlog.get_logger("upi_risk")
                log.error("worker died", pid=process.pid, code=process.returncode, seconds=round(lived, 1))
                self._failed_starts += 1
                if self._failed_starts >= MOST_FAILED_STARTS:
                    return abs(process.returncode) or 1
        return 0

    def _somebody_is_ready(self) -> bool:
        """Whether a worker has begun to serve since this was last asked."""
        try:
            return bool(os.read(self._heard, 1024))
        except BlockingIOError:
            return False

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003 - the standard library's signature
        with theirs:
            descriptors = (theirs.fileno(), self._alive, self._ready)
            command = [*CLI, "serve", "--shared", ",".join(map(str, descriptors))]
            process = subprocess.Popen(command, env=dict(self._environ), pass_fds=descriptors)  # noqa: S603 - our own
        self._running[process] = time.monotonic()
        self._starting[process] = ours

    def _hand_over(self, process: subprocess.Popen[bytes], line: socket.socket) -> None:
        """Give a worker the listening socket, if it has asked for it."""
        try:
            asked = line.recv(1)
        except BlockingIOError:
            return
        except OSError:
            asked = b""
        with line, suppress(OSError):  # it may have died meanwhile
            if asked:
                socket.send_fds(line, [b"."], [self._bound.fileno()])
        del self._starting[process]

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _end(self) -> None:
        for process in self._running:
            process.terminate()
        until = time.monotonic() + self._drain_seconds
        for process in self._running:
            try:
                process.wait(max(until - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for end in (self._held, self._alive, self._heard, self._ready):
            os.close(end)
        for line in self._starting.values():
            line.close()
        self._bound.close()


def taken_over(descriptor: int) -> socket.socket | None:
    """The socket to serve behind, from the supervisor at the other end; None if there is nobody there any more."""
    with socket.socket(fileno=descriptor) as line:
        try:
            line.sendall(b".")
            _, descriptors, _, _ = socket.recv_fds(line, 1, 1)
        except OSError:
            return None
    return socket.socket(fileno=descriptors[0]) if descriptors else None


class Worker(uvicorn.Server):
    """A server that ends in good order when its supervisor is gone."""

    def __init__(self, config: uvicorn.Config, alive: int, ready: int) -> None:
        """Serve.

        Args:
            config: uvicorn's.
            alive: the end of a pipe whose other end the supervisor holds as long as it lives.
            ready: where to tell the supervisor that this worker serves.
        """
        super().__init__(config)
        self._alive = alive
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and to watch."""
        asyncio.get_running_loop().add_reader(self._alive, self._alone)
        await super().startup(sockets)
        if self.started:
            with suppress(BrokenPipeError):  # nobody supervises any more; what came in meanwhile is answered first
                os.write(self._ready, b".")

    def _alone(self) -> None:
        asyncio.get_running_loop().remove_reader(self._alive)
        self.should_exit = True
