"""A TCP proxy on loopback that does to a connection what networks and dying servers do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, fields
from random import Random
from urllib.parse import urlsplit


@dataclass
class Way:
    """What happens to bytes in one direction; changed while connections are open.

    Attributes:
        delay_seconds: each piece is late by so much.
        swallow: nothing arrives any more, and nobody is told.
        bytes_per_second: how slow it is; 0 is as fast as it can be.
        cut_after: so many more bytes arrive, then the connection is reset; None: it never is.
        garbage: other bytes arrive than were sent, as many.
        when: called with each piece before it is passed on.
    """

    delay_seconds: float = 0.0
    swallow: bool = False
    bytes_per_second: int = 0
    cut_after: int | None = None
    garbage: bool = False
    when: Callable[[bytes], None] | None = None

    def heal(self) -> None:
        """No faults any more."""
        for each in fields(self):
            setattr(self, each.name, each.default)


class FaultProxy:
    """Passes on to a server what comes to ``port``, and back, through two :class:`Way`."""

    def __init__(self, host: str, port: int) -> None:
        self._server = host, port
        self.port = 0
        self.to_server = Way()
        self.to_client = Way()
        self._listener: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._dice = Random(7)  # noqa: S311 - garbage is no secret

    def of(self, url: str) -> str:
        """The URL with this proxy in the place of its server."""
        parts = urlsplit(url)
        return parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{self.port}").geturl()

    async def listen(self) -> None:
        """Take connections, on the same port as before."""
        self._listener = await asyncio.start_server(self._joined, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Take no connection, and reset those there are."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self.reset()
        await asyncio.sleep(0)

    def reset(self) -> None:
        """Reset every connection."""
        for writer in self._writers:
            writer.transport.abort()

    def heal(self) -> None:
        """No faults on either way."""
        self.to_server.heal()
        self.to_client.heal()

    async def close(self) -> None:
        """End."""
        await self.refuse()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await asyncio.sleep(0.01)  # those who passed on have to come to their end, too

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            back, on = await asyncio.open_connection(*self._server)
        except OSError:
            writer.transport.abort()
            self._writers.discard(writer)
            return
        self._writers.add(on)
        ways = [self._pass(reader, on, self.to_server), self._pass(back, writer, self.to_client)]
        tasks = [asyncio.create_task(way) for way in ways]
        self._tasks.update(tasks)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, on):
            end.transport.abort()
            self._writers.discard(end)
        await asyncio.wait(tasks)
        self._tasks.difference_update(tasks)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(65_536):
                if way.when is not None:
                    way.when(piece)
                if not await self._passed(piece, writer, way):
                    return

    async def _passed(self, piece: bytes, writer: asyncio.StreamWriter, way: Way) -> bool:
        """Whether the connection goes on."""
        if way.delay_seconds:
            await asyncio.sleep(way.delay_seconds)
        if way.swallow:
            return True
        if way.garbage:
            piece = self._dice.randbytes(len(piece))
        for begin in range(0, len(piece), 16 if way.bytes_per_second else len(piece)):
            part = piece[begin : begin + 16] if way.bytes_per_second else piece
            if way.bytes_per_second:
                await asyncio.sleep(len(part) / way.bytes_per_second)
            if way.cut_after is not None:
                part, way.cut_after = part[: way.cut_after], max(way.cut_after - len(part), 0)
            writer.write(part)
            await writer.drain()
            if way.cut_after == 0:
                return False
        return True


@contextlib.asynccontextmanager
async def between(url: str) -> AsyncIterator[FaultProxy]:
    """A proxy in front of the server that a URL names."""
    parts = urlsplit(url)
    proxy = FaultProxy(parts.hostname or "", parts.port or 0)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
