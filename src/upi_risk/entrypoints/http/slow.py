"""Connections whose other end is slow: looked over twice a second, so that a request costs no timer of its own."""

from __future__ import annotations

import array
import fcntl
import socket
import struct
import termios
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

LOOK_SECONDS: Final = 0.5
PROGRESS: Final = 16 * 1024
"""A reader that takes so many bytes within its time gets as much time again."""

_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: what is not sent yet is dropped


@dataclass(frozen=True, slots=True)
class Slowness:
    """How long a caller may take, in seconds.

    Attributes:
        head: from the connection to the end of the first head, and from the first byte of a further one to its end.
        body: from the end of the head to that of the body.
        reading: to take what it was answered, or ``PROGRESS`` bytes of it.
        lingering: to stop sending after it was refused; then the connection is cut.
    """

    head: float = 5.0
    body: float = 5.0
    reading: float = 7.0
    lingering: float = 2.0


class Watched(Protocol):
    """A connection."""

    def look(self, now: float) -> None:
        """End it if its other end has been too slow.

        Args:
            now: seconds of the loop's clock.
        """


class Lookout:
    """Looks over connections for as long as there are any."""

    def __init__(self) -> None:
        self._looking = False

    def begin(self, loop: AbstractEventLoop, connections: Callable[[], Iterable[Watched]]) -> None:
        """See to it that connections are looked over; a second call changes nothing."""
        if not self._looking:
            self._looking = True
            loop.call_later(LOOK_SECONDS, self._look, loop, connections)

    def _look(self, loop: AbstractEventLoop, connections: Callable[[], Iterable[Watched]]) -> None:
        now = loop.time()
        found = list(connections())
        for connection in found:
            connection.look(now)
        self._looking = False
        if found:
            self.begin(loop, connections)


class Backlog:
    """How much of what was said the other end has not taken yet, and since when that has not become less."""

    __slots__ = ("_least", "_since")

    def __init__(self) -> None:
        self._least = 0
        self._since = 0.0

    def stuck(self, owed: int, now: float) -> float:
        """For how long, in seconds, ``owed`` bytes have not become fewer."""
        if not owed:
            self._least = 0
            return 0.0
        if not self._least or owed <= self._least - PROGRESS:
            self._least, self._since = owed, now
        return now - self._since


def owed(transport: Any) -> int:  # noqa: ANN401 - asyncio's or uvloop's
    """Bytes written to a connection that the other end's machine has not confirmed, as far as the kernel tells."""
    size: int = transport.get_write_buffer_size()
    held = array.array("i", [0])
    with suppress(OSError, AttributeError, ValueError):
        fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, held)
    return size + max(held[0], 0)


def cut(transport: Any) -> None:  # noqa: ANN401 - asyncio's or uvloop's
    """End a connection at once, with nothing more sent."""
    with suppress(OSError, AttributeError):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
