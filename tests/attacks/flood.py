"""Many short connections at once from one process, each with one request: bytes out, then all that comes back."""

from __future__ import annotations

import errno
import selectors
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.attacks.wire import PATIENCE_SECONDS

_SOURCES = 250
"""Loopback addresses to come from, so that ports do not run out while ended connections linger."""


@dataclass(slots=True)
class Exchange:
    """One request and what came of it.

    Attributes:
        number: of the request.
        data: what is sent.
        received: all that the server said.
        lasted: whether the server neither answered in full nor ended the connection in time.
    """

    number: int
    data: bytes
    received: bytearray = field(default_factory=bytearray)
    lasted: bool = False
    _socket: socket.socket | None = None
    _sent: int = 0
    _until: float = 0.0


class Flood:
    """Sends requests to one address, so many at once."""

    def __init__(self, address: tuple[str, int], at_once: int) -> None:
        self._address = address
        self._at_once = at_once
        self._selector = selectors.DefaultSelector()
        self._local = address[0].startswith("127.")

    def exchange(self, requests: Iterator[tuple[int, bytes]]) -> Iterator[Exchange]:
        """Each request by its number, when it has ended; not in order.

        Raises:
            ConnectionRefusedError: nobody listens.
        """
        open_: dict[int, Exchange] = {}
        more = True
        while more or open_:
            while more and len(open_) < self._at_once:
                following = next(requests, None)
                if following is None:
                    more = False
                    break
                begun = self._begin(*following)
                open_[begun.number] = begun
            for key, mask in self._selector.select(1.0):
                one: Exchange = key.data
                if self._go_on(one, mask):
                    del open_[one.number]
                    yield one
            now = time.monotonic()
            for one in [one for one in open_.values() if one._until < now]:
                one.lasted = True
                self._end(one)
                del open_[one.number]
                yield one

    def _begin(self, number: int, data: bytes) -> Exchange:
        opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        if self._local:
            opened.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
            opened.bind((f"127.0.1.{1 + number % _SOURCES}", 0))
        code = opened.connect_ex(self._address)
        if code not in (0, errno.EINPROGRESS):
            opened.close()
            raise ConnectionRefusedError(code, "nobody listens")
        self._selector.register(opened, selectors.EVENT_WRITE, one := Exchange(number, data))
        one._socket, one._until = opened, time.monotonic() + PATIENCE_SECONDS
        return one

    def _go_on(self, one: Exchange, mask: int) -> bool:
        """Send or receive what can be; whether it has ended."""
        opened = one._socket
        assert opened is not None
        try:
            if mask & selectors.EVENT_WRITE:
                one._sent += opened.send(memoryview(one.data)[one._sent :])
                if one._sent == len(one.data):
                    opened.shutdown(socket.SHUT_WR)
                    self._selector.modify(opened, selectors.EVENT_READ, one)
                return False
            said = opened.recv(65_536)
        except BlockingIOError:
            return False
        except ConnectionRefusedError:
            raise
        except OSError:  # the server was faster: what it said before is read all the same
            said = b"" if mask & selectors.EVENT_READ else self._rest(opened)
            one.received += said
            self._end(one)
            return True
        one.received += said
        if said:
            return False
        self._end(one)
        return True

    @staticmethod
    def _rest(opened: socket.socket) -> bytes:
        try:
            return opened.recv(1 << 20)
        except OSError:
            return b""

    def _end(self, one: Exchange) -> None:
        assert one._socket is not None
        self._selector.unregister(one._socket)
        one._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one._socket.close()
