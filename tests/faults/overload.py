"""More than the service can do: what it still does, what it refuses, and how soon it is itself again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import psutil
import psycopg

from tests.faults.flood import Flooded, Order, flooded, share
from tests.faults.servers import OwnServer, started
from tests.faults.storm import signed_up
from tests.faults.wire import Payer, Wire

_PHONES = 300_000
_CONNECTIONS = 1_024
_CLOSED_LOOP = 64


@dataclass
class Overloaded:
    """Figures.

    Attributes:
        peak: checks answered a second in a closed loop of 64, in which none is refused.
        asked: a second, open loop.
        sent: a second, of these.
        goodput: checks answered a second meanwhile.
        admitted_p50_ms: of those that were answered, from the instant that they were due.
        admitted_p99_ms: likewise.
        shed_p50_ms: of those that were refused, likewise.
        shed_p99_ms: likewise.
        unsent: due while all connections were taken for a second.
        malformed: refusals that were not in shape.
        broken: connections that ended.
        late_ms: by which the load itself was late, 99 of 100 at most; it is in the times above.
        normal_after_seconds: from the end of the overload to ten answers in a row within 100 ms.
        cores_at_peak: how many cores each took at the peak.
        cores: and under overload.
    """

    peak: float
    asked: float = 0.0
    sent: float = 0.0
    goodput: float = 0.0
    admitted_p50_ms: float = 0.0
    admitted_p99_ms: float = 0.0
    shed_p50_ms: float = 0.0
    shed_p99_ms: float = 0.0
    unsent: int = 0
    malformed: int = 0
    broken: int = 0
    late_ms: float = 0.0
    normal_after_seconds: float = 0.0
    cores_at_peak: Mapping[str, float] = field(default_factory=dict)
    cores: Mapping[str, float] = field(default_factory=dict)

    @property
    def held(self) -> float:
        """Goodput, as a share of the peak."""
        return self.goodput / self.peak

    @property
    def as_promised(self) -> bool:
        """Whether the goals of `docs/reliability.md` are reached."""
        in_time = self.admitted_p99_ms <= 250 and self.shed_p99_ms <= 20 and self.normal_after_seconds <= 2
        return in_time and self.held >= 0.9 and not self.malformed

    def __str__(self) -> str:
        """What `docs/reliability.md` tells."""
        return "\n".join(
            [
                f"peak {self.peak:,.0f} a second; asked {self.asked:,.0f}, sent {self.sent:,.0f}, unsent {self.unsent}",
                f"goodput {self.goodput:,.0f} a second ({self.held:.0%})",
                f"admitted p50 {self.admitted_p50_ms:.1f} ms, p99 {self.admitted_p99_ms:.1f} ms",
                f"shed p50 {self.shed_p50_ms:.1f} ms, p99 {self.shed_p99_ms:.1f} ms; load late by {self.late_ms:.1f}",
                f"normal after {self.normal_after_seconds:.2f} s; malformed {self.malformed}, broken {self.broken}",
                f"cores at the peak: {_told(self.cores_at_peak)}",
                f"cores under overload: {_told(self.cores)}",
            ]
        )


async def overload(
    postgres: OwnServer, valkey: OwnServer, seconds: float, times: float = 5, row_ms: float = 0
) -> Overloaded:
    """Measure a peak, then ask so many times of it.

    Args:
        postgres: the database.
        valkey: the cache.
        seconds: for which the peak is measured, and the overload.
        times: the peak.
        row_ms: by which PostgreSQL idles for each payment that it takes, as one with a slow disk does: it is the
            bound then, and the load takes nothing away from the service.
    """
    if row_ms:
        await asyncio.to_thread(_slow_down, postgres.url, row_ms)
    async with started(postgres.url, valkey.url) as (port, process):
        payers = await signed_up(port, 200, _PHONES)
        requests = [payer.check(f"shop{n}@upi").decode() for payer in payers for n in range(5)]
        await asyncio.to_thread(flooded, Order(port, requests, 0, min(seconds, 2), _CLOSED_LOOP))
        servers = {"service": _family(process), "PostgreSQL": postgres.processes(), "Redis": valkey.processes()}
        calm, at_peak = await _watched(Order(port, requests, 0, seconds, _CLOSED_LOOP), servers)
        told = Overloaded(peak=len(calm.answered) / calm.seconds, cores_at_peak=at_peak)
        told.asked = told.peak * times
        flood, told.cores = await _watched(Order(port, requests, told.asked, seconds, _CONNECTIONS), servers)
        async with Wire(port) as wire:
            told.normal_after_seconds = await _normal(wire, payers[0])
    told.goodput, told.unsent, told.malformed = len(flood.answered) / seconds, flood.unsent, flood.malformed
    told.sent = (len(flood.answered) + len(flood.refused)) / seconds
    told.broken, told.late_ms = flood.broken, 1000 * flood.late
    told.admitted_p50_ms, told.admitted_p99_ms = (1000 * share(flood.answered, part) for part in (0.5, 0.99))
    told.shed_p50_ms, told.shed_p99_ms = (1000 * share(flood.refused, part) for part in (0.5, 0.99))
    return told


def _slow_down(database_url: str, row_ms: float) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "create or replace function slow() returns trigger language plpgsql as "
            f"$$ begin perform pg_sleep({row_ms / 1000}); return null; end $$"
        )
        connection.execute("create trigger slow after insert on transactions for each row execute function slow()")


async def _watched(
    order: Order, servers: Mapping[str, Sequence[psutil.Process]]
) -> tuple[Flooded, Mapping[str, float]]:
    """A load, and how many cores it and everybody else took meanwhile."""
    before = {name: _spent(processes) for name, processes in servers.items()}
    told = await asyncio.to_thread(flooded, order)
    spent = {"load": told.cpu} | {name: _spent(each) - before[name] for name, each in servers.items()}
    return told, {name: used / told.seconds for name, used in spent.items()}


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _spent(processes: Sequence[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes if process.is_running()]
    return sum(each.user + each.system for each in times)


def _told(cores: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {used:.2f}" for name, used in cores.items())


async def _normal(wire: Wire, payer: Payer) -> float:
    began, in_a_row = perf_counter(), 0
    while in_a_row < 10 and perf_counter() - began < 60:
        reply = await wire.ask(payer.check("calm@upi"))
        in_a_row = in_a_row + 1 if reply.status == 200 and reply.seconds < 0.1 else 0
    return perf_counter() - began
