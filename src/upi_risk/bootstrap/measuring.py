"""Parts whose work is timed or counted while it is done, beside those in ``metering``."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Final, NamedTuple

from upi_risk.application.check_for_callers import Asked, CheckForCallers
from upi_risk.application.decide import Answer
from upi_risk.application.tokens import Authenticate
from upi_risk.bootstrap.metering import Meter
from upi_risk.domain.features import Vector
from upi_risk.domain.model import ModelCard, Scored
from upi_risk.domain.ports import Clock, Scorer, Sessions
from upi_risk.domain.rate_limit import Ask, RateLimiter, Verdict
from upi_risk.domain.transaction import Transaction

MOST_KEPT: Final = 4_096
"""Answers whose batch is remembered until their request has been logged."""


class Batch(NamedTuple):
    """What a check's log line says of the batch that it was answered in.

    Attributes:
        size: questions in it.
        ms: milliseconds from its beginning to its answers.
    """

    size: int
    ms: float


class MeasuredBatches:
    """Answers batches of questions, and remembers for a while which answer came of which."""

    def __init__(self, answers: CheckForCallers, meter: Meter) -> None:
        self._answers = answers
        self._meter = meter
        self._kept: dict[str, Batch] = {}

    async def __call__(self, asked: Sequence[Asked]) -> list[Answer]:
        """Answer questions in order."""
        began = perf_counter()
        answers = await self._answers(asked)
        seconds = perf_counter() - began
        self._meter.stage("batch", seconds)
        batch, kept = Batch(len(asked), round(seconds * 1000, 2)), self._kept
        for answer in answers:
            if isinstance(answer, Transaction):
                kept[answer.payment.transaction_id] = batch
        while len(kept) > MOST_KEPT:
            del kept[next(iter(kept))]
        return answers

    def of(self, answer: Transaction) -> Batch | None:
        """The batch that an answer came of lately; None where nobody remembers."""
        return self._kept.get(answer.payment.transaction_id)


class MeasuredLimiter:
    """A limiter whose refusals are counted."""

    def __init__(self, limiter: RateLimiter, meter: Meter) -> None:
        self._limiter = limiter
        self._meter = meter

    async def admit(self, asks: Sequence[Ask]) -> list[Verdict]:
        """A verdict for each ask; see the port."""
        began = perf_counter()
        verdicts = await self._limiter.admit(asks)
        self._meter.stage("limit", perf_counter() - began)
        for ask, verdict in zip(asks, verdicts, strict=True):
            if not verdict.admitted:
                self._meter.limited(ask.name)
        return verdicts


class MeasuredAuthenticate(Authenticate):
    """From tokens to users, timed."""

    def __init__(self, sessions: Sessions, clock: Clock, meter: Meter) -> None:
        super().__init__(sessions, clock)
        self._meter = meter

    async def many(self, tokens: Sequence[str]) -> list[str | None]:
        """The user's id for each token."""
        began = perf_counter()
        found = await super().many(tokens)
        self._meter.stage("authenticate", perf_counter() - began)
        return found


class MeasuredScorer:
    """A model whose answers are timed."""

    def __init__(self, scorer: Scorer, meter: Meter) -> None:
        self._scorer = scorer
        self._meter = meter

    @property
    def card(self) -> ModelCard:
        """What the model is."""
        return self._scorer.card

    def score(self, vectors: Sequence[Vector]) -> list[Scored]:
        """A probability for each vector; see the port."""
        began = perf_counter()
        scores = self._scorer.score(vectors)
        self._meter.stage("predict", perf_counter() - began)
        return scores
