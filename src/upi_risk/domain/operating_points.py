"""From which probability on VERIFY and BLOCK pay: by what decisions cost, within what people can look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import sub
from typing import Final

from upi_risk.domain.calibration import BaseRate, log_odds, probability_of
from upi_risk.domain.cost import CostModel
from upi_risk.domain.decision import Decision
from upi_risk.domain.score_scale import ScoreScale

Row = tuple[float, int, int]
"""A payment: its probability, 1 if it was fraud else 0, and its amount in paise."""


@dataclass(frozen=True, slots=True)
class ScaleWishes:
    """What the scale is to be made for.

    Attributes:
        base_rate: the share of fraud where the model will serve; None: the one it was trained with.
        alert_budget: the share of payments that may be VERIFY or BLOCK.
        block_precision: the least share of fraud among the payments to BLOCK.
        wanted: whether there is to be a calibration and a scale; without, raw answers are scores, as those of v1.0.
    """

    base_rate: float | None = None
    alert_budget: float = 0.01
    block_precision: float = 0.5
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Acted:
    """What acting from a probability on would have come to, at the share of fraud where the model serves.

    Attributes:
        share: of all payments, those acted on.
        precision: of these, the share that was fraud.
        recall: of all frauds, the share acted on.
    """

    share: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class OperatingPoints:
    """Where VERIFY and BLOCK begin.

    Attributes:
        verify_from: the probability from which on VERIFY pays.
        block_above: the probability above which BLOCK pays; above all that was seen, where it never did.
        verify: what VERIFY and BLOCK together come to.
        block: what BLOCK comes to; None where it never paid.
        budget_bound: whether the alert budget, rather than the cost, set where VERIFY begins.
        rupees_saved: of each rupee that fraud costs when everything is allowed, how much is saved in all.
    """

    verify_from: float
    block_above: float
    verify: Acted
    block: Acted | None
    budget_bound: bool
    rupees_saved: float

    def scale(self, medium_from: float, high_above: float) -> ScoreScale:
        """The scale that puts both at the policy's thresholds."""
        return ScoreScale(((self.verify_from, medium_from), (self.block_above, high_above)))


def choose_operating_points(
    rows: Sequence[Row], costs: CostModel, wishes: ScaleWishes, base_rate: BaseRate | None
) -> OperatingPoints | None:
    """The thresholds at which these payments would have cost least.

    VERIFY begins where it saves most over ALLOW, among the thresholds within the alert budget. BLOCK begins where it
    saves most over VERIFY, among the higher ones with the precision that is wanted. A threshold lies half-way, in
    log-odds, between the last payment acted on and the next. Payments are counted as often as they occur where the
    model serves.

    Args:
        rows: later payments than were learned, of either kind, with their probabilities where the model serves.
        costs: of decisions.
        wishes: the budget and the precision.
        base_rate: how often payments occur where the model serves; None: as often as here.

    Returns:
        None where asking never pays within the budget: then there is nothing to put on a scale.
    """
    steps = _Steps(sorted(rows, reverse=True), costs, base_rate)
    affordable = [index for index in steps.ends if steps.share(index) <= wishes.alert_budget]
    verify = _best(steps.by_verify, affordable)
    if verify is None or verify == steps.ends[-1]:
        return None
    precise = [index for index in affordable if index < verify and steps.precision(index) >= wishes.block_precision]
    block = _best(steps.by_block, precise)
    saved = steps.by_verify[verify] + (0.0 if block is None else steps.by_block[block])
    cheapest = _best(steps.by_verify, steps.ends)
    return OperatingPoints(
        verify_from=steps.below(verify),
        block_above=steps.rows[0][0] if block is None else steps.below(block),
        verify=steps.acted(verify),
        block=None if block is None else steps.acted(block),
        budget_bound=cheapest != verify,
        rupees_saved=saved / steps.allowed,
    )


class _Steps:
    """Payments in falling order of probability, and what acting on the first of them comes to."""

    def __init__(self, rows: Sequence[Row], costs: CostModel, base_rate: BaseRate | None) -> None:
        self.rows = rows
        weights = (1.0, 1.0) if base_rate is None else (base_rate.good_weight, base_rate.fraud_weight)
        of_rows = [weights[fraud] for _, fraud, _ in rows]
        self._weight = list(accumulate(of_rows))
        self._fraud = list(accumulate(weight * row[1] for weight, row in zip(of_rows, rows, strict=True)))

        costs_of = {
            decision: [
                weight * costs.cost(decision, paise / 100, fraud=bool(fraud))
                for weight, (_, fraud, paise) in zip(of_rows, rows, strict=True)
            ]
            for decision in Decision
        }
        allowed, verified, blocked = costs_of[Decision.ALLOW], costs_of[Decision.VERIFY], costs_of[Decision.BLOCK]
        self.by_verify = list(accumulate(map(sub, allowed, verified)))
        self.by_block = list(accumulate(map(sub, verified, blocked)))
        self.allowed = sum(allowed)
        last = len(rows) - 1
        self.ends = [index for index in range(len(rows)) if index == last or rows[index][0] != rows[index + 1][0]]
        """The last payment of each probability: those before it, and it, can be told from those after it."""

    def share(self, index: int) -> float:
        return self._weight[index] / self._weight[-1]

    def precision(self, index: int) -> float:
        return self._fraud[index] / self._weight[index]

    def acted(self, index: int) -> Acted:
        return Acted(self.share(index), self.precision(index), self._fraud[index] / self._fraud[-1])

    def below(self, index: int) -> float:
        """Between this payment's probability and the next one's."""
        here, after = self.rows[index][0], self.rows[index + 1][0]
        return probability_of((log_odds(here) + log_odds(after)) / 2)


def _best(saved: Sequence[float], among: Sequence[int]) -> int | None:
    """Where most is saved; None where nothing is."""
    best = max(among, key=saved.__getitem__, default=None)
    return best if best is not None and saved[best] > 0 else None


AMOUNTS: Final = (100, 500, 2_000, 5_000, 10_000, 50_000)
"""Rupees that break-evens are told for."""


@dataclass(frozen=True, slots=True)
class BreakEven:
    """From which probability on a decision pays for one amount; None where it never does.

    Attributes:
        rupees: the amount.
        verify: VERIFY instead of ALLOW.
        block: BLOCK instead of both ALLOW and VERIFY.
    """

    rupees: int
    verify: float | None
    block: float | None


def break_evens(costs: CostModel) -> tuple[BreakEven, ...]:
    """By amount: one threshold for all asks too often about small payments, and too seldom about large ones."""
    found = []
    for rupees in AMOUNTS:
        verify = costs.pays_from(Decision.VERIFY, Decision.ALLOW, rupees)
        over = [costs.pays_from(Decision.BLOCK, instead, rupees) for instead in (Decision.ALLOW, Decision.VERIFY)]
        known = [from_ for from_ in over if from_ is not None]
        found.append(BreakEven(rupees, verify, max(known) if len(known) == len(over) else None))
    return tuple(found)
