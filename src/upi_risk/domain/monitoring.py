"""How the model in service does: drift, calibration, and what became of its decisions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from upi_risk.domain.collecting import PastCheck
from upi_risk.domain.decision import Decision
from upi_risk.domain.drift import Drift, Histogram, Reference
from upi_risk.domain.features import NAMES
from upi_risk.domain.model import ModelCard
from upi_risk.domain.reliability import Reliability

NEW_ACCOUNT: Final = timedelta(days=30)
LEAST_COMPARED: Final = 500
"""Of fewer recent payments an index of drift is mostly chance: nine bins that did not move then give some 9/500."""

_KNOWN: Final = NAMES.index("is_known_receiver")
_AMOUNT_EDGES: Final = (500_00, 5_000_00)
_AMOUNTS: Final = ("below 500 rupees", "500 to 5,000 rupees", "5,000 rupees and more")


@dataclass(slots=True)
class Confusion:
    """What was said and what came, of matured payments. VERIFY and BLOCK are alerts.

    Attributes:
        caught: frauds among the alerts.
        missed: frauds that were allowed.
        disturbed: good payments among the alerts.
        passed: good payments that were allowed.
        missed_paise: the sum of what was missed.
    """

    caught: int = 0
    missed: int = 0
    disturbed: int = 0
    passed: int = 0
    missed_paise: int = 0

    def add(self, check: PastCheck, *, fraud: bool) -> None:
        """Count one more."""
        alert = check.decision != Decision.ALLOW
        self.caught += fraud and alert
        self.disturbed += not fraud and alert
        self.passed += not fraud and not alert
        if fraud and not alert:
            self.missed += 1
            self.missed_paise += check.amount_paise

    @property
    def payments(self) -> int:
        """All of them."""
        return self.caught + self.missed + self.disturbed + self.passed

    @property
    def precision(self) -> float | None:
        """The share of fraud among the alerts; None without alerts."""
        return _share(self.caught, self.caught + self.disturbed)

    @property
    def recall(self) -> float | None:
        """The share of frauds that were alerts; None without frauds."""
        return _share(self.caught, self.caught + self.missed)

    @property
    def false_alerts(self) -> float | None:
        """The share of good payments that were alerts; None without good payments."""
        return _share(self.disturbed, self.disturbed + self.passed)


@dataclass(slots=True)
class Week:
    """Matured payments of one week, the Monday it began with, in UTC.

    Attributes:
        confusion: what became of decisions.
        said: the sum of probabilities, of payments that have one.
        came: frauds among these.
    """

    begins: date
    confusion: Confusion = field(default_factory=Confusion)
    said: float = 0.0
    came: int = 0

    @property
    def ratio(self) -> float | None:
        """Frauds that came for each that was foretold; None where nothing was."""
        return self.came / self.said if self.said else None


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """One feature now against training.

    Attributes:
        drift: its population stability index.
        ks: Kolmogorov's and Smirnov's statistic at the ends of the bins.
        now: the shares of the bins now.
    """

    drift: Drift
    ks: float
    now: Histogram


@dataclass(frozen=True, slots=True)
class Monitoring:
    """The figures of one day.

    Attributes:
        at: when they were taken.
        model_version: the model that serves.
        maturity: after which a payment is judged.
        recent: latest payments compared with training.
        reference: what training is told by.
        drift: of each feature, and of the score, where there is a reference and a recent payment.
        weeks: matured payments by week, the oldest first; whatever model decided.
        segments: the same by segment.
        reliability: probabilities against outcomes; None without matured payments that have one.
        delays: days from a payment to its report, of matured and other payments: the median, and what nine in ten do
            not exceed; None without reports.
    """

    at: datetime
    model_version: str
    maturity: timedelta
    recent: int
    reference: str
    drift: tuple[FeatureDrift, ...]
    weeks: tuple[Week, ...]
    segments: Mapping[str, Confusion]
    reliability: Reliability | None
    delays: tuple[float, float] | None

    def figures(self) -> list[tuple[str, str, float]]:
        """Name, label and value of what is to be a metric; drift only where it is told by enough payments."""
        drift = self.drift if self.recent >= LEAST_COMPARED else ()
        found = [("drift_psi", one.drift.feature, one.drift.psi) for one in drift]
        found += [("drift_ks", one.drift.feature, one.ks) for one in drift]
        for name, confusion in self.segments.items():
            pairs = (("precision", confusion.precision), ("recall", confusion.recall))
            found += [(f"segment_{figure}", name, value) for figure, value in pairs if value is not None]
        if self.weeks and self.weeks[-1].ratio is not None:
            found.append(("calibration_ratio", "", self.weeks[-1].ratio))
        if self.delays is not None:
            found += [("label_delay_days", "0.5", self.delays[0]), ("label_delay_days", "0.9", self.delays[1])]
        return found


def segments_of(check: PastCheck) -> tuple[str, ...]:
    """The segments that a payment is in, one of each kind."""
    known = len(check.features) > _KNOWN and bool(check.features[_KNOWN])
    return (
        _AMOUNTS[bisect_left(_AMOUNT_EDGES, check.amount_paise + 1)],
        "known receiver" if known else "receiver not known yet",
        "account younger than 30 days" if check.at - check.signed_up_at < NEW_ACCOUNT else "older account",
    )


def canary_reference(card: ModelCard) -> Reference:
    """A coarse reference for a model that brings no other: the rows it brings along to be tried on.

    They are taken evenly from the period it was measured on, 200 of them, so that an index of up to about 0.05 is
    chance.
    """
    rows = [canary.vector for canary in card.canaries]
    features = {name: Histogram.of([row[place] for row in rows]) for place, name in enumerate(card.features)}
    return Reference(features, f"{len(rows)} rows of the period that {card.version} was measured on")


def canary_scores(card: ModelCard) -> Histogram:
    """How the score is spread over these rows."""
    return Histogram.of(card.meaning.scores(canary.probability for canary in card.canaries))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


class References(Protocol):
    """What models knew."""

    def reference(self, version: str) -> Reference | None:
        """How the features of a model were spread in training; None where that was not kept."""


class Figures(Protocol):
    """The figures that were taken last, for whoever shows them."""

    async def put(self, at: datetime, figures: Sequence[tuple[str, str, float]]) -> None:
        """Store figures (name, label, value) in place of all before."""

    async def latest(self) -> tuple[datetime, list[tuple[str, str, float]]] | None:
        """When figures were stored, and which, by name and label; None if none ever were."""
