"""How long answers take while Redis or PostgreSQL fails, against the same load while nothing does."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import redis.asyncio

from tests.faults.checker import saved, violations
from tests.faults.flood import Flooded, Order, flooded, share
from tests.faults.proxy import FaultProxy, between
from tests.faults.servers import OwnServer, started, until_ready
from tests.faults.storm import signed_up

_PHONES = 200_000
RATE = 200
_CONNECTIONS = 64
_PAYERS = 100

Fault = Callable[[], AbstractAsyncContextManager[None]]
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """A row of the table.

    Attributes:
        fault: what was done meanwhile.
        answered: replies of 200.
        refused: the others.
        malformed: refusals that were not in shape.
        p50_ms: of the replies of the kind that is due.
        p99_ms: likewise.
        slowest_ms: of all.
        unsaved: replies of 200 beyond the rows that were added.
        back_seconds: from the end of the fault to readiness.
        broken: what of the invariants does not hold.
    """

    fault: str
    answered: int
    refused: int
    malformed: int
    p50_ms: float
    p99_ms: float
    slowest_ms: float
    unsaved: int = 0
    back_seconds: float = 0.0
    broken: tuple[str, ...] = ()

    def row(self) -> str:
        """As a row of a Markdown table."""
        times = f"{self.p50_ms:.0f} | {self.p99_ms:.0f} | {self.slowest_ms:.0f} | {self.back_seconds:.2f}"
        return f"| {self.fault} | {self.answered:,} | {self.refused:,} | {self.malformed} | {times} |"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, the first without a fault, and what is not as promised."""

    rows: tuple[Measured, ...]
    problems: tuple[str, ...]

    def __str__(self) -> str:
        """As Markdown."""
        head = "| fault | 200 | 503 | malformed | p50 ms | p99 ms | slowest ms | ready again s |\n" + "| --- " * 8 + "|"
        return "\n".join([head, *(row.row() for row in self.rows), f"not as promised: {list(self.problems) or 'none'}"])


class _Under:
    """The service under a load, with faults between it and its servers."""

    def __init__(self, port: int, requests: list[str], postgres: OwnServer) -> None:
        self._port, self._requests, self._postgres = port, requests, postgres

    async def row(self, name: str, fault: Fault, seconds: float) -> Measured:
        before = await asyncio.to_thread(saved, self._postgres.url)
        async with fault():
            told = await self.load(seconds)
        back = await until_ready(self._port)
        rows = await asyncio.to_thread(saved, self._postgres.url) - before
        wrong = await asyncio.to_thread(violations, self._postgres.url)
        mostly = told.answered if len(told.answered) > len(told.refused) else told.refused
        return Measured(
            name, len(told.answered), len(told.refused), told.malformed, 1000 * share(mostly, 0.5),
            1000 * share(mostly, 0.99), 1000 * max([*told.answered, *told.refused], default=0),
            max(len(told.answered) - rows, 0), back, tuple(wrong),
        )  # fmt: skip

    async def load(self, seconds: float) -> Flooded:
        return await asyncio.to_thread(flooded, Order(self._port, self._requests, RATE, seconds, _CONNECTIONS))


@asynccontextmanager
async def _under(postgres: OwnServer, database_url: str, redis_url: str, **environ: str) -> AsyncIterator[_Under]:
    async with started(database_url, redis_url, **environ) as (port, _):
        payers = await signed_up(port, _PAYERS, _PHONES)
        made = _Under(port, [payer.check(f"shop{n}@upi").decode() for payer in payers for n in range(5)], postgres)
        await made.load(1)
        yield made


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


def _changed(proxy: FaultProxy, name: str, value: object) -> Fault:
    @asynccontextmanager
    async def fault() -> AsyncIterator[None]:
        setattr(proxy.to_client, name, value)
        try:
            yield
        finally:
            proxy.heal()
            proxy.reset()

    return fault


def _away(proxy: FaultProxy) -> Fault:
    @asynccontextmanager
    async def fault() -> AsyncIterator[None]:
        await proxy.refuse()
        try:
            yield
        finally:
            await proxy.listen()

    return fault


def _frozen(server: OwnServer) -> Fault:
    @asynccontextmanager
    async def fault() -> AsyncIterator[None]:
        with server.frozen():
            yield

    return fault


def _killed(server: OwnServer, number: signal.Signals = signal.SIGKILL) -> Fault:
    @asynccontextmanager
    async def fault() -> AsyncIterator[None]:
        await asyncio.to_thread(server.kill, number)
        try:
            yield
        finally:
            await asyncio.to_thread(server.start)

    return fault


def _flushed(server: OwnServer) -> Fault:
    async def on_and_on() -> None:
        async with redis.asyncio.Redis.from_url(server.url) as other:
            while True:
                await other.flushall()
                await asyncio.sleep(0.2)

    @asynccontextmanager
    async def fault() -> AsyncIterator[None]:
        flushing = asyncio.create_task(on_and_on())
        yield
        flushing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await flushing

    return fault


async def redis_faults(postgres: OwnServer, valkey: OwnServer, seconds: float, tell: Tell = lambda _: None) -> Table:
    """Every answer is 200 and right, a hundredth of them later than without a fault by 60 ms at most."""
    async with between(valkey.url) as proxy, _under(postgres, postgres.url, proxy.of(valkey.url)) as under:
        faults = {
            "none": _nothing, "refused": _away(proxy), "frozen": _frozen(valkey),
            "20 ms slower": _changed(proxy, "delay_seconds", 0.02),
            "200 ms slower": _changed(proxy, "delay_seconds", 0.2), "2 s slower": _changed(proxy, "delay_seconds", 2.0),
            "swallowed": _changed(proxy, "swallow", True), "garbage": _changed(proxy, "garbage", True),
            "100 bytes a second": _changed(proxy, "bytes_per_second", 100),
            "cut after 100 bytes": _changed(proxy, "cut_after", 100),
            "flushed five times a second": _flushed(valkey), "killed": _killed(valkey), "none again": _nothing,
        }  # fmt: skip
        rows = await _rows(under, faults, seconds, tell)
    problems = [f"{row.fault}: {row.refused} refused, {row.unsaved} unsaved, {row.broken}" for row in rows
                if row.refused or row.unsaved or row.broken]  # fmt: skip
    problems += [f"{row.fault}: p99 is {row.p99_ms - rows[0].p99_ms:.0f} ms above" for row in rows
                 if row.p99_ms > rows[0].p99_ms + 60]  # fmt: skip
    problems += [f"{row.fault}: one took {row.slowest_ms:.0f} ms" for row in rows if row.slowest_ms > 450]
    return Table(tuple(rows), tuple(problems))


async def postgres_faults(postgres: OwnServer, valkey: OwnServer, seconds: float, tell: Tell = lambda _: None) -> Table:
    """Nothing is answered without a row, every refusal is in shape and within 500 ms, and readiness soon returns."""
    async with between(postgres.url) as proxy, _under(postgres, proxy.of(postgres.url), valkey.url) as under:
        faults = {
            "none": _nothing, "refused": _away(proxy), "frozen": _frozen(postgres),
            "100 ms slower": _changed(proxy, "delay_seconds", 0.1), "1 s slower": _changed(proxy, "delay_seconds", 1.0),
            "swallowed": _changed(proxy, "swallow", True), "cut after 100 bytes": _changed(proxy, "cut_after", 100),
            "killed": _killed(postgres), "stopped at once": _killed(postgres, signal.SIGQUIT), "none again": _nothing,
        }  # fmt: skip
        rows = await _rows(under, faults, seconds, tell)
    problems = [f"{row.fault}: {row.malformed} malformed, {row.unsaved} unsaved, {row.broken}" for row in rows
                if row.malformed or row.unsaved or row.broken]  # fmt: skip
    problems += [f"{row.fault}: one took {row.slowest_ms:.0f} ms" for row in rows if row.slowest_ms > 500]
    problems += [f"{row.fault}: ready after {row.back_seconds:.1f} s" for row in rows if row.back_seconds > 5]
    return Table(tuple(rows), tuple(problems))


async def _rows(under: _Under, faults: dict[str, Fault], seconds: float, tell: Tell) -> list[Measured]:
    rows = []
    for name, fault in faults.items():
        rows.append(await under.row(name, fault, seconds))
        tell(len(rows))
    return rows
