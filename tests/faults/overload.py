"""More than the service can do: what it still does, what it refuses, and how soon it is itself again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import perf_counter

from tests.faults.flood import Order, flooded, share
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
        peak: checks answered a second in a closed loop of 64.
        asked: a second, open loop.
        sent: a second, of these.
        goodput: checks answered a second meanwhile.
        admitted_p50_ms: of those that were answered, from sending.
        admitted_p99_ms: likewise.
        shed_p50_ms: of those that were refused, from sending.
        shed_p99_ms: likewise.
        unsent: due while all connections were taken.
        malformed: refusals that were not in shape.
        broken: connections that ended.
        late_ms: by which the load itself was late at most.
        normal_after_seconds: from the end of the overload to ten answers in a row within 100 ms.
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


async def overload(postgres: OwnServer, valkey: OwnServer, seconds: float, times: float = 5) -> Overloaded:
    """Measure a peak, then ask so many times of it."""
    async with started(postgres.url, valkey.url) as (port, _):
        payers = await signed_up(port, 200, _PHONES)
        requests = [payer.check(f"shop{n}@upi").decode() for payer in payers for n in range(5)]
        await asyncio.to_thread(flooded, Order(port, requests, 0, min(seconds, 2), _CLOSED_LOOP))
        calm = await asyncio.to_thread(flooded, Order(port, requests, 0, seconds, _CLOSED_LOOP))
        told = Overloaded(peak=len(calm.answered) / calm.seconds)
        told.asked = told.peak * times
        flood = await asyncio.to_thread(flooded, Order(port, requests, told.asked, seconds, _CONNECTIONS))
        async with Wire(port) as wire:
            told.normal_after_seconds = await _normal(wire, payers[0])
    told.goodput, told.unsent, told.malformed = len(flood.answered) / seconds, flood.unsent, flood.malformed
    told.sent = (len(flood.answered) + len(flood.refused)) / seconds
    told.broken, told.late_ms = flood.broken, 1000 * flood.late
    told.admitted_p50_ms, told.admitted_p99_ms = (1000 * share(flood.answered, part) for part in (0.5, 0.99))
    told.shed_p50_ms, told.shed_p99_ms = (1000 * share(flood.refused, part) for part in (0.5, 0.99))
    return told


async def _normal(wire: Wire, payer: Payer) -> float:
    began, in_a_row = perf_counter(), 0
    while in_a_row < 10 and perf_counter() - began < 60:
        reply = await wire.ask(payer.check("calm@upi"))
        in_a_row = in_a_row + 1 if reply.status == 200 and reply.seconds < 0.1 else 0
    return perf_counter() - began
