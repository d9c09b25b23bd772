"""Callers who go away at any byte of their request, or before its answer: at most one payment, and nothing is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import psutil

from tests.faults.checker import lost, violations
from tests.faults.servers import OwnServer, answered_again, started
from tests.faults.storm import signed_up
from tests.faults.wire import Payer, Wire
from tests.servers import rows

_PHONES = 820_000
_AT_A_TIME = 16
_ASKED_AGAIN = 500
_PATIENT = {"REQUEST_DEADLINE_MS": "20000", "ADMISSION_WAIT_MS": "20000", "REDIS_TIMEOUT_MS": "2000"} | dict.fromkeys(
    ("POOL_TIMEOUT_MS", "STATEMENT_TIMEOUT_MS", "LOCK_TIMEOUT_MS"), "20000"
)
_OURS = """
    SELECT count(*), count(*) FILTER (WHERE state <> 'idle') FROM pg_stat_activity WHERE application_name = 'upi-risk'
"""


@dataclass
class HungUp:
    """What became of it.

    Attributes:
        gone: callers who went away.
        whole: of these, who had sent all of their request.
        rows: payments of theirs that were saved.
        different: keys that led to two answers when they were asked again, or to none.
        lost: answers to these that are in no row.
        descriptors: of the process, before and after.
        connections: to PostgreSQL, likewise.
        busy: of these, in the middle of something, afterwards.
        violations: see :func:`tests.faults.checker.violations`.
    """

    gone: int = 0
    whole: int = 0
    rows: int = 0
    different: int = 0
    lost: int = 0
    descriptors: tuple[int, int] = (0, 0)
    connections: tuple[int, int] = (0, 0)
    busy: int = 0
    violations: dict[str, int] = field(default_factory=dict)

    def problems(self) -> list[str]:
        """Everything that is not as promised."""
        wrong = {
            **self.violations, "different": self.different, "lost": self.lost, "busy": self.busy,
            "rows beyond": self.rows > self.whole,
            "descriptors": self.descriptors[1] > self.descriptors[0] + 2,
            "connections": self.connections[1] > self.connections[0] + 2,
        }  # fmt: skip
        return [name for name, number in wrong.items() if number]


async def hang_up(
    postgres: OwnServer, valkey: OwnServer, number: int, tell: Callable[[int], None] = lambda _: None
) -> HungUp:
    """Let so many callers go away, then ask about some of their payments again."""
    told, dice = HungUp(), Random(7)  # noqa: S311 - a load
    async with started(postgres.url, valkey.url, **_PATIENT) as (port, process):
        payers = await signed_up(port, 20, _PHONES)
        await _all_at_once(port, payers)
        descriptors, connections = process.num_fds(), _connections(postgres)[0]
        asked = [(payers[n % 20], payers[n % 20].check(f"shop{n % 7}@upi", key=f"gone-{n}")) for n in range(number)]
        whole: list[bytes] = []
        for begun in range(0, number, _AT_A_TIME):
            lot = asked[begun : begun + _AT_A_TIME]
            cuts = [dice.choice((len(request), dice.randrange(len(request)))) for _, request in lot]
            whole += [request for (_, request), cut in zip(lot, cuts, strict=True) if cut == len(request)]
            await asyncio.gather(*(_go(port, request[:cut], dice) for (_, request), cut in zip(lot, cuts, strict=True)))
            tell(begun + len(lot))
        told.gone, told.whole = number, len(whole)
        await _settled(process, descriptors)
        users = ", ".join(f"'{payer.user_id}'" for payer in payers)
        counted = f"SELECT count(*) FROM transactions WHERE user_id IN ({users}) AND idempotency_key LIKE 'gone-%'"
        told.rows = int(rows(postgres.url, counted)[0][0])
        acknowledged = []
        async with Wire(port) as wire:
            for request in whole[:_ASKED_AGAIN]:
                first, _ = await answered_again(wire, request, 30)
                told.different += (await wire.ask(request)).body != first.body
                acknowledged.append(first.json()["transaction_id"])
        told.lost = lost(postgres.url, acknowledged)
        await _all_at_once(port, payers)
        await _settled(process, descriptors)
        told.descriptors = descriptors, process.num_fds()
        after, told.busy = _connections(postgres)
        told.connections = connections, after
    told.violations = violations(postgres.url)
    return told


async def _go(port: int, sent: bytes, dice: Random) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await asyncio.sleep(dice.choice((0.0, dice.random() * 0.02)))
    if dice.random() < 0.5:
        writer.transport.abort()
    else:
        writer.close()


async def _all_at_once(port: int, payers: list[Payer]) -> None:
    """As many as there are connections of the pool, and more: one that was lost would be missed."""
    wires = [Wire(port) for _ in payers]
    for _ in range(3):
        replies = await asyncio.gather(*(wire.ask(payer.check()) for wire, payer in zip(wires, payers, strict=True)))
        assert {reply.status for reply in replies} == {200}
    for wire in wires:
        wire.close()


async def _settled(process: psutil.Process, descriptors: int) -> None:
    for _ in range(150):
        if process.num_fds() <= descriptors:
            return
        await asyncio.sleep(0.1)


def _connections(postgres: OwnServer) -> tuple[int, int]:
    ((all_of_them, busy),) = rows(postgres.url, _OURS)
    return int(all_of_them), int(busy)
