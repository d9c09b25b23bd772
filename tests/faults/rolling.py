"""Two replicas behind a load balancer, replaced one after the other under load."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from tests.deploy.stack import free_ports
from tests.faults.servers import OwnServer, started, until_ready
from tests.faults.storm import Storm, signed_up
from upi_risk.adapters.postgres.migrate import upgrade

_PHONES = 700_000
_PATIENT = {"REQUEST_DEADLINE_MS": "20000", "ADMISSION_WAIT_MS": "20000", "REDIS_TIMEOUT_MS": "2000"} | dict.fromkeys(
    ("POOL_TIMEOUT_MS", "STATEMENT_TIMEOUT_MS", "LOCK_TIMEOUT_MS"), "20000"
)
"""Whether anybody is failed by a deploy does not depend on how fast the machine is."""

SETTLE_SECONDS = 4.0
"""A replica that is ready is asked again when the load balancer has let ``fail_timeout`` pass (2 s, counted in whole
seconds); until then the other must not go."""

ADDING = "ALTER TABLE transactions ADD COLUMN IF NOT EXISTS rehearsed integer NOT NULL DEFAULT 0"
"""What a migration that only adds does to the largest table while both replicas use it."""


def three_ports() -> list[int]:
    """A port for the load balancer and one for each replica."""
    return free_ports(3)


@dataclass
class Told:
    """How it went.

    Attributes:
        answered: payments.
        failed: replies other than 200, and broken connections.
        restarts: of replicas.
        statuses: of all replies, 0 for broken connections.
    """

    answered: int
    failed: int
    restarts: int
    statuses: dict[int, int]


async def roll(  # noqa: PLR0913 - where, over what, and how much
    listen: int, ports: list[int], postgres: OwnServer, valkey: OwnServer, *, rounds: int, migrate: bool,
    least: int = 0, tell: Callable[[int], None] = lambda _: None,
) -> Told:  # fmt: skip
    """Replace each replica so many times while others ask; a migration comes before the last replacement."""
    async with contextlib.AsyncExitStack() as stack:
        replicas = []
        for port in ports:
            own = await stack.enter_async_context(contextlib.AsyncExitStack())
            await own.enter_async_context(started(postgres.url, valkey.url, PORT=str(port), **_PATIENT))
            replicas.append(own)
        await until_ready(listen)
        storm = Storm(listen, await signed_up(listen, 50, _PHONES), 10**9, wires=8, tell=tell, prefix="roll")
        blowing = asyncio.create_task(storm.blow())
        for turn in range(rounds):
            if migrate and turn == rounds - 1:
                await asyncio.to_thread(_migrate, postgres.url)
            for port, own in zip(ports, replicas, strict=True):
                await own.aclose()
                await own.enter_async_context(started(postgres.url, valkey.url, PORT=str(port), **_PATIENT))
                await asyncio.sleep(SETTLE_SECONDS)
        storm.wanted = max(least, 0)  # those that ask finish what they began
        await blowing
        failed = sum(number for status, number in storm.statuses.items() if status != 200)
    return Told(len(storm.acknowledged), failed, rounds * len(ports), dict(storm.statuses))


def _migrate(database_url: str) -> None:
    upgrade(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("SET lock_timeout = '2s'")
        connection.execute(ADDING)
