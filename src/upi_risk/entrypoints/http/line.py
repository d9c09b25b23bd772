"""A connection as the protocol sees it: its end waits until the caller has stopped sending."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Any, Final

from upi_risk.entrypoints.http.slow import cut

SEND_BUFFER: Final = 128 * 1024
"""Bytes of answers that the kernel keeps for a caller who does not take them."""


class Line:
    """Stands for the transport of a connection.

    A connection that is closed while its other end still sends is reset, and a reset may destroy the answer on its way.
    So what is refused half-read is ended in one direction first, and what still comes is thrown away.

    Attributes:
        write: the transport's.
        hears: whether the other end is in the middle of a request.
        ended: when it was ended in our direction, by the loop's clock; None if it was not.
    """

    __slots__ = ("_loop", "_transport", "ended", "hears", "pause_reading", "resume_reading", "write")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self.write = transport.write
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.hears = False
        self.ended: float | None = None
        with suppress(OSError, AttributeError):
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - asyncio's signature
        """What the transport knows of itself."""
        return self._transport.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        """Bytes that the kernel has not taken."""
        return self._transport.get_write_buffer_size()

    def is_closing(self) -> bool:
        """Whether nothing more can be said."""
        return self.ended is not None or self._transport.is_closing()

    def close(self) -> None:
        """End it once all is said; in the middle of a request in our direction alone."""
        if self.ended is not None:
            return
        if not self.hears or self._transport.is_closing() or not self._transport.can_write_eof():
            self._transport.close()
            return
        self.ended = self._loop.time()
        self._transport.write_eof()
        self._transport.resume_reading()

    def finish(self) -> None:
        """End it in both directions."""
        self._transport.close()

    def cut(self) -> None:
        """End it at once, whatever there is still to say."""
        cut(self._transport)
