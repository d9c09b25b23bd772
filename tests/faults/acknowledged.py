"""Payments under kills of workers, of masters and of PostgreSQL, and what is left of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from tests.faults.checker import lost, saved, violations
from tests.faults.servers import OwnServer, started, until_ready
from tests.faults.storm import Storm, signed_up
from upi_risk.adapters.embedded.process import free_port

WORKERS = 3
_PHONES = 500_000


@dataclass(frozen=True, slots=True)
class Kills:
    """How many of each."""

    workers: int = 20
    masters: int = 2
    databases: int = 5


@dataclass
class Told:
    """How it went.

    Attributes:
        acknowledged: payments that were answered, each once.
        rows: transactions in the database.
        lost: payments that were answered and are not there.
        violations: see :func:`tests.faults.checker.violations`.
        different: retries that were told something else.
        malformed: refusals that were not in shape.
        slowest_refusal: in seconds.
        statuses: of all replies, 0 for broken connections.
        back_seconds: from each return of PostgreSQL to the next readiness.
        seconds: of it all.
    """

    acknowledged: int = 0
    rows: int = 0
    lost: int = 0
    violations: dict[str, int] = field(default_factory=dict)
    different: int = 0
    malformed: int = 0
    slowest_refusal: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    back_seconds: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def problems(self) -> dict[str, int]:
        """Everything that must not be."""
        found = {
            **self.violations, "lost": self.lost, "different": self.different, "malformed": self.malformed,
            "rows beyond the acknowledged": abs(self.rows - self.acknowledged), "500": self.statuses[500],
        }  # fmt: skip
        return {name: number for name, number in found.items() if number}


class _Service:
    """Workers behind one port, whose master may be killed and is started again."""

    def __init__(self, postgres: OwnServer, valkey: OwnServer) -> None:
        self.port = free_port()
        self._urls = postgres.url, valkey.url
        self._stack = contextlib.AsyncExitStack()
        self.master: psutil.Process

    async def start(self) -> None:
        environ = {"WORKERS": str(WORKERS), "PORT": str(self.port)}
        _, self.master = await self._stack.enter_async_context(started(*self._urls, **environ))

    async def stop(self) -> None:
        stack, self._stack = self._stack, contextlib.AsyncExitStack()
        await stack.aclose()

    async def kill_worker(self, dice: random.Random) -> None:
        while len(found := self.master.children()) < WORKERS:  # noqa: ASYNC110 - another process starts them
            await asyncio.sleep(0.1)
        with contextlib.suppress(psutil.NoSuchProcess):
            dice.choice(found).kill()

    async def kill_master(self) -> None:
        workers = self.master.children()
        self.master.kill()
        await asyncio.to_thread(psutil.wait_procs, workers, 30)
        await self.stop()
        await self.start()


async def run(
    postgres: OwnServer, valkey: OwnServer, wanted: int, kills: Kills, tell: Callable[[int], None] = lambda _: None
) -> Told:
    """Ask about payments until so many are acknowledged, kill evenly meanwhile, and look at what is left."""
    service, told = _Service(postgres, valkey), Told()
    await service.start()
    try:
        payers = await signed_up(service.port, max(50, wanted // 90), _PHONES)
        storm = Storm(service.port, payers, wanted, tell=tell)
        began = asyncio.get_running_loop().time()
        killing = asyncio.create_task(_kill(storm, service, postgres, kills, told))
        await storm.blow()
        await killing
        told.seconds = asyncio.get_running_loop().time() - began
    finally:
        await service.stop()
    names = {json.loads(body)["transaction_id"] for body in storm.acknowledged.values()}
    told.acknowledged, told.lost = len(storm.acknowledged), lost(postgres.url, names)
    told.rows, told.violations = saved(postgres.url), violations(postgres.url)
    told.different, told.malformed, told.slowest_refusal = storm.different, storm.malformed, storm.slowest
    told.statuses = storm.statuses
    return told


async def _kill(storm: Storm, service: _Service, postgres: OwnServer, kills: Kills, told: Told) -> None:
    dice = random.Random(7)  # noqa: S311 - faults, repeated
    plan = ["worker"] * kills.workers + ["master"] * kills.masters + ["database"] * kills.databases
    dice.shuffle(plan)
    for number, whom in enumerate(plan, 1):
        while len(storm.acknowledged) < storm.wanted * number / (len(plan) + 1):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        if whom == "worker":
            await service.kill_worker(dice)
        elif whom == "master":
            with storm.unattended():
                await service.kill_master()
        else:
            await asyncio.to_thread(postgres.kill, signal.SIGQUIT)
            await asyncio.to_thread(postgres.start)
            told.back_seconds.append(await until_ready(service.port))
