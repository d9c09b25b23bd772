"""``python -m tests.faults.flood``: a load in open loop, from a process of its own that costs little.

Its order is a line of JSON on standard input, its figures one on standard output. A request and its answer cost it some
15 microseconds, most of them the system's: sockets and epoll by hand, nothing decoded, and of a refusal no more is
looked at than what differs from the one before.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
_GRACE_SECONDS: Final = 5.0
_PIECE: Final = 4_096
_PATIENCE_SECONDS: Final = 1.0
_TURN_SECONDS: Final = 0.001
_LONGEST_IDLE_SECONDS: Final = 3.0
"""The service closes what is idle for five."""

_SETTLING_SECONDS: Final = 0.25
"""In which the service takes the connections, as callers keep theirs open."""

_REFUSED: Final = b"HTTP/1.1 503"
_ID: Final = b"x-request-id: "
_ID_LENGTH: Final = 36


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be sent.

    Attributes:
        port: of the service.
        requests: their text, sent in turn.
        rate: a second, evenly spaced; 0 is closed loop: each connection asks again as soon as it is answered.
        seconds: for how long.
        connections: at most; what is due while none of them is free waits for one, a second at most.
        most: requests, all in all; 0 is as many as there is time for.
    """

    port: int
    requests: list[str]
    rate: float
    seconds: float
    connections: int
    most: int = 0


@dataclass
class Flooded:
    """What became of it.

    Attributes:
        answered: seconds to the answer of those with 200, in open loop from the instant that the request was due.
        refused: likewise, of the others.
        malformed: refusals that were not in the shape that callers are promised.
        unsent: given up, as no connection was free for a second.
        broken: connections that ended while an answer was due; one that is idle for long may be closed.
        seconds: from the first to the last.
        late: seconds by which requests were sent after they were due, 99 of 100 at most.
        cpu: seconds of processor time that the load took.
    """

    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    malformed: int = 0
    unsent: int = 0
    broken: int = 0
    seconds: float = 0.0
    late: float = 0.0
    cpu: float = 0.0


class _Load:
    def __init__(self, order: Order) -> None:
        self._order = order
        self._requests = [text.encode() for text in order.requests]
        self._told = Flooded()
        self._sent = 0
        self._late: list[float] = []
        self._poll = select.epoll()
        self._open: dict[int, socket.socket] = {}
        self._due: dict[int, float] = {}
        self._held: dict[int, bytes] = {}
        self._idle: dict[int, float] = {}
        self._free: list[int] = []  # the latest used first, as callers' pools do
        self._like: tuple[bytes, bytes, bytes] = b"-", b"-", b"-"
        for _ in range(order.connections):
            self._connect()
        sleep(_SETTLING_SECONDS)

    def _connect(self) -> None:
        made = socket.create_connection(("127.0.0.1", self._order.port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._poll.register(made.fileno(), select.EPOLLIN)
        self._open[made.fileno()] = made
        self._free.append(made.fileno())
        self._idle[made.fileno()] = perf_counter()

    def _has_fresh(self, now: float) -> bool:
        """Whether a connection is free that the service is not about to close."""
        while self._free and now - self._idle[self._free[-1]] > _LONGEST_IDLE_SECONDS:
            self._end(self._free[-1])
        if not self._free and len(self._open) < self._order.connections:
            self._connect()
        return bool(self._free)

    def run(self) -> Flooded:
        order, began, spent = self._order, perf_counter(), _spent()
        gap, due, due_next = (1 / order.rate if order.rate else 0.0), 0, began
        while (now := perf_counter()) < began + order.seconds and self._sent < (order.most or self._sent + 1):
            if gap:
                while due_next <= now and self._has_fresh(now):
                    if now - due_next < _PATIENCE_SECONDS:
                        self._send(due_next)
                        self._late.append(now - due_next)
                    else:
                        self._told.unsent += 1
                    due += 1
                    due_next = began + due * gap
            else:
                while self._free and self._sent < (order.most or self._sent + 1):
                    self._send(perf_counter())
            self._take(max(_TURN_SECONDS, due_next - now) if gap else 1.0)
        self._told.unsent += max(0, int((now - due_next) * order.rate))
        until = perf_counter() + _GRACE_SECONDS
        while self._due and perf_counter() < until:
            self._take(0.01)
        self._told.seconds = perf_counter() - began
        self._told.cpu = _spent() - spent
        self._told.late = share(self._late, 0.99)
        return self._told

    def _send(self, due: float) -> None:
        number = self._free.pop()
        self._sent += 1
        self._due[number] = due
        request = self._requests[self._sent % len(self._requests)]
        try:
            if self._open[number].send(request) != len(request):
                self._end(number)
        except OSError:
            self._end(number)

    def _take(self, seconds: float) -> None:
        found = self._poll.poll(seconds)
        now = perf_counter()
        for number, _ in found:
            try:
                piece = self._open[number].recv(_PIECE)
            except OSError:
                piece = b""
            if not piece or number not in self._due:
                self._end(number)
                continue
            if not self._is_like_the_last(piece):
                piece = self._held.pop(number, b"") + piece
                if not _whole(piece):
                    self._held[number] = piece
                    continue
                if not self._note(piece):
                    self._told.answered.append(now - self._due.pop(number))
                    self._free.append(number)
                    self._idle[number] = now
                    continue
            self._told.refused.append(now - self._due.pop(number))
            self._free.append(number)
            self._idle[number] = now

    def _is_like_the_last(self, piece: bytes) -> bool:
        """Whether this is a well-formed refusal, the same as one that was looked at but for its request's id."""
        before, between, after = self._like
        if not piece.startswith(before) or not piece.endswith(after):
            return False
        name = piece[len(before) : len(before) + _ID_LENGTH]
        return len(piece) == len(before) + len(between) + len(after) + 2 * _ID_LENGTH and piece.count(name) == 2

    def _note(self, reply: bytes) -> bool:
        """Look at an answer; whether it is a refusal."""
        if reply.startswith(b"HTTP/1.1 200"):
            return False
        place = reply.find(_ID) + len(_ID)
        parts = reply.split(reply[place : place + _ID_LENGTH])
        well = reply.startswith(_REFUSED) and b"retry-after: " in reply and place >= len(_ID) and len(parts) == 3
        if well and b'"fallback_decision":"VERIFY"' in reply:
            self._like = parts[0], parts[1], parts[2]
        else:
            self._told.malformed += 1
        return True

    def _end(self, number: int) -> None:
        self._told.broken += self._due.pop(number, None) is not None
        self._held.pop(number, None)
        if number in self._free:
            self._free.remove(number)
        self._poll.unregister(number)
        self._open.pop(number).close()


def _whole(reply: bytes) -> bool:
    head = reply.find(b"\r\n\r\n")
    place = reply.find(b"\r\ncontent-length: ", 0, head) if head > 0 else -1
    return place >= 0 and len(reply) >= head + 4 + int(reply[place + 18 : reply.find(b"\r\n", place + 18)])


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def flooded(order: Order) -> Flooded:
    """Send from a process of its own, and wait for its figures."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.flood"], input=json.dumps(asdict(order)), cwd=ROOT, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},  # whether or not this process imports what lies in its folder
        capture_output=True, text=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return Flooded(**told)


def share(seconds: list[float], part: float) -> float:
    """The value below which so much of all is; 0 of nothing."""
    return sorted(seconds)[min(int(len(seconds) * part), len(seconds) - 1)] if seconds else 0.0


if __name__ == "__main__":
    gc.disable()  # there are no cycles, and walking through what was noted takes a tenth of a second
    json.dump(asdict(_Load(Order(**json.loads(sys.stdin.readline()))).run()), sys.stdout)
