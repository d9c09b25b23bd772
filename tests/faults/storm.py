"""Many payers who never give up, while processes are killed; every answer they got must be in the database."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.faults.wire import Payer, Reply, Wire

TWICE = 0.05
"""Share of requests that are delivered twice, both at once."""

_PAUSE_SECONDS = 0.05


@dataclass
class Storm:
    """A load.

    Attributes:
        port: of the service.
        payers: who ask.
        wanted: how many payments they ask about.
        wires: how many ask at a time.
        seed: of who pays what.
        prefix: of the keys.
        tell: is told how many are acknowledged.
        acknowledged: transactions that somebody was told of, by payer and key.
        statuses: of all replies; 0 where the connection broke.
        slowest: seconds of the slowest refusal while somebody was there to refuse.
        attended: whether there is a process that serves, the whole time since a request was sent.
        malformed: refusals that were not in shape.
        different: retries that were told something else than the first delivery.
    """

    port: int
    payers: list[Payer]
    wanted: int
    wires: int = 32
    seed: int = 7
    prefix: str = "k"
    tell: Callable[[int], None] = lambda _: None
    acknowledged: dict[tuple[str, str], bytes] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    attended: bool = True
    malformed: int = 0
    different: int = 0

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - a load
        self._asked = 0
        self._unattended_until = 0.0

    @contextlib.contextmanager
    def unattended(self) -> Iterator[None]:
        """Nobody serves meanwhile: connections wait to be accepted."""
        self.attended = False
        yield
        self.attended, self._unattended_until = True, asyncio.get_running_loop().time()

    async def blow(self) -> None:
        """Ask until every payment was answered."""
        await asyncio.gather(*(self._one() for _ in range(self.wires)))

    async def _one(self) -> None:
        async with Wire(self.port) as wire, Wire(self.port) as other:
            while self._asked < self.wanted:
                number, self._asked = self._asked, self._asked + 1
                payer, key = self._dice.choice(self.payers), f"{self.prefix}{number}"
                request = payer.check(f"shop{number % 50}@upi", round(self._dice.uniform(1, 900), 2), key)
                twice = self._dice.random() < TWICE
                await asyncio.gather(
                    *(self._insist(each, payer, key, request) for each in ((wire, other) if twice else (wire,)))
                )

    async def _insist(self, wire: Wire, payer: Payer, key: str, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                reply = await wire.ask(request)
            except (OSError, EOFError):
                self.statuses[0] += 1
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            self.statuses[reply.status] += 1
            if reply.status == 200:
                self._keep(payer, key, reply)
                return
            if self._unattended_until < loop.time() - reply.seconds and self.attended:
                self.slowest = max(self.slowest, reply.seconds)
            self.malformed += not reply.well_formed_refusal
            await asyncio.sleep(_PAUSE_SECONDS)

    def _keep(self, payer: Payer, key: str, reply: Reply) -> None:
        told = self.acknowledged.setdefault((payer.user_id, key), reply.body)
        self.different += told != reply.body
        self.tell(len(self.acknowledged))


async def signed_up(port: int, number: int, first_phone: int) -> list[Payer]:
    """So many new payers."""
    payers: list[Payer] = []
    async with Wire(port) as wire:
        while len(payers) < number:
            try:
                payers.append(await Payer.signed_up(wire, first_phone + len(payers)))
            except KeyError:
                await asyncio.sleep(0.1)  # refused: a loaded machine may need longer than the budgets
                first_phone += 1
    return payers
