"""How often experiments call a winner: made-up payers, the rules of the house.

``python -m tests.trials 1000`` prints the figures of docs/experiments.md.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from tests.builders import NOON
from upi_risk.domain import experiment_verdict as verdicts
from upi_risk.domain.cost import CostModel
from upi_risk.domain.decision import Decision
from upi_risk.domain.experiment import Arm, Experiment
from upi_risk.domain.experiment_verdict import FALSE_BLOCKS, MISSED, ExperimentRules, Look, Outcome
from upi_risk.domain.sequential import ClusterSums

Floats = npt.NDArray[np.float64]
DECISIONS: Final = (Decision.ALLOW, Decision.VERIFY, Decision.BLOCK)
COSTS: Final = CostModel()

ERRS: Final = 0.006
"""The share of good payments that either model may err on: those whose draw is below. The others are counted only."""


@dataclass(frozen=True)
class Quality:
    """Shares of ALLOW and VERIFY among frauds, and of VERIFY and BLOCK among good payments."""

    missed: float = 0.40
    verified: float = 0.20
    asked: float = 0.004
    blocked: float = 0.0005

    def better(self, share: float) -> Quality:
        """One whose errors of either kind are fewer, so that it costs that share less."""
        return Quality(
            self.missed * (1 - share), self.verified * (1 - share), self.asked * (1 - share), self.blocked * (1 - share)
        )

    def decide(self, fraud: npt.NDArray[np.bool_], drawn: Floats) -> npt.NDArray[np.int64]:
        """Decisions as places in DECISIONS; ``drawn`` is uniform, and low is where a model errs."""
        on_fraud = np.where(drawn < self.missed, 0, np.where(drawn < self.missed + self.verified, 1, 2))
        on_good = np.where(drawn < self.blocked, 2, np.where(drawn < self.blocked + self.asked, 1, 0))
        return np.where(fraud, on_fraud, on_good)


@dataclass(frozen=True)
class World:
    """Payers who pay, some of whom are defrauded one to several times in a row.

    Attributes:
        payers: in the experiment.
        days: looked at every one of them.
        share: of payers the challenger decides for; 0 is shadow.
        agreement: how often both models err on the same payment by the same draw, in shadow.
    """

    payers: int
    days: int = 20
    share: float = 0.5
    victims_a_day: float = 0.002
    agreement: float = 0.7


@dataclass(frozen=True)
class Events:
    """Frauds, and good payments that some model may err on; all others cost nothing and are counted only."""

    payer: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    fraud: npt.NDArray[np.bool_]
    rupees: Floats
    activity: Floats

    @classmethod
    def drawn(cls, world: World, payers: int, dice: np.random.Generator) -> Events:
        activity = dice.gamma(2.0, 0.4, payers)
        episodes = dice.poisson(payers * world.victims_a_day * world.days)
        times = 1 + dice.poisson(1.0, episodes)
        victims = np.repeat(dice.integers(0, payers, episodes), times)
        when = np.repeat(dice.integers(0, world.days, episodes), times)
        errs = dice.poisson(activity.sum() * world.days * ERRS)
        good = np.searchsorted(np.cumsum(activity), dice.random(errs) * activity.sum()).clip(0, payers - 1)
        rupees = np.concatenate([dice.lognormal(7.5, 1.2, len(victims)), dice.lognormal(5.5, 1.2, errs)])
        return cls(
            np.concatenate([victims, good]),
            np.concatenate([when, dice.integers(0, world.days, errs)]),
            np.arange(len(victims) + errs) < len(victims),
            rupees,
            activity,
        )

    def uniform(self, dice: np.random.Generator) -> Floats:
        """Draws to decide by."""
        drawn = dice.random(len(self.fraud))
        return np.where(self.fraud, drawn, drawn * ERRS)

    def figures(self, decisions: npt.NDArray[np.int64], cap: float) -> dict[str, Floats]:
        """What each payment adds to the three figures."""
        capped, cost = np.minimum(self.rupees, cap), np.zeros(len(self.fraud))
        for place, decision in enumerate(DECISIONS):
            for fraud in (False, True):
                slope = COSTS.cost(decision, 1.0, fraud=fraud) - COSTS.cost(decision, 0.0, fraud=fraud)
                chosen = (decisions == place) & (self.fraud == fraud)
                cost[chosen] = COSTS.cost(decision, 0.0, fraud=fraud) + slope * capped[chosen]
        return {
            "cost": cost,
            MISSED: np.where(self.fraud & (decisions == 0), self.rupees, 0.0),
            FALSE_BLOCKS: (~self.fraud & (decisions == 2)).astype(np.float64),
        }


class Side:
    """Totals of one arm, at the end of any day."""

    def __init__(self, events: Events, base: dict[str, Floats] | None, total: dict[str, Floats]) -> None:
        """``base`` is None where the totals are by payment."""
        self.events = events
        self.payments = float(events.activity.sum())
        self._squares = float(events.activity @ events.activity)
        self._base, self._total = base, total
        payers, self._places = np.unique(events.payer, return_inverse=True)
        self._activity = events.activity[payers]

    def sums(self, name: str, day: int) -> ClusterSums:
        """Of a figure, as the rules add them up."""
        upto, days = self.events.day <= day, day + 1.0
        total = self._by_payer(self._total[name], upto)
        made = ClusterSums()
        made.total, made._total_squares = float(total.sum()), float(total @ total)
        if self._base is None:
            made.base, made._base_squares = self.payments * days, self._squares * days * days
            made._products = float(self._activity @ total) * days
        else:
            base = self._by_payer(self._base[name], upto)
            made.base, made._base_squares = float(base.sum()), float(base @ base)
            made._products = float(base @ total)
        return made

    def _by_payer(self, values: Floats, upto: npt.NDArray[np.bool_]) -> Floats:
        found = np.bincount(self._places[upto], weights=values[upto], minlength=len(self._activity))
        return found.astype(np.float64)


def run(world: World, champion: Quality, challenger: Quality, rules: ExperimentRules, seed: int) -> Outcome:
    """One experiment, looked at every day by the code that the command runs."""
    dice = np.random.default_rng(seed)
    experiment = Experiment("trial", "v1", "v2", world.share, 1_000, NOON)
    arms = verdicts._Arms(experiment, rules)
    sides = _sides(world, champion, challenger, rules, dice)
    looks: list[Look] = []
    for day in range(world.days):
        for arm, side in sides.items():
            arms.payments[arm] = int(side.payments * (day + 1))
            arms.frauds[arm] = int(np.count_nonzero(side.events.fraud & (side.events.day <= day)))
            for name in ("cost", MISSED, FALSE_BLOCKS):
                arms._sums[name, arm] = side.sums(name, day)
        looks.append(verdicts._look(arms, (NOON + timedelta(days=day)).date(), looks))
        outcome, _ = verdicts._called(experiment, rules, looks[-1])
        if outcome is not Outcome.UNDECIDED:
            return outcome
    return Outcome.UNDECIDED


def _sides(
    world: World, champion: Quality, challenger: Quality, rules: ExperimentRules, dice: np.random.Generator
) -> dict[Arm, Side]:
    if world.share:
        sides: dict[Arm, Side] = {}
        for arm, quality, share in (
            (Arm.CHAMPION, champion, 1 - world.share),
            (Arm.CHALLENGER, challenger, world.share),
        ):
            events = Events.drawn(world, round(world.payers * share), dice)
            decisions = quality.decide(events.fraud, events.uniform(dice))
            sides[arm] = Side(events, None, events.figures(decisions, rules.cap_rupees))
        return sides
    events = Events.drawn(world, world.payers, dice)
    drawn, another = events.uniform(dice), events.uniform(dice)
    same = dice.random(len(drawn)) < world.agreement
    base = events.figures(champion.decide(events.fraud, drawn), rules.cap_rupees)
    total = events.figures(challenger.decide(events.fraud, np.where(same, drawn, another)), rules.cap_rupees)
    side = Side(events, base, total)
    return {Arm.CHAMPION: side, Arm.CHALLENGER: side}


def outcomes(world: World, better: float, repetitions: int, seed: int = 0) -> Counter[Outcome]:
    """Many experiments against a challenger that costs a share less."""
    champion, rules = Quality(), ExperimentRules()
    return Counter(run(world, champion, champion.better(better), rules, seed + number) for number in range(repetitions))


SPLIT: Final = World(payers=600_000)
UNEVEN: Final = World(payers=1_500_000, share=0.1)
SHADOW: Final = World(payers=40_000, share=0.0)


def main() -> None:
    """Print a table."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    for name, world in (("shadow", SHADOW), ("half", SPLIT), ("a tenth", UNEVEN)):
        payments = world.payers * 0.8 * world.days
        for better in (0.0, 0.1):
            count = repetitions if not better else max(repetitions // 4, 1)
            found = outcomes(world, better, count)
            told = ", ".join(f"{outcome}: {found[outcome] / count:.1%}" for outcome in Outcome)
            line = f"{name}, {payments:,.0f} payments, challenger {better:.0%} better, {count:,} times: {told}"
            print(line, flush=True)  # noqa: T201 - a command


if __name__ == "__main__":
    main()
