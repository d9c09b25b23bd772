"""Some processes over one store, people who ask them, and everything that goes wrong, for one seed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import cast

from tests.builders import NOON
from tests.doubles import AmountScorer
from tests.simulation.faults import FaultyCache, FaultyLedger, Network, Plan
from tests.simulation.invariants import Invariants, require
from tests.simulation.loop import VirtualLoop
from upi_risk.adapters.memory import MemoryLedger, MemorySnapshotCache, MemoryStore, SeededIdentities
from upi_risk.application.amend import AmendHistory
from upi_risk.application.check_transaction import CheckTransaction
from upi_risk.application.coalesce import MOST_UNDER_WAY, Coalesce
from upi_risk.application.decide import Decide
from upi_risk.application.patience import Patience
from upi_risk.application.snapshots import LoadSnapshot
from upi_risk.domain.errors import UpiRiskError
from upi_risk.domain.history import Wanted
from upi_risk.domain.payment import Payment, UpiId
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import User

PATIENCE_SECONDS = 1.0
LATEST_SECONDS = 0.45 + 0.45 / 20 + 0.001
"""The deadline, and how often it is looked at."""


@dataclass
class LoopClock:
    """The loop's time, as a clock that is wrong by some seconds."""

    loop: asyncio.AbstractEventLoop
    wrong: float = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(microseconds=round((self.loop.time() + self.wrong) * 1e6))


class Process:
    """One server process; a crash leaves nothing of it but what is stored."""

    def __init__(self, world: World, plan: Plan) -> None:
        self.network = Network(world.dice, plan, world.trace, world.invariants.check)
        ledger = FaultyLedger(MemoryLedger(world.store), self.network)
        cache = FaultyCache(world.cache, self.network)
        decide = Decide(AmountScorer(), RiskPolicy())
        check = CheckTransaction(LoadSnapshot(ledger, cache), decide, ledger, cache)
        self.check: Coalesce[Payment, Transaction] = Coalesce(check, Patience(), MOST_UNDER_WAY)
        self.amend = AmendHistory(ledger, cache)
        self.clock = LoopClock(world.loop, world.dice.choice((0.0, 0.0, -3_600.0, 3_600.0)))
        world.started.append(self)

    def crash(self) -> None:
        self.network.dead = True
        if self.check._timer is not None:
            self.check._timer.cancel()


@dataclass
class World:
    """Everything of one seed."""

    seed: int
    payments: int = 24
    trace: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)  # noqa: S311 - no secret: it is to be repeated
        self.loop = VirtualLoop(self.dice)
        self.store = MemoryStore()
        self.cache = MemorySnapshotCache(LoopClock(self.loop))
        self.invariants = Invariants(self.store, self.cache)
        self.identities = SeededIdentities(self.seed)
        self.asked: set[tuple[str, str]] = set()
        self.plan = Plan.drawn(self.dice)
        self.processes: list[Process] = []
        self.started: list[Process] = []

    def run(self) -> list[str]:
        """Live through it; returns what happened, in order.

        Raises:
            ViolationError: an invariant does not hold.
        """
        try:
            self.loop.run_until_complete(self._live())
        finally:
            for process in self.started:
                process.check._queue.clear()  # or batches that are torn down would begin another one
            for task in asyncio.all_tasks(self.loop):  # what is left belongs to the dead
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                with contextlib.suppress(Exception):
                    cast("Coroutine[object, None, None]", task.get_coro()).close()
            self.loop.close()
        return self.trace

    async def _live(self) -> None:
        users = [self._user(number) for number in range(self.dice.randint(1, 3))]
        self.processes = [Process(self, self.plan) for _ in range(self.dice.randint(1, 3))]
        people = [self._person(users, number) for number in range(self.payments)]
        disturbing = [asyncio.ensure_future(work) for work in (self._crashes(), self._sign_ins(users))]
        await self._all(people)
        for work in disturbing:
            work.cancel()
        await asyncio.sleep(3)  # what was under way arrives
        self.plan = Plan.calm()
        self.processes = [Process(self, self.plan)]
        await self._all([self._until_answered(payment) for payment in self._everything])
        self.invariants.settled(self.asked)

    async def _all(self, people: Sequence[Awaitable[None]]) -> None:
        for done in await asyncio.gather(*people, return_exceptions=True):
            if isinstance(done, BaseException):
                raise done

    def _user(self, number: int) -> User:
        user = User.sign_up(f"UID-{number}", NOON)
        self.store.users[user.user_id] = user
        self.invariants.check()
        return user

    async def _person(self, users: list[User], number: int) -> None:
        await asyncio.sleep(self.dice.random() * self.dice.choice((0.05, 3.0)))
        user, rupees = self.dice.choice(users), self.dice.choice((100, 500, 900, 4_000, 9_000))
        receiver = UpiId(self.dice.choice(("shop@okbank", "kirana@okbank")))
        payment = Payment("", user.user_id, receiver, rupees * 100, NOON, f"k{number}")
        self.asked.add((user.user_id, f"k{number}"))
        self._everything.append(payment)
        again = self.dice.random() < 0.1
        await self._all([self._twice(payment) for _ in range(1 + again)])

    async def _twice(self, payment: Payment) -> None:
        """As the contract has it: a second time with the same key."""
        if not await self._ask(payment):
            await asyncio.sleep(self.dice.random() * 0.1)
            await self._ask(payment)

    async def _until_answered(self, payment: Payment) -> None:
        for _ in range(100):
            if await self._ask(payment):
                return
            await asyncio.sleep(self.dice.random())
        require(False, "nothing fails any more, and still there is no answer")

    async def _ask(self, payment: Payment) -> bool:
        process = self.dice.choice(self.processes)
        now = process.clock.now()
        question = Payment(
            self.identities.transaction_id(now), payment.user_id, payment.receiver, payment.amount_paise, now,
            key := str(payment.idempotency_key),
        )  # fmt: skip
        began = self.loop.time()
        call = asyncio.ensure_future(process.check(question))
        gone = self.dice.random() < 0.05
        await asyncio.wait({call}, timeout=self.dice.random() * 0.02 if gone else PATIENCE_SECONDS)
        if not call.done():
            require(gone or process.network.dead, "a caller was kept waiting")
            call.cancel()
            self.trace.append(f"{key} went away")
            return False
        if not process.network.dead:
            require(self.loop.time() - began <= LATEST_SECONDS, "an answer came after the deadline")
        error = call.exception()
        if error is not None:
            if not isinstance(error, UpiRiskError):
                raise error
            self.trace.append(f"{key} {type(error).__name__}")
            return False
        self.invariants.answered(key, call.result())
        self.trace.append(f"{key} {call.result().assessment.decision} {self.loop.time():.6f}")
        return True

    async def _crashes(self) -> None:
        for _ in range(self.dice.choice((0, 0, 1, 3))):
            await asyncio.sleep(self.dice.random())
            number = self.dice.randrange(len(self.processes))
            self.trace.append(f"process {number} crashed")
            self.processes[number].crash()
            self.processes[number] = Process(self, self.plan)

    async def _sign_ins(self, users: list[User]) -> None:
        for _ in range(self.dice.choice((0, 3, 10))):
            await asyncio.sleep(self.dice.random() * 0.4)
            process, user = self.dice.choice(self.processes), self.dice.choice(users)
            amended = process.amend(
                Wanted(user.user_id), process.clock.now(), lambda draft, _, instant: draft.sign_in(instant)
            )
            work = asyncio.ensure_future(amended)
            await asyncio.wait({work}, timeout=1.0)
            if work.done() and not work.cancelled():
                work.exception()

    _everything: list[Payment] = field(default_factory=list)
