"""A Redis that answers every command alike."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import hiredis


class SameReply:
    """Says ``said`` to whatever it is asked.

    Attributes:
        said: a reply as RESP has it, with its line's end.
        url: where it listens.
    """

    def __init__(self) -> None:
        self.said = b"+OK\r\n"
        self.url = ""
        self._answering: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[SameReply]:
        """Answer on a free port of loopback meanwhile."""
        async with await asyncio.start_server(self._joined, "127.0.0.1", 0) as server:
            self.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
            yield self
        if self._answering:
            await asyncio.wait(self._answering)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering = asyncio.current_task()
        assert answering is not None
        self._answering.add(answering)
        answering.add_done_callback(self._answering.discard)
        commands = hiredis.Reader()
        with contextlib.suppress(OSError):
            while piece := await reader.read(65_536):
                commands.feed(piece)
                while commands.gets() is not False:
                    writer.write(self.said)
                await writer.drain()
        writer.close()
