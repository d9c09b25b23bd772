"""Figures with 95 % intervals, by drawing payers with replacement: payments of a payer are alike and go together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from upi_risk.adapters.numpy.cards import Cards
from upi_risk.adapters.numpy.ranked import Counted, Draw, Floats, Ranked, Whole
from upi_risk.domain.confidence import SCORE_DIGITS
from upi_risk.domain.decision import Level
from upi_risk.domain.evaluation import ALERT_RATES, Cut, Estimate, Evaluation, OperatingPoint, Part
from upi_risk.domain.examples import Examples
from upi_risk.domain.policy import RiskPolicy

REPETITIONS: Final = 300
_TAILS: Final = (2.5, 97.5)
_RATES: Final = dict(zip((Cut.RATE_0_1, Cut.RATE_0_5, Cut.RATE_1), ALERT_RATES, strict=True))
_POINT: Final = ("precision", "recall", "f1", "rupees_saved", "rupee_recall", "good_stopped")

Row = list[float]
"""The figures of one draw, in a fixed order."""


def evaluate(
    test: Examples, scores: Sequence[float], policy: RiskPolicy, seed: int, repetitions: int = REPETITIONS
) -> Evaluation:
    """Measure a model's scores.

    Args:
        test: payments of both kinds.
        scores: what the model said of each.
        policy: where the levels begin.
        seed: of the draws; the same seed gives the same intervals.
        repetitions: how often payers are drawn; fewer make intervals that are less sure, at less cost.
    """
    payments = _Payments(test, np.asarray(scores, dtype=np.float64), policy)
    cards = Cards(np.asarray(test.days), payments.payers, payments.scores, payments.labels)
    whole = payments.ranked()
    cuts = _cuts(whole, payments)
    figures = _drawn(
        payments,
        [whole],
        lambda weights, draws: [*_ranking(draws[0]), cards.precision(weights), *_points(draws[0], cuts)],
        seed,
        repetitions,
    )
    auc, average_precision, card_precision, *rest = figures
    width = len(_POINT)
    return Evaluation(
        rows=test.rows,
        frauds=test.frauds,
        repetitions=repetitions,
        seed=seed,
        auc=auc,
        average_precision=average_precision,
        card_precision_at_100=card_precision,
        points=tuple(
            _point(cut, whole, cuts, rest[index * width : (index + 1) * width]) for index, cut in enumerate(Cut)
        ),
        by_month=_parts(payments, _months(test), seed, repetitions),
        by_pattern=_parts(payments, _patterns(test, payments.labels), seed, repetitions),
    )


class _Payments:
    """The test as arrays."""

    def __init__(self, test: Examples, scores: Floats, policy: RiskPolicy) -> None:
        self.scores = scores
        self.labels = np.asarray(test.labels).astype(bool)
        self.rupees = np.asarray(test.paise) / 100
        names, payers = np.unique(np.asarray(test.payers), return_inverse=True)
        self.payers: Whole = payers.astype(np.int64)
        self.payer_count = len(names)
        self._policy = policy

    def ranked(self, rows: Whole | slice = slice(None)) -> Ranked:
        """Some of the rows in falling order of score."""
        return Ranked(self.scores[rows], self.labels[rows], self.rupees[rows], self.payers[rows])

    def acted_on(self, ranked: Ranked, *levels: Level) -> int:
        """How many of the first rows are of these levels; scores are rounded as they are answered."""
        rounded = np.round(ranked.scores, SCORE_DIGITS)
        if Level.MEDIUM in levels:
            return int(np.count_nonzero(rounded >= self._policy.medium_from))
        return int(np.count_nonzero(rounded > self._policy.high_above))


Cuts = dict[Cut, int]
"""How many of the first rows lie above each cut that is a threshold; cuts by rate are found in each draw."""


def _cuts(ranked: Ranked, payments: _Payments) -> Cuts:
    return {
        Cut.MEDIUM: payments.acted_on(ranked, Level.MEDIUM, Level.HIGH),
        Cut.HIGH: payments.acted_on(ranked, Level.HIGH),
        Cut.BEST_F1: ranked.best_f1(),
    }


def _rows_above(draw: Draw, cut: Cut, cuts: Cuts) -> int:
    return cuts[cut] if cut in cuts else draw.share(_RATES[cut])


def _ranking(draw: Draw) -> Row:
    return [draw.auc(), draw.average_precision()]


def _points(draw: Draw, cuts: Cuts) -> Row:
    return [figure for cut in Cut for figure in _acting(draw, draw.top(_rows_above(draw, cut, cuts)))]


def _acting(draw: Draw, above: Counted) -> Row:
    """The figures of :data:`_POINT`."""
    frauds, rupees = float(draw.frauds[-1]), float(draw.rupees[-1])
    return [
        above.caught / above.alerts if above.alerts else 0.0,
        above.caught / frauds if frauds else np.nan,
        2 * above.caught / (above.alerts + frauds) if above.alerts + frauds else np.nan,
        above.rupees,
        above.rupees / rupees if rupees else 0.0,
        above.alerts - above.caught,
    ]


def _point(cut: Cut, ranked: Ranked, cuts: Cuts, figures: Sequence[Estimate]) -> OperatingPoint:
    rows = _rows_above(ranked.drawn(), cut, cuts)
    threshold = float(ranked.scores[rows - 1]) if rows else 1.0
    return OperatingPoint(cut, threshold, rows, *figures)


def _drawn(
    payments: _Payments,
    of: Sequence[Ranked],
    figures: Callable[[Floats, list[Draw]], Row],
    seed: int,
    repetitions: int,
) -> list[Estimate]:
    """Figures of the payments as they are, with intervals from drawing payers again."""
    dice, count = np.random.default_rng(seed), payments.payer_count

    def measured(weights: Floats) -> Row:
        return figures(weights, [ranked.drawn(weights) for ranked in of])

    values = measured(np.ones(count))
    drawn = np.array(
        [
            measured(np.bincount(dice.integers(0, count, count), minlength=count).astype(np.float64))
            for _ in range(repetitions)
        ]
    )
    return [_estimate(value, column) for value, column in zip(values, drawn.T, strict=True)]


def _estimate(value: float, drawn: npt.NDArray[np.float64]) -> Estimate:
    """Draws without one of the kinds are left out; the value lies within its interval whatever the draws."""
    known = drawn[np.isfinite(drawn)]
    ends = np.percentile(known, _TAILS).tolist() if len(known) else (value, value)
    return Estimate(value, min(ends[0], value), max(ends[1], value))


@dataclass(frozen=True, slots=True)
class _Chosen:
    name: str
    rows: Whole


def _months(test: Examples) -> list[_Chosen]:
    months = np.asarray(test.days).astype("datetime64[D]").astype("datetime64[M]")
    return [_Chosen(str(month), np.flatnonzero(months == month)) for month in np.unique(months)]


def _patterns(test: Examples, labels: npt.NDArray[np.bool_]) -> list[_Chosen]:
    """Each pattern's frauds with all good payments."""
    patterns = np.array(test.patterns, dtype=object)
    if not len(patterns):
        return []
    names = sorted(set(patterns[labels].tolist()))
    return [_Chosen(name, np.flatnonzero(~labels | (patterns == name))) for name in names]


def _parts(payments: _Payments, chosen: Sequence[_Chosen], seed: int, repetitions: int) -> tuple[Part, ...]:
    ranked = [payments.ranked(part.rows) for part in chosen]
    tellable = [(part, of) for part, of in zip(chosen, ranked, strict=True) if of.both_kinds]
    cuts = [payments.acted_on(of, Level.MEDIUM, Level.HIGH) for _, of in tellable]

    def figures(_: Floats, draws: list[Draw]) -> Row:
        row: Row = []
        for draw, cut in zip(draws, cuts, strict=True):
            acted = dict(zip(_POINT, _acting(draw, draw.top(cut)), strict=True))
            row += [*_ranking(draw), acted["recall"], acted["rupee_recall"]]
        return row

    estimates = _drawn(payments, [of for _, of in tellable], figures, seed, repetitions) if tellable else []
    told = {part.name: estimates[index * 4 : index * 4 + 4] for index, (part, _) in enumerate(tellable)}
    return tuple(
        Part(part.name, len(part.rows), len(of.frauds), *told.get(part.name, ()))
        for part, of in zip(chosen, ranked, strict=True)
    )
