"""Looking after the model in service, once a day."""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Final

from upi_risk.domain.collecting import PastCheck, PastChecks
from upi_risk.domain.drift import Drift, Histogram, Reference, ks, psi, shares_in
from upi_risk.domain.experiment import MATURITY
from upi_risk.domain.model import ModelCard
from upi_risk.domain.monitoring import (
    Confusion,
    FeatureDrift,
    Figures,
    Monitoring,
    References,
    Week,
    canary_reference,
    canary_scores,
    segments_of,
)
from upi_risk.domain.ports import Clock, ModelStore
from upi_risk.domain.reliability import reliability

SCORE: Final = "score"
RECENT: Final = timedelta(days=7)
WINDOW: Final = timedelta(days=56)
COMPARED: Final = 20_000
"""Recent payments compared with training at most; where there are more, every so many of them."""


class MonitorModel:
    """Compares recent payments with training, and decisions with what became of matured payments."""

    def __init__(
        self, past: PastChecks, models: ModelStore, references: References, figures: Figures, clock: Clock
    ) -> None:
        self._past = past
        self._models = models
        self._references = references
        self._figures = figures
        self._clock = clock

    async def __call__(self, maturity: timedelta = MATURITY) -> Monitoring:
        """Take the figures of now, and store those that are metrics.

        Payments of the last week are compared with training, those of the eight weeks before the last ``maturity``
        are judged by the labels known within it.

        Raises:
            ModelRejectedError: no model serves, or it does not load.
            StoreUnavailableError: the store failed; the figures of before stay.
        """
        now = self._clock.now()
        card = self._models.load(self._models.current()).card
        reference = self._references.reference(card.version) or canary_reference(card)
        recent = now - RECENT
        stride = 1 + await self._past.count(recent, now) // COMPARED
        tally = _Tally(card, now, maturity, stride)
        async with aclosing(self._past.read(now - maturity - WINDOW, now)) as pages:
            async for page in pages:
                for check in page:
                    tally.add(check)
        found = tally.monitoring(reference)
        await self._figures.put(now, found.figures())
        return found


class _Tally:
    """Adds checks up."""

    def __init__(self, card: ModelCard, now: datetime, maturity: timedelta, stride: int) -> None:
        self._card, self._now, self._maturity, self._stride = card, now, maturity, stride
        self._seen = 0
        self._recent: list[PastCheck] = []
        self._weeks: dict[object, Week] = {}
        self._segments: dict[str, Confusion] = {}
        self._said: list[float] = []
        self._came: list[int] = []
        self._delays: list[float] = []

    def add(self, check: PastCheck) -> None:
        if check.at >= self._now - RECENT and check.model_version == self._card.version:
            self._seen += 1
            if self._seen % self._stride == 0:
                self._recent.append(check)
        if check.reported_at is not None:
            self._delays.append((check.reported_at - check.at) / timedelta(days=1))
        if check.at < self._now - self._maturity:
            self._judge(check)

    def monitoring(self, reference: Reference) -> Monitoring:
        return Monitoring(
            at=self._now,
            model_version=self._card.version,
            maturity=self._maturity,
            recent=len(self._recent),
            reference=reference.source,
            drift=self._drift(reference),
            weeks=tuple(self._weeks.values()),
            segments=dict(sorted(self._segments.items())),
            reliability=reliability(self._said, self._came) if self._said else None,
            delays=_quantiles(self._delays),
        )

    def _judge(self, check: PastCheck) -> None:
        fraud = check.reported_at is not None and check.reported_at < check.at + self._maturity
        begins = check.at.date() - timedelta(days=check.at.weekday())
        week = self._weeks.setdefault(begins, Week(begins))
        week.confusion.add(check, fraud=fraud)
        for segment in segments_of(check):
            self._segments.setdefault(segment, Confusion()).add(check, fraud=fraud)
        if check.probability is not None:
            week.said += check.probability
            week.came += fraud
            self._said.append(check.probability)
            self._came.append(int(fraud))

    def _drift(self, reference: Reference) -> tuple[FeatureDrift, ...]:
        if not self._recent:
            return ()
        found = [
            _against(name, held, [check.features[place] for check in self._recent])
            for place, name in enumerate(self._card.features)
            if (held := reference.features.get(name)) is not None
        ]
        held = reference.scores or canary_scores(self._card)
        found.append(_against(SCORE, held, [check.score for check in self._recent]))
        return tuple(sorted(found, key=lambda one: -one.drift.psi))


def _against(name: str, held: Histogram, values: list[float]) -> FeatureDrift:
    now = shares_in(held.edges, values)
    drift = Drift(name, psi(held.shares, now), held.edges, held.shares)
    return FeatureDrift(drift, ks(held.shares, now), Histogram(held.edges, now))


def _quantiles(values: list[float]) -> tuple[float, float] | None:
    if not values:
        return None
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[len(ordered) * 9 // 10]
