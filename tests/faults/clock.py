"""The machine's clock leaps, forwards and back, while payments are asked about."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.wire import Payer, Reply, Wire
from tests.servers import rows

HOUR: Final = 3_600
LEAPS: Final = (0, HOUR, -HOUR, 2, -2, 12 * HOUR, -12 * HOUR)
"""Seconds from the right time: steps of NTP, wrong time zones."""

DAY: Final = 24 * HOUR
"""How long a token is good for meanwhile."""

LIMIT: Final = 2 + 5 * len(LEAPS)
"""Requests of an address in a minute: as many as :func:`leap` makes before it wants to be refused."""

_SLEEP: Final = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds) and None\n"
_LIBRARY: Final = "libfaketime.so.1"


@dataclass(frozen=True, slots=True)
class Leapt:
    """How it went; see :attr:`problems`.

    Attributes:
        replies: in the order of the requests.
        repeated: replies to the same request, before and after each leap.
        after: the reply to the first request over the limit.
        expired: the reply to a token whose time is over by the clock.
        disordered: payments of the payer whose instant is not later than that of the one before.
    """

    replies: list[Reply]
    repeated: list[Reply]
    after: Reply
    expired: Reply
    disordered: int

    @property
    def problems(self) -> list[str]:
        """What is not as promised."""
        found = {
            "not answered": any(reply.status != 200 for reply in self.replies),
            "a retry was told something else": len({reply.body for reply in self.repeated}) != 1,
            "the limit was forgotten or came early": self.after.status != 429,
            "waits longer than the window": not 1 <= _retry_after(self.after) <= 60,
            "a token outlives its time": self.expired.status != 401,
            "the order of payments": self.disordered > 0,
        }
        return [name for name, wrong in found.items() if wrong]


async def leap(port: int, database_url: str, phone: int, turn: Callable[[float], None]) -> Leapt:
    """Ask at every leap; the service has :data:`LIMIT`, and tokens that are good for :data:`DAY`.

    Args:
        port: of the service.
        database_url: of its database.
        phone: makes the payer.
        turn: sets the service's clock off by so many seconds.
    """
    replies, repeated = [], []
    async with Wire(port) as wire:
        payer = await Payer.signed_up(wire, phone)
        for offset in LEAPS:
            turn(offset)
            replies += [await wire.ask(payer.check(f"shop{number}@upi")) for number in range(4)]
            repeated.append(await wire.ask(payer.check("once@upi", key="once")))
        turn(2 * DAY)
        expired = await wire.ask(payer.check())
        turn(HOUR)
        after = await wire.ask(payer.check())
    return Leapt(replies, repeated, after, expired, _disordered(database_url, payer))


def _retry_after(reply: Reply) -> int:
    return int((reply.head.partition(b"\r\nretry-after: ")[2].split() or [b"0"])[0])


def _disordered(database_url: str, payer: Payer) -> int:
    """Payments are numbered as they were decided by the second feature: how many there were before."""
    query = f"""
        SELECT count(*) FROM (SELECT checked_at, lag(checked_at) OVER (ORDER BY features[2]) AS before
                                FROM transactions WHERE user_id = '{payer.user_id}') decided
         WHERE checked_at <= before
    """
    return int(rows(database_url, query)[0][0])


def find_faketime() -> Path | None:
    """Where the library is that tells a process another time: Debian's libfaketime, or LIBFAKETIME."""
    named = os.environ.get("LIBFAKETIME")
    found = [Path(named)] if named else sorted(Path("/usr/lib").glob(f"*/faketime/{_LIBRARY}"))
    return next((path for path in found if path.exists()), None)


def faked(library: Path, said: Path) -> dict[str, str]:
    """The environment of a process whose wall clock, and no other, is off by what a file says.

    Python's ``sleep`` asks for an instant of the monotonic clock, which libfaketime 0.9.10 refuses (EINVAL) when it
    leaves that clock alone; so the process sleeps by ``select``.
    """
    folder = said.parent / "customised"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_SLEEP, encoding="utf-8")
    paths = filter(None, (str(folder), os.environ.get("PYTHONPATH")))
    return {
        "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(said), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "PYTHONPATH": os.pathsep.join(paths),
    }  # fmt: skip
