"""Callers who take their time: how long the server lets them, and what the others feel of it.

``python -m tests.attacks.slow http://127.0.0.1:8000 500`` measures with so many of each kind at once.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

LONGEST = 10.0
GIVE_UP = 30.0
_HEAD = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
_LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
_LARGE = b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Ended:
    """How one slow caller fared.

    Attributes:
        seconds: from the connection to its end.
        said: the first bytes that the server said.
    """

    seconds: float
    said: bytes


Caller = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


async def _trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: bytes, each: bytes) -> bytes:
    writer.write(first)
    reading = asyncio.ensure_future(reader.read(16))
    while not reading.done():
        with suppress(ConnectionError):
            writer.write(each)
            await writer.drain()
        await asyncio.wait({reading}, timeout=1)
    return reading.result()


async def heads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Send a head, a byte a second."""
    return await _trickle(reader, writer, _HEAD + b"X: ", b"a")


async def bodies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Send a body, a byte a second."""
    return await _trickle(reader, writer, _HEAD + b"Content-Length: 1000\r\n\r\n{", b" ")


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Send nothing."""
    return await reader.read(16)


async def readers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Ask for the largest answer there is, and read a byte a second; over when the server has cut the connection."""
    writer.write(_LARGE)
    opened = writer.get_extra_info("socket")
    reader._transport.pause_reading()  # type: ignore[attr-defined]  # a reader has no other way to stop
    data = b""
    while opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
        with suppress(BlockingIOError):
            data += socket.socket.recv(opened._sock, 1)
        with suppress(BlockingIOError):
            opened._sock.send(b"\r\n")
        await asyncio.sleep(1)
    return data


KINDS: dict[str, Caller] = {"heads": heads, "bodies": bodies, "silent": silent, "readers": readers}


async def call_slowly(address: tuple[str, int], kind: str) -> Ended:
    """Be one slow caller."""
    began = time.monotonic()
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    opened.setblocking(False)
    await asyncio.get_running_loop().sock_connect(opened, address)
    reader, writer = await asyncio.open_connection(sock=opened, limit=16)
    said = b""
    with suppress(ConnectionError, BrokenPipeError):
        said = await asyncio.wait_for(KINDS[kind](reader, writer), GIVE_UP)
    writer.transport.abort()
    return Ended(time.monotonic() - began, said)


async def feel(address: tuple[str, int], seconds: float) -> list[float]:
    """How long honest requests take, one after another, in seconds."""
    took = []
    until = time.monotonic() + seconds
    reader, writer = await asyncio.open_connection(*address)
    while time.monotonic() < until:
        began = time.monotonic()
        writer.write(_LIVE)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        took.append(time.monotonic() - began)
        await asyncio.sleep(0.005)
    writer.close()
    return sorted(took)


def p99(took: list[float]) -> float:
    """The time that one in a hundred exceeds."""
    return took[len(took) * 99 // 100]


async def measure(address: tuple[str, int], kind: str, count: int) -> tuple[float, float, list[Ended]]:
    """p99 of others without and with slow callers, in seconds, and how those fared."""
    before = p99(await feel(address, 4))
    callers = [asyncio.ensure_future(call_slowly(address, kind)) for _ in range(count)]
    await asyncio.sleep(0.5)  # they are there
    during = p99(await feel(address, 4))
    return before, during, list(await asyncio.gather(*callers))


async def _main(url: str, count: int) -> None:
    place = urlsplit(url)
    for kind in KINDS:
        before, during, ended = await measure((place.hostname or "", place.port or 80), kind, count)
        longest = max(each.seconds for each in ended)
        sys.stdout.write(
            f"{count} {kind}: p99 of others {before * 1000:.2f} ms before, {during * 1000:.2f} ms with them; "
            f"the last of them ended after {longest:.1f} s\n"
        )


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
