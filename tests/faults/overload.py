"""More than the service can do: what it still does, what it refuses, and how soon it is itself again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

from tests.faults.servers import OwnServer, started
from tests.faults.storm import Storm, signed_up
from tests.faults.wire import Payer, Reply, Wire

_PHONES = 300_000
_CONNECTIONS = 512


@dataclass
class Overloaded:
    """Figures.

    Attributes:
        peak: checks answered a second in a closed loop of 64.
        asked: a second, open loop.
        goodput: checks answered a second meanwhile.
        admitted_p99_ms: of those that were answered, from sending.
        shed_p50_ms: of those that were refused, from sending.
        shed_p99_ms: likewise.
        unsent: due while all connections were taken.
        malformed: refusals that were not in shape.
        normal_after_seconds: from the end of the overload to ten answers in a row within 100 ms.
    """

    peak: float
    asked: float = 0.0
    goodput: float = 0.0
    admitted_p99_ms: float = 0.0
    shed_p50_ms: float = 0.0
    shed_p99_ms: float = 0.0
    unsent: int = 0
    malformed: int = 0
    normal_after_seconds: float = 0.0


@dataclass
class _Flood:
    wires: list[Wire]
    requests: Sequence[bytes]
    replies: list[Reply] = field(default_factory=list)
    unsent: int = 0

    async def run(self, rate: float, seconds: float) -> None:
        """Send at a rate; what is due while no connection is free is not sent."""
        loop = asyncio.get_running_loop()
        began, sent, free = loop.time(), 0, list(self.wires)
        asking: set[asyncio.Task[None]] = set()
        while (now := loop.time() - began) < seconds:
            while sent < rate * now:
                sent += 1
                if free:
                    task = loop.create_task(self._one(free.pop(), free, self.requests[sent % len(self.requests)]))
                    asking.add(task)
                    task.add_done_callback(asking.discard)
                else:
                    self.unsent += 1
            await asyncio.sleep(0.001)
        if asking:
            await asyncio.wait(asking)

    async def _one(self, wire: Wire, free: list[Wire], request: bytes) -> None:
        try:
            self.replies.append(await wire.ask(request))
        finally:
            free.append(wire)


async def overload(postgres: OwnServer, valkey: OwnServer, seconds: float, times: float = 5) -> Overloaded:
    """Measure a peak, then ask so many times of it."""
    async with started(postgres.url, valkey.url) as (port, _):
        payers = await signed_up(port, 200, _PHONES)
        await Storm(port, payers, 2_000, wires=64, prefix="warm").blow()
        storm = Storm(port, payers, 10**9, wires=64, prefix="peak")
        blowing = asyncio.create_task(storm.blow())
        await asyncio.sleep(seconds)
        told = Overloaded(peak=len(storm.acknowledged) / seconds)
        storm.wanted = 0
        await blowing
        wires = [Wire(port) for _ in range(_CONNECTIONS)]
        for wire in wires:
            await wire.get("/health/live")
        flood = _Flood(wires, [payer.check(f"shop{n}@upi") for payer in payers for n in range(5)])
        told.asked = told.peak * times
        began = perf_counter()
        await flood.run(told.asked, seconds)
        _tell(told, flood, perf_counter() - began)
        told.normal_after_seconds = await _normal(wires[0], payers[0])
        for wire in wires:
            wire.close()
    return told


def _tell(told: Overloaded, flood: _Flood, took: float) -> None:
    good = sorted(reply.seconds for reply in flood.replies if reply.status == 200)
    shed = sorted(reply.seconds for reply in flood.replies if reply.status != 200)
    told.goodput, told.unsent = len(good) / took, flood.unsent
    told.malformed = sum(not reply.well_formed_refusal for reply in flood.replies if reply.status != 200)
    told.admitted_p99_ms = 1000 * good[int(len(good) * 0.99)] if good else 0.0
    if shed:
        told.shed_p50_ms, told.shed_p99_ms = 1000 * shed[len(shed) // 2], 1000 * shed[int(len(shed) * 0.99)]


async def _normal(wire: Wire, payer: Payer) -> float:
    began, in_a_row = perf_counter(), 0
    while in_a_row < 10 and perf_counter() - began < 60:
        reply = await wire.ask(payer.check("calm@upi"))
        in_a_row = in_a_row + 1 if reply.status == 200 and reply.seconds < 0.1 else 0
    return perf_counter() - began
