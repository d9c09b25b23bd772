"""Who has won an experiment, looked at once a day; and when it must not go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from upi_risk.domain.cost import CostModel
from upi_risk.domain.decision import Decision
from upi_risk.domain.experiment import Arm, Experiment, Observed
from upi_risk.domain.sequential import ClusterSums, Contrast

MISSED: Final = "missed rupees"
FALSE_BLOCKS: Final = "false blocks"


@dataclass(frozen=True, slots=True)
class ExperimentRules:
    """When a winner may be called.

    Attributes:
        alpha: the chance, at most, that a winner is called where there is none, however long one looks.
        effect: differences in cost of about this share are found soonest.
        frauds: matured frauds that each model has to have decided on.
        margin: by which share more a challenger's false blocks or missed rupees may be before it is stopped.
        worse: breaches of about this share are found soonest.
        guard_alpha: the chance, at most, that each of the two stops a challenger that is no worse than the margin.
        cap_rupees: a payment's amount counts for the cost up to this, so that no single one decides.
        costs: what decisions cost.
    """

    alpha: float = 0.05
    effect: float = 0.1
    frauds: int = 100
    margin: float = 0.25
    worse: float = 1.0
    guard_alpha: float = 0.01
    cap_rupees: float = 20_000.0
    costs: CostModel = field(default_factory=CostModel)


class Outcome(StrEnum):
    """What an experiment says so far."""

    UNDECIDED = "undecided"
    CHALLENGER = "the challenger wins"
    CHAMPION = "the champion wins"
    BREACHED = "the challenger is to be stopped"


@dataclass(frozen=True, slots=True)
class Look:
    """The end of one day, all days before it included.

    Attributes:
        day: of the last payment, in UTC.
        payments: matured, by the model whose decision they show; in shadow both have the same.
        frauds: of these.
        cost: the challenger's cost against the champion's; None while there is nothing to compare.
        reach: half the width of the cost's confidence sequence.
        p_value: always valid, the smallest so far.
        breached: guardrails that were, by name.
    """

    day: date
    payments: tuple[int, int]
    frauds: tuple[int, int]
    cost: Contrast | None
    reach: float
    p_value: float
    breached: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an experiment says, and the looks that led there.

    Attributes:
        outcome: the first breach of a guardrail, on whichever day; else the first winner, who stays it on later days.
        why: one sentence.
        looks: a day each.
        unpaired: matured payments that had no score of the other model and so do not count in shadow.
    """

    outcome: Outcome
    why: str
    looks: tuple[Look, ...]
    unpaired: int


class _Arms:
    """Totals of both models as the days go by."""

    def __init__(self, experiment: Experiment, rules: ExperimentRules) -> None:
        self.experiment = experiment
        self.rules = rules
        self.payments: dict[Arm, int] = dict.fromkeys(Arm, 0)
        self.frauds: dict[Arm, int] = dict.fromkeys(Arm, 0)
        self.unpaired = 0
        self._sums = {(name, arm): ClusterSums() for name in ("cost", MISSED, FALSE_BLOCKS) for arm in Arm}

    def add(self, one: Observed) -> None:
        figures = self._figures(one, one.decision)
        if not self.experiment.shadow:
            arm = Arm.CHALLENGER if one.model_version == self.experiment.challenger else Arm.CHAMPION
            self._count(arm, one)
            for name, (base, total) in figures.items():
                self._sums[name, arm].add(one.user_id, base, total)
            return
        if one.other_decision is None:
            self.unpaired += 1
            return
        for arm in Arm:
            self._count(arm, one)
        for name, (_, other) in self._figures(one, one.other_decision).items():
            self._sums[name, Arm.CHAMPION].add(one.user_id, figures[name][1], other)

    def contrast(self, name: str) -> Contrast | None:
        if self.experiment.shadow:
            return Contrast.paired(self._sums[name, Arm.CHAMPION])
        return Contrast.between(self._sums[name, Arm.CHAMPION], self._sums[name, Arm.CHALLENGER])

    def _count(self, arm: Arm, one: Observed) -> None:
        self.payments[arm] += 1
        self.frauds[arm] += one.fraud

    def _figures(self, one: Observed, decision: str) -> dict[str, tuple[float, float]]:
        """Base and total of each figure: a payment, a payment, and a good payment."""
        rupees = one.amount_paise / 100
        said = Decision(decision)
        return {
            "cost": (1.0, self.rules.costs.cost(said, min(rupees, self.rules.cap_rupees), fraud=one.fraud)),
            MISSED: (1.0, rupees if one.fraud and said is Decision.ALLOW else 0.0),
            FALSE_BLOCKS: (float(not one.fraud), float(not one.fraud and said is Decision.BLOCK)),
        }


def judge(experiment: Experiment, observed: Iterable[Observed], rules: ExperimentRules) -> Verdict:
    """Look at the end of each day.

    Args:
        experiment: which one.
        observed: its matured payments, by instant.
        rules: when a winner may be called.
    """
    arms = _Arms(experiment, rules)
    looks: list[Look] = []
    today: date | None = None
    for one in observed:
        day = one.at.date()
        if today is not None and day != today:
            looks.append(_look(arms, today, looks))
        today = day
        arms.add(one)
    if today is not None:
        looks.append(_look(arms, today, looks))
    called = [one for one in (_called(experiment, rules, look) for look in looks) if one[0] is not Outcome.UNDECIDED]
    if called:
        outcome, why = min(called, key=lambda one: one[0] is not Outcome.BREACHED)  # the first of these
        return Verdict(outcome, why, tuple(looks), arms.unpaired)
    return Verdict(Outcome.UNDECIDED, _wanting(experiment, rules, looks), tuple(looks), arms.unpaired)


def _look(arms: _Arms, day: date, before: list[Look]) -> Look:
    rules, cost = arms.rules, arms.contrast("cost")
    enough = min(arms.payments.values()) >= arms.experiment.minimum and min(arms.frauds.values()) >= rules.frauds
    smallest = before[-1].p_value if before else 1.0
    breached = []
    for name in (FALSE_BLOCKS, MISSED):
        worse = arms.contrast(name)
        if worse is not None and worse.value - rules.margin > worse.reach(rules.worse, rules.guard_alpha):
            breached.append(name)
    return Look(
        day,
        (arms.payments[Arm.CHAMPION], arms.payments[Arm.CHALLENGER]),
        (arms.frauds[Arm.CHAMPION], arms.frauds[Arm.CHALLENGER]),
        cost,
        cost.reach(rules.effect, rules.alpha) if cost else 0.0,
        min(smallest, cost.p_value(rules.effect)) if cost and enough else smallest,
        tuple(breached),
    )


def _called(experiment: Experiment, rules: ExperimentRules, look: Look) -> tuple[Outcome, str]:
    if look.breached:
        names = " and ".join(look.breached)
        why = f"{experiment.challenger} has over {rules.margin:.0%} more {names} than {experiment.champion}"
        return Outcome.BREACHED, f"On {look.day}, {why}."
    if look.cost is None or look.p_value > rules.alpha:
        return Outcome.UNDECIDED, ""
    outcome = Outcome.CHALLENGER if look.cost.value < 0 else Outcome.CHAMPION
    by = f"{abs(look.cost.value):.1%} {'less' if outcome is Outcome.CHALLENGER else 'more'}"
    cost = f"{experiment.challenger} costs {by} than {experiment.champion}"
    return outcome, f"On {look.day}, {cost}, p = {look.p_value:.4f} at any look."


def _wanting(experiment: Experiment, rules: ExperimentRules, looks: list[Look]) -> str:
    payments, frauds = (min(looks[-1].payments), min(looks[-1].frauds)) if looks else (0, 0)
    if payments < experiment.minimum or frauds < rules.frauds:
        return (
            f"Of each model {experiment.minimum:,} matured payments and {rules.frauds:,} frauds are wanted; "
            f"there are {payments:,} and {frauds:,}."
        )
    return f"No difference in cost is sure yet: p = {looks[-1].p_value:.4f}, below {rules.alpha:g} is wanted."
