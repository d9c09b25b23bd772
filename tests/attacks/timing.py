"""``python -m tests.attacks.timing [10000]``: whether an answer, or how long it takes, tells that a phone is known.

Known and unknown phones ask in turn, in an order that dice choose, on one connection, for a code by ``/login`` and by
``/signup``. Their answers must be the same but for the challenge and the request's id, and their medians within 1 ms.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import sys
import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import track

from tests.attacks.own import Target, target
from tests.attacks.wire import Answer, Connection
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.settings import Settings

PEOPLE = 50
MOST_APART_MS = 1.0
KINDS = ("known", "unknown")
_OPEN = {
    "AUTH_MODE": "otp", "GUESS_LIMIT_PER_HOUR": "0", "CODE_LIMIT_PER_TEN_MINUTES": "0",
}  # fmt: skip
_OWN = {"date", "x-request-id"}


@dataclass(slots=True)
class Seen:
    """What came of one route.

    Attributes:
        seconds: how long each answer took, by whether the phone is known.
        shapes: what the answers looked like, likewise.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    shapes: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in KINDS})

    @property
    def apart_ms(self) -> float:
        """The difference of the medians, in milliseconds."""
        known, unknown = (statistics.median(self.seconds[kind]) for kind in KINDS)
        return (known - unknown) * 1000

    @property
    def alike(self) -> bool:
        """Whether nothing tells them apart."""
        return self.shapes["known"] == self.shapes["unknown"] and len(self.shapes["known"]) == 1


async def _register(attacked: Target, phones: list[str]) -> None:
    container = Container(settings=Settings(database_url=attacked.database_url, redis_url=attacked.redis_url))
    try:
        for phone in phones:
            await container.sign_up()("Asha Rao", phone)
    finally:
        await container.note().drain()
        await container.engine().dispose()
        await container.redis().aclose()


def shape(answer: Answer) -> str:
    """All of an answer that does not differ from one to the next in any case."""
    told = json.loads(answer.body)
    told["challenge_id"] = len(told.get("challenge_id", ""))
    headers = {name: value for name, value in answer.headers.items() if name not in _OWN}
    return json.dumps([answer.status, headers, told], sort_keys=True)


def ask(connection: Connection, path: str, phone: str) -> tuple[float, Answer]:
    """Ask for a code; how long that took, and the answer."""
    body = {"phone": phone} if path == "/login" else {"name": "Asha Rao", "phone": phone}
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(data)}"
    began = time.perf_counter()
    connection.send(head.encode() + b"\r\n\r\n" + data)
    answer = connection.answer()
    assert answer is not None
    return time.perf_counter() - began, answer


def measure(attacked: Target, path: str, count: int) -> Seen:
    """So many of each kind."""
    dice, seen = random.Random(1), Seen()  # noqa: S311 - an order
    phones = {"known": [f"98765{n:05}" for n in range(PEOPLE)], "unknown": [f"98766{n:05}" for n in range(PEOPLE)]}
    connection = Connection(attacked.address)
    for number in track(range(count), path, console=Console(stderr=True)):
        for kind in dice.sample(KINDS, 2):
            took, answer = ask(connection, path, phones[kind][number % PEOPLE])
            seen.seconds[kind].append(took)
            seen.shapes[kind].add(shape(answer))
    connection.close()
    return seen


def main(count: str = "10000") -> int:
    """1 if something tells them apart."""
    good = True
    with target(**_OPEN) as attacked:
        asyncio.run(_register(attacked, [f"98765{number:05}" for number in range(PEOPLE)]))
        for path in ("/login", "/signup"):
            seen = measure(attacked, path, int(count))
            medians = ", ".join(f"{kind} {statistics.median(seen.seconds[kind]) * 1000:.3f} ms" for kind in KINDS)
            same = "answers alike" if seen.alike else f"ANSWERS DIFFER: {seen.shapes}"
            sys.stdout.write(f"{path}: {int(count):,} each, {medians}, {seen.apart_ms:+.3f} ms apart; {same}.\n")
            good = good and seen.alike and abs(seen.apart_ms) < MOST_APART_MS
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
