"""What a population must look like (domain facts, 7.7, tests 1 to 4 and 6, and 7.5 and 7.6 for its frauds)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from upi_risk.adapters.simulator.arrays import Bools, Floats
from upi_risk.adapters.simulator.parameters import FRAUDULENT, PERSONAL, PURPOSES
from upi_risk.domain.indian_time import DAY_US, HOUR_US, IST_OFFSET_US
from upi_risk.domain.simulation import Figure, SimulationOrder

_DAY_HOURS: Final = (7, 19)
_NIGHT_HOURS: Final = (0, 5)
_SMALL: Final = 500
_MIDDLE: Final = 2_000
_LARGE: Final = 10_000
_BAND: Final = 0.04
_PRECISION: Final = 0.5


@dataclass(frozen=True, slots=True)
class Stream:
    """A population's payments as they are read, with what is true of them; rows correspond.

    Attributes:
        frame: as :class:`~upi_risk.adapters.polars.transactions_file.Transactions` has it.
        features: the baseline features, by name.
        truth: the truth file.
    """

    frame: pl.DataFrame
    features: pl.DataFrame
    truth: pl.DataFrame

    @property
    def fraud(self) -> Bools:
        """Whether each payment is fraud in truth."""
        fraud: Bools = self.truth["y_true"].to_numpy() == 1
        return fraud

    @property
    def rupees(self) -> Floats:
        """The amounts."""
        return self.frame["amount_paise"].to_numpy() / 100


def population_figures(stream: Stream, order: SimulationOrder) -> tuple[Figure, ...]:
    """The figures that need no model, each with its target."""
    return (*_honest(stream, order), *_frauds(stream, order), *_features(stream))


def area(score: Floats, positive: Bools) -> float:
    """The area under the ROC curve: the chance that a positive scores above another, ties counted half."""
    _, group, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[group]
    positives = int(positive.sum())
    others = len(score) - positives
    if not positives or not others:
        return float("nan")
    return float((rank[positive].sum() - positives * (positives + 1) / 2) / (positives * others))


def _honest(stream: Stream, order: SimulationOrder) -> Iterator[Figure]:
    purpose = stream.truth["purpose"].to_numpy()
    persons = np.isin(purpose, [entry.name for entry, personal in zip(PURPOSES, PERSONAL, strict=True) if personal])
    shops = ~persons & (purpose != FRAUDULENT)
    rupees, at = stream.rupees, stream.frame["at_us"].to_numpy() + IST_OFFSET_US
    honest = ~stream.fraud
    yield Figure("mean rupees to merchants", _mean(rupees[shops]), 560, 640)
    yield Figure("mean rupees to persons", _mean(rupees[persons]), 2_200, 2_700)
    for name, chosen, upto, share in (
        ("merchants", shops, _SMALL, 0.783),
        ("merchants", shops, _MIDDLE, 0.935),
        ("persons", persons, _SMALL, 0.588),
        ("persons", persons, _MIDDLE, 0.796),
    ):
        value = _mean(rupees[chosen] <= upto)
        yield Figure(f"share to {name} up to Rs {upto:,}", value, round(share - _BAND, 3), round(share + _BAND, 3))
    yield Figure("share paid to merchants", _mean(shops[honest]), 0.62, 0.66)
    yield Figure("payments a user and day", len(rupees) / order.users / order.days, 1.30, 1.45)
    hours = np.bincount(at // HOUR_US % 24, minlength=24)
    yield Figure("busiest hour against the mean", float(hours.max() / hours.mean()), 1.9, 2.1)
    first = stream.features["is_first_time"].to_numpy()
    yield Figure("first payments to a receiver, honest", _mean(first[honest]), 0.20, 0.28)
    yield Figure("first payments to a receiver, fraud", _mean(first[~honest]))


def _frauds(stream: Stream, order: SimulationOrder) -> Iterator[Figure]:
    fraud, rupees = stream.fraud, stream.rupees
    reported = stream.frame["is_fraud"].to_numpy()
    hour = (stream.frame["at_us"].to_numpy() + IST_OFFSET_US) % DAY_US / HOUR_US
    persons = np.isin(stream.truth["purpose"].to_numpy(), [entry.name for entry in PURPOSES if entry.personal])
    stolen, at = rupees[fraud], hour[fraud]
    wanted = order.prevalence
    yield Figure("share of fraud", _mean(fraud), round(0.8 * wanted, 6), round(1.2 * wanted, 6))
    yield Figure("fraud: median rupees", float(np.median(stolen)) if len(stolen) else float("nan"), 900, 1_700)
    yield Figure("fraud: mean rupees", _mean(stolen), 3_500, 8_000)
    yield Figure("fraud: share above Rs 10,000", _mean(stolen > _LARGE), 0.06, 0.14)
    yield Figure("fraud: share between 07 and 19 h", _mean((at >= _DAY_HOURS[0]) & (at < _DAY_HOURS[1])), 0.60, 0.70)
    yield Figure("fraud: share between 00 and 05 h", _mean((at >= _NIGHT_HOURS[0]) & (at < _NIGHT_HOURS[1])))
    yield Figure(
        "fraud below the honest median to persons",
        _mean(stolen < np.median(rupees[persons])) if persons.any() else 0,
        0.25,
    )
    yield Figure("share of fraud that is reported", _mean(reported[fraud]), 0.35, 0.47)
    yield Figure("share of reports that are false", _mean(~fraud[reported]), 0.03, 0.08)


def _features(stream: Stream) -> Iterator[Figure]:
    """No feature gives the frauds away by itself."""
    fraud = stream.fraud
    areas, recalls = {}, []
    for name in stream.features.columns:
        value = stream.features[name].to_numpy()
        below = area(value, fraud)
        areas[name] = max(below, 1 - below)
        recalls += [_recall_at_precision(value, fraud), _recall_at_precision(-value, fraud)]
    best = max(areas, key=lambda name: areas[name])
    yield Figure(f"best single feature ({best}), AUC", areas[best], None, 0.87)
    yield Figure("recall of one threshold with precision above 0.5", max(recalls), None, 0.2)
    yield from (Figure(f"single feature {name}, AUC", value) for name, value in areas.items())


def _recall_at_precision(score: Floats, fraud: Bools) -> float:
    """The largest recall of a threshold with precision above one half."""
    order = np.argsort(-score, kind="stable")
    caught = np.cumsum(fraud[order])
    ends = np.append(np.diff(score[order]) != 0, True)
    precise = ends & (caught > _PRECISION * np.arange(1, len(score) + 1))
    return float(caught[precise].max() / max(1, caught[-1])) if precise.any() else 0.0


def _mean(values: Floats | Bools) -> float:
    return float(values.mean()) if len(values) else float("nan")
