"""The primary dies under load, its standby takes its place, and what was acknowledged is there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.faults.checker import lost, saved, violations
from tests.faults.servers import OwnServer
from tests.faults.standby import either, followed, promote
from tests.faults.storm import Storm, signed_up

_PHONES: Final = 600_000
_PAUSE_SECONDS: Final = 0.2

Serve = Callable[[str, str], AbstractAsyncContextManager[int]]
"""The port of a service with these URLs of PostgreSQL and of Redis."""


@dataclass
class FailedOver:
    """How it went.

    Attributes:
        acknowledged: payments that were answered, each once.
        rows: that the new primary has of them.
        lost: payments that were answered and are not there.
        different: retries that were told something else.
        malformed: refusals that were not in shape.
        refused: 503, and broken connections, meanwhile.
        slowest_refusal: in seconds.
        serving_after_seconds: from the promotion to the next acknowledgement.
        violations: see :func:`tests.faults.checker.violations`.
    """

    acknowledged: int = 0
    rows: int = 0
    lost: int = 0
    different: int = 0
    malformed: int = 0
    refused: int = 0
    slowest_refusal: float = 0.0
    serving_after_seconds: float = 0.0
    violations: dict[str, int] = field(default_factory=dict)

    def problems(self) -> list[str]:
        """Everything that is not as promised."""
        wrong = {
            **self.violations, "lost": self.lost, "different": self.different, "malformed": self.malformed,
            "rows beyond": abs(self.rows - self.acknowledged), "late": self.serving_after_seconds > 5,
        }  # fmt: skip
        return [name for name, number in wrong.items() if number]


async def fail_over(  # noqa: PLR0913, PLR0917 - each is a part
    primary: OwnServer,
    valkey: OwnServer,
    folder: Path,
    serve: Serve,
    wanted: int,
    tell: Callable[[int], None] = lambda _: None,
    *,
    synchronous: bool = True,
) -> FailedOver:
    """Ask about payments; kill the primary when half are acknowledged, and promote its standby."""
    with followed(primary, folder, synchronous=synchronous) as standby:
        async with serve(either(primary, standby), valkey.url) as port:
            payers = await signed_up(port, max(20, wanted // 90), _PHONES)
            before = saved(primary.url)
            storm = Storm(port, payers, wanted, wires=16, prefix="over", tell=tell)
            blowing = asyncio.create_task(storm.blow())
            while len(storm.acknowledged) < wanted / 2:  # noqa: ASYNC110 - the load sets no event
                await asyncio.sleep(0.005)
            await asyncio.to_thread(primary.kill)
            await asyncio.sleep(_PAUSE_SECONDS)
            told = FailedOver(serving_after_seconds=await _promoted(standby, storm))
            await blowing
        names = {json.loads(body)["transaction_id"] for body in storm.acknowledged.values()}
        told.acknowledged, told.lost = len(storm.acknowledged), lost(standby.url, names)
        told.rows, told.violations = saved(standby.url) - before, violations(standby.url)
    told.different, told.malformed, told.slowest_refusal = storm.different, storm.malformed, storm.slowest
    told.refused = sum(number for status, number in storm.statuses.items() if status != 200)
    return told


async def _promoted(standby: OwnServer, storm: Storm) -> float:
    """Promote; how long it is until the next payment is acknowledged."""
    loop, known = asyncio.get_running_loop(), len(storm.acknowledged)
    began = loop.time()
    await asyncio.to_thread(promote, standby)
    while len(storm.acknowledged) == known:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    return loop.time() - began
