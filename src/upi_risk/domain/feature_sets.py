"""The sets of features that models are learned over; a model's card names its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from upi_risk.domain.compiled import compiled
from upi_risk.domain.extended import BEYOND
from upi_risk.domain.facts import facts_of
from upi_risk.domain.features import (
    BASELINE,
    HABIT_PAYMENTS,
    Algebra,
    Feature,
    Numbers,
    Vector,
    baseline_probes,
    fingerprint,
    probe_values,
)
from upi_risk.domain.habits import AMOUNT_EDGES, HOURS
from upi_risk.domain.receiver import SETTLING_US, Receiver
from upi_risk.domain.scores import Value
from upi_risk.domain.tiles import DAY_TILES, FIVE_MINUTES_US, HOUR_TILES, MINUTE_TILES, WEEK_TILES, Flow
from upi_risk.domain.track_record import MATURITY_DAYS
from upi_risk.domain.user import UNUSUAL_TIMES, Payee, User
from upi_risk.domain.wide_facts import RATE_DAYS, Flows, Outcome, WideFacts, wide_facts_of

Gather = Callable[[User, Payee, Receiver, int, datetime], Any]
"""Gathers the facts of one payment."""

_NUMBERS: Final = Numbers()


@dataclass(frozen=True)
class FeatureSet:
    """Features in the order of every vector, table and model of the set.

    Attributes:
        name: ``baseline`` or ``extended``.
        features: the features.
        to_the_hour: whether payments to a receiver count from the end of their hour on; if not, a week later.
    """

    name: str
    features: tuple[Feature, ...]
    to_the_hour: bool
    _gather: Gather
    _probes: Callable[[], list[Any]]
    _fixed: tuple[object, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features' names."""
        return tuple(feature.name for feature in self.features)

    @cached_property
    def fingerprint(self) -> str:
        """What the features compute; see :func:`upi_risk.domain.features.fingerprint`."""
        return fingerprint(self.features, self._probes(), self._fixed)

    def begins_with(self, other: FeatureSet) -> bool:
        """Whether the first features are those of another set, so that its vectors are the beginnings of this one's."""
        return self.names[: len(other.names)] == other.names

    def vector(self, user: User, payee: Payee, receiver: Receiver, amount_paise: int, at: datetime) -> Vector:
        """The features of one payment, from the state just before it; see :func:`~upi_risk.domain.facts.facts_of`."""
        return self.of(self._gather(user, payee, receiver, amount_paise, at))

    @cached_property
    def of(self) -> Callable[[Any], Vector]:
        """From the facts that were gathered to the features: what their definitions say, compiled."""
        return compiled(self.features, self._probes()[0])


def _near(feature: Feature) -> Feature:
    """A baseline feature, computed from the wide facts."""

    def compute(facts: WideFacts, algebra: Algebra) -> Value:
        return feature.compute(facts.near, algebra)

    return Feature(feature.name, feature.line, compute, feature.monotone)


def _wide_probes() -> list[WideFacts]:
    """Wide facts across the range of each field, around the baseline's."""
    numbers = probe_values(_WIDE_LIMITS, seed=7)
    return [_wide(near, iter(values)) for near, values in zip(baseline_probes(), numbers, strict=True)]


def _wide(near: Any, values: Any) -> WideFacts:  # noqa: ANN401 - Facts, and an iterator of whole numbers
    def flows() -> Flows:
        return Flows(*(Flow(*(next(values) for _ in Flow._fields)) for _ in Flows._fields))

    return WideFacts(
        near=near,
        user=flows(),
        user_count=next(values),
        user_paise=next(values),
        user_squares=next(values),
        below=next(values),
        alike=next(values),
        hours_away=next(values),
        user_reports=next(values),
        receiver=flows(),
        receiver_payers=next(values),
        receiver_age=next(values) - 1,
        outcomes=tuple(Outcome(next(values), next(values)) for _ in RATE_DAYS),
        reported_paise=next(values),
        first_report=next(values) - 1,
        last_report=next(values) - 1,
    )


_FLOW_LIMITS: Final = (40, 10**8, 10**12, 9, 9)
_WIDE_LIMITS: Final = (
    *(_FLOW_LIMITS * 4), 300, 10**9, 10**13, 90, 40, 900, 30,
    *(_FLOW_LIMITS * 4), 700, 900, *((9, 60) * len(RATE_DAYS)), 10**9, 31, 31,
)  # fmt: skip

BASELINE_SET: Final = FeatureSet("baseline", BASELINE, to_the_hour=False, _gather=facts_of, _probes=baseline_probes)
"""The 14."""

EXTENDED_SET: Final = FeatureSet(
    "extended",
    (*map(_near, BASELINE), *BEYOND),
    to_the_hour=True,
    _gather=wide_facts_of,
    _probes=_wide_probes,
    _fixed=(
        AMOUNT_EDGES,
        HOURS,
        MINUTE_TILES,
        HOUR_TILES,
        WEEK_TILES,
        DAY_TILES,
        FIVE_MINUTES_US,
        SETTLING_US,
        UNUSUAL_TIMES,
        HABIT_PAYMENTS,
        MATURITY_DAYS,
        RATE_DAYS,
    ),
)
"""The 14 and what else the stream can carry; it begins with the 14."""

FEATURE_SETS: Final[Mapping[str, FeatureSet]] = MappingProxyType(
    {each.name: each for each in (BASELINE_SET, EXTENDED_SET)}
)


def names_of(vector: Sequence[float]) -> tuple[str, ...]:
    """The names of a stored vector's values; sets are told apart by their length."""
    found = _NAMES_BY_LENGTH.get(len(vector))
    if found is None:
        raise ValueError(f"No set of features has {len(vector)} of them.")
    return found


_NAMES_BY_LENGTH: Final = {len(each.names): each.names for each in FEATURE_SETS.values()}
