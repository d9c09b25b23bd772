"""``python -m tests.faults.flood``: a load in open loop, from a process of its own that costs little.

Its order is a line of JSON on standard input, its figures one on standard output. An answer costs it some 15
microseconds: sockets and epoll by hand, nothing decoded.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
_GRACE_SECONDS: Final = 5.0
_PIECE: Final = 65_536


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be sent.

    Attributes:
        port: of the service.
        requests: their text, sent in turn.
        rate: a second; 0 is closed loop: each connection asks again as soon as it is answered.
        seconds: for how long.
        connections: what is due while none of them is free is not sent.
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
        answered: seconds from sending to the answer, of those with 200.
        refused: likewise, of the others.
        malformed: refusals that were not in the shape that callers are promised.
        unsent: due while no connection was free.
        broken: connections that ended.
        seconds: from the first to the last.
        late: seconds by which the load itself was late at most.
    """

    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    malformed: int = 0
    unsent: int = 0
    broken: int = 0
    seconds: float = 0.0
    late: float = 0.0


class _Load:
    def __init__(self, order: Order) -> None:
        self._order = order
        self._requests = [text.encode() for text in order.requests]
        self._told = Flooded()
        self._turn = 0
        self._poll = select.epoll()
        self._asking: dict[int, tuple[socket.socket, float, bytes]] = {}
        self._free: list[socket.socket] = []
        for _ in range(order.connections):
            made = socket.create_connection(("127.0.0.1", order.port))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._poll.register(made.fileno(), select.EPOLLIN)
            self._free.append(made)

    def run(self) -> Flooded:
        order, began, due = self._order, perf_counter(), 0.0
        while (now := perf_counter() - began) < order.seconds and self._turn < (order.most or self._turn + 1):
            if order.rate:
                late = now - due
                while due <= now:
                    due += 1 / order.rate
                    if self._free:
                        self._send(self._free.pop())
                    else:
                        self._told.unsent += 1
                self._told.late = max(self._told.late, late)
            else:
                while self._free and self._turn < (order.most or self._turn + 1):
                    self._send(self._free.pop())
            self._take(0.001)
        until = perf_counter() + _GRACE_SECONDS
        while self._asking and perf_counter() < until:
            self._take(0.01)
        self._told.seconds = perf_counter() - began
        return self._told

    def _send(self, made: socket.socket) -> None:
        self._turn += 1
        self._asking[made.fileno()] = made, perf_counter(), b""
        try:
            made.sendall(self._requests[self._turn % len(self._requests)])
        except OSError:
            self._end(made)

    def _take(self, seconds: float) -> None:
        for number, _ in self._poll.poll(seconds):
            if number not in self._asking:
                self._end(next((each for each in self._free if each.fileno() == number), None))
                continue
            made, since, held = self._asking[number]
            try:
                piece = made.recv(_PIECE)
            except OSError:
                piece = b""
            if not piece:
                self._end(made)
                continue
            held += piece
            head = held.find(b"\r\n\r\n")
            place = held.lower().find(b"\r\ncontent-length: ", 0, head) if head > 0 else -1
            if place < 0 or len(held) < head + 4 + int(held[place + 18 : held.find(b"\r\n", place + 18)]):
                self._asking[number] = made, since, held
                continue
            del self._asking[number]
            self._free.append(made)
            self._note(held, perf_counter() - since)

    def _note(self, reply: bytes, seconds: float) -> None:
        if reply.startswith(b"HTTP/1.1 200"):
            self._told.answered.append(seconds)
            return
        self._told.refused.append(seconds)
        well = reply.startswith(b"HTTP/1.1 503") and b"retry-after: " in reply and b"x-request-id: " in reply
        self._told.malformed += not (well and b'"fallback_decision":"VERIFY"' in reply)

    def _end(self, made: socket.socket | None) -> None:
        self._told.broken += 1
        if made is not None:
            self._asking.pop(made.fileno(), None)
            if made in self._free:
                self._free.remove(made)
            self._poll.unregister(made.fileno())
            made.close()


def flooded(order: Order) -> Flooded:
    """Send from a process of its own, and wait for its figures."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.flood"], input=json.dumps(asdict(order)), cwd=ROOT, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return Flooded(**told)


def share(seconds: list[float], part: float) -> float:
    """The value below which so much of all is; 0 of nothing."""
    return sorted(seconds)[min(int(len(seconds) * part), len(seconds) - 1)] if seconds else 0.0


if __name__ == "__main__":
    json.dump(asdict(_Load(Order(**json.loads(sys.stdin.readline()))).run()), sys.stdout)
