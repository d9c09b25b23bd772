"""A gateway on a real socket: it keeps what it is sent and answers as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Gateway:
    """What it is told and what it was sent.

    Attributes:
        statuses: of the answers, in order; 200 when there are no more.
        silent: how many requests get no answer.
        endless: whether an answer never ends.
        heads: the headers of each request.
        messages: the body of each request.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    silent: int = 0
    endless: bool = False
    heads: list[dict[str, str]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")[1:-2]
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                self.heads.append(headers)
                self.messages.append(json.loads(await reader.readexactly(int(headers["content-length"]))))
                if self.silent:
                    self.silent -= 1
                    await asyncio.sleep(3600)
                await self._answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        status = self.statuses.pop(0) if self.statuses else 200
        length = 10**9 if self.endless else 2
        location = "Location: /elsewhere\r\n" if status == 302 else ""
        writer.write(f"HTTP/1.1 {status} X\r\n{location}Content-Length: {length}\r\n\r\n{{}}".encode())
        while self.endless:
            writer.write(b" " * 1024)
            await writer.drain()
            await asyncio.sleep(0)
        await writer.drain()


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    made = Gateway()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/messages"
    try:
        yield made
    finally:
        server.close()
