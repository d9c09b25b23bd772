"""Requests at a fixed rate, whatever becomes of the earlier ones.

A closed loop waits for an answer before it asks again, so a server that stands still is asked less and looks better
than it is. Here each request has an instant at which it is due, and its latency counts from that instant, the time it
waited for a free connection included.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

import numpy as np
import uvloop

CONNECTIONS: Final = 256
"""More requests than these are never on the wire at once; the rest wait, and their waiting counts."""

GRACE_SECONDS: Final = 5.0
"""How long after the last due instant an answer is waited for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Where requests go.

    Attributes:
        port: on loopback.
        path: of the check.
        users: ids and tokens; an empty token sends none.
        receivers: how many.
    """

    port: int
    path: str
    users: Sequence[tuple[str, str]]
    receivers: int = 2000


@dataclass(slots=True)
class _Run:
    due: deque[tuple[float, bytes]] = field(default_factory=deque)
    idle: list[_Connection] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    failed: int = 0

    def send(self) -> None:
        while self.due and self.idle:
            self.idle.pop().ask(*self.due.popleft())


class _Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request on it."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._since = 0.0
        self._seen = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] # a stream's
        self._run.idle.append(self)

    def connection_lost(self, _error: Exception | None) -> None:
        if self in self._run.idle:  # the server ends what is idle for some seconds
            self._run.idle.remove(self)

    def ask(self, since: float, request: bytes) -> None:
        self._since = since
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, end, body = self._seen.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self._seen = b""
        if head.startswith(b"HTTP/1.1 200"):
            self._run.latencies.append(perf_counter() - self._since)
        else:
            self._run.failed += 1
        self._run.idle.append(self)
        self._run.send()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


def run(asked: Asked, rate: float, seconds: float, seed: int) -> dict[str, float]:
    """Ask at a rate, in requests a second, for so long.

    Returns:
        ``rate`` asked for, ``answered`` requests a second, ``p50``, ``p95``, ``p99``, ``p999`` and ``max`` in ms from
        the intended start, and ``unanswered``: requests refused, or not answered within :data:`GRACE_SECONDS`.
    """
    requests = _requests(asked, round(rate * seconds), seed)
    return uvloop.run(_drive(asked.port, requests, rate))


async def _drive(port: int, requests: list[bytes], rate: float) -> dict[str, float]:
    loop, current = asyncio.get_running_loop(), _Run()
    opened = [
        await loop.create_connection(lambda: _Connection(current), "127.0.0.1", port)
        for _ in range(min(CONNECTIONS, len(requests)))
    ]
    start = perf_counter()
    for number, request in enumerate(requests):
        due = start + number / rate
        if (wait := due - perf_counter()) > 0:
            await asyncio.sleep(wait)
        current.due.append((due, request))
        current.send()
    give_up = perf_counter() + GRACE_SECONDS
    while len(current.latencies) + current.failed < len(requests) and perf_counter() < give_up:
        await asyncio.sleep(0.01)
    took = perf_counter() - start
    for transport, _ in opened:
        transport.abort()
    return _told(current, len(requests), rate, took)


def _told(current: _Run, asked: int, rate: float, took: float) -> dict[str, float]:
    found = np.array(current.latencies or [np.nan]) * 1000
    shares = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "p999": 99.9, "max": 100.0}
    tail = {name: float(np.percentile(found, share)) for name, share in shares.items()}
    answered = len(current.latencies)
    return {"rate": rate, "answered": answered / took, "unanswered": float(asked - answered), **tail}


def _requests(asked: Asked, count: int, seed: int) -> list[bytes]:
    """As the harness makes them: users and receivers by Zipf's law, amounts log-normal with a median of about 900."""
    dice = random.Random(seed)  # noqa: S311 - a load, no secret
    users = dice.choices(asked.users, _zipf(len(asked.users)), k=count)
    receivers = dice.choices(range(1, asked.receivers + 1), _zipf(asked.receivers), k=count)
    made = []
    for (user_id, token), receiver in zip(users, receivers, strict=True):
        amount = max(round(min(dice.lognormvariate(6.8, 1.3), 900_000), 2), 1.0)
        body = json.dumps({"user_id": user_id, "receiver_upi": f"merchant{receiver}@upi", "amount": amount}).encode()
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        head = (
            f"POST {asked.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"{authorization}Content-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def _zipf(count: int) -> list[float]:
    return [1 / rank for rank in range(1, count + 1)]
