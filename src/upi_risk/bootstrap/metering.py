"""Measuring, from outside: wrappers around use cases and ports, and the figures they leave behind.

What is on a request's way only appends to a list; a task adds it up a few times a second.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import repeat
from time import perf_counter
from typing import Final

import structlog

from upi_risk.adapters.prometheus.shelf import Shelf
from upi_risk.adapters.prometheus.tally import Tally
from upi_risk.application.check_transaction import CheckTransaction, Near
from upi_risk.application.decide import Answer, Decide
from upi_risk.application.model_health import ModelHealth
from upi_risk.application.snapshots import LoadSnapshot
from upi_risk.bootstrap.logging import described
from upi_risk.domain.draft import Draft
from upi_risk.domain.feature_sets import FeatureSet
from upi_risk.domain.history import Change, Snapshot, Wanted
from upi_risk.domain.payment import Payment
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.ports import Ledger, Scorer, SnapshotCache
from upi_risk.domain.ruling import RulesInForce
from upi_risk.domain.transaction import Transaction
from upi_risk.entrypoints.http.record import RequestRecord

FLUSH_SECONDS: Final = 0.25
"""A process that is killed takes the counts of its last quarter of a second along."""

_FULL: Final = 4_096

Sample = Callable[[Tally], None]
"""Reads gauges and counters that others keep."""


class Meter:
    """Takes notes, and adds them up when there is time."""

    def __init__(self, *, noting: bool = True) -> None:
        """``noting`` is whether anybody will add the notes up; if not, none are taken."""
        self._noting = noting
        self.tally = Tally()
        self._requests: list[RequestRecord] = []
        self._batches: list[Sequence[Answer]] = []
        self._stages: dict[str, list[float]] = {}

    def requests(self, records: Sequence[RequestRecord]) -> None:
        """Note requests that were answered."""
        if not self._noting:
            return
        self._requests.extend(records)
        if len(self._requests) >= _FULL:
            self.add_up()

    def batch(self, answers: Sequence[Answer]) -> None:
        """Note payments that were decided together."""
        if not self._noting:
            return
        self._batches.append(answers)
        if len(self._batches) >= _FULL:
            self.add_up()

    def stage(self, name: str, seconds: float) -> None:
        """Note how long a part of a batch took; the family's text names the parts."""
        if self._noting:
            self._stages.setdefault(name, []).append(seconds)

    def limited(self, limit: str) -> None:
        """Count a request over a limit, by the limit's name."""
        self.tally.count("upi_risk_limiter_rejections", (limit,))

    def code(self, outcome: str) -> None:
        """Count a one-time code by what became of it."""
        self.tally.count("upi_risk_codes", (outcome,))

    def code_sent(self, prefix: str) -> None:
        """Count a one-time code by the first two digits of the number that it went to."""
        self.tally.count("upi_risk_codes_sent", (prefix,))

    def add_up(self) -> None:
        """Add the notes to the totals."""
        requests, self._requests = self._requests, []
        batches, self._batches = self._batches, []
        stages, self._stages = self._stages, {}
        counted = Counter((record.method, record.route, str(record.status)) for record in requests)
        for labels, number in counted.items():
            self.tally.count("upi_risk_requests", labels, number)
        for record in requests:
            if record.times > 1:
                self._more_like(record)
        for route in {record.route for record in requests}:
            seconds = (record.duration_ms / 1000 for record in requests if record.route == route)
            self.tally.observe("upi_risk_request_seconds", (route,), seconds)
        for stage, seen in stages.items():
            self.tally.observe("upi_risk_stage_seconds", (stage,), seen)
        self.tally.observe("upi_risk_batch_size", (), map(len, batches))
        self._answers([answer for batch in batches for answer in batch])

    def _more_like(self, record: RequestRecord) -> None:
        """Add those that a record stands for beside its own request."""
        others = record.times - 1
        self.tally.count("upi_risk_requests", (record.method, record.route, str(record.status)), others)
        self.tally.observe("upi_risk_request_seconds", (record.route,), repeat(record.duration_ms / 1000, others))

    def _answers(self, answers: Sequence[Answer]) -> None:
        decided = [answer.assessment for answer in answers if isinstance(answer, Transaction)]
        refused = Counter(type(answer).__name__ for answer in answers if not isinstance(answer, Transaction))
        for (level, model), number in Counter((one.level, one.model_version) for one in decided).items():
            self.tally.count("upi_risk_decisions", (str(level), model), number)
        for model in {one.model_version for one in decided}:
            scores = (one.score for one in decided if one.model_version == model)
            self.tally.observe("upi_risk_score", (model,), scores)
        for error, number in refused.items():
            self.tally.count("upi_risk_refusals", (error,), number)


class Keeping:
    """Adds up and puts the totals on the shelf, again and again, also after a time in which it had no room."""

    def __init__(self, meter: Meter, shelf: Shelf, sample: Sample) -> None:
        self._meter = meter
        self._shelf = shelf
        self._sample = sample
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._forever())

    async def stop(self) -> None:
        """Keep what is left, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._keep()

    async def _forever(self) -> None:
        while True:
            self._keep()
            await asyncio.sleep(FLUSH_SECONDS)

    def _keep(self) -> None:
        self._meter.add_up()
        self._sample(self._meter.tally)
        try:
            self._shelf.put(self._meter.tally.totals())
        except OSError as error:
            if not self._failing:
                structlog.get_logger("upi_risk").error("metrics not kept", **described(error))
            self._failing = True
        else:
            self._failing = False


class MeasuredCheck:
    """A batch of checks, whose answers are noted."""

    def __init__(self, check: CheckTransaction, meter: Meter) -> None:
        self._check = check
        self._meter = meter

    async def near(self, payments: Sequence[Payment]) -> Near:
        """What is near at hand for payments."""
        return await self._check.near(payments)

    async def __call__(self, payments: Sequence[Payment], near: Near | None = None) -> list[Answer]:
        """Answer payments in order."""
        answers = await self._check(payments, near)
        if answers:
            self._meter.batch(answers)
        return answers


class MeasuredLoad(LoadSnapshot):
    """Reading what decisions need, timed: from the cache, and what it does not hold from the ledger."""

    def __init__(self, ledger: Ledger, cache: SnapshotCache, meter: Meter) -> None:
        super().__init__(ledger, cache)
        self._meter = meter

    async def near(self, wanted: Sequence[Wanted]) -> Snapshot:
        """What the cache holds of it."""
        began = perf_counter()
        try:
            return await super().near(wanted)
        finally:
            self._meter.stage("near", perf_counter() - began)

    async def __call__(
        self, wanted: Sequence[Wanted], at: Sequence[datetime], near: Snapshot, *, to_the_hour: bool = False
    ) -> Snapshot:
        """Everything wanted."""
        began = perf_counter()
        try:
            return await super().__call__(wanted, at, near, to_the_hour=to_the_hour)
        finally:
            self._meter.stage("load", perf_counter() - began)


class MeasuredDecide(Decide):
    """Deciding, timed."""

    def __init__(
        self, scorer: Scorer, policy: RiskPolicy, health: ModelHealth, rules: RulesInForce, meter: Meter
    ) -> None:
        super().__init__(scorer, policy, health, rules)
        self._meter = meter

    def __call__(
        self, payments: Sequence[Payment], snapshot: Snapshot, wider: FeatureSet | None = None
    ) -> tuple[list[Answer], dict[str, Draft]]:
        """Decide payments, in order."""
        began = perf_counter()
        try:
            return super().__call__(payments, snapshot, wider)
        finally:
            self._meter.stage("decide", perf_counter() - began)


class MeasuredLedger:
    """A ledger whose commits are timed and whose reads are counted."""

    def __init__(self, ledger: Ledger, meter: Meter) -> None:
        self._ledger = ledger
        self._meter = meter
        self.reads = 0
        """Statements that read."""
        self.payments_read = 0
        """Payments for which something was read."""

    async def load(self, wanted: Sequence[Wanted]) -> Snapshot:
        """Everything asked for; see the port."""
        self.reads += 1
        self.payments_read += len(wanted)
        return await self._ledger.load(wanted)

    async def commit(self, changes: Sequence[Change]) -> list[bool]:
        """Apply changes; see the port."""
        began = perf_counter()
        try:
            return await self._ledger.commit(changes)
        finally:
            self._meter.stage("commit", perf_counter() - began)
