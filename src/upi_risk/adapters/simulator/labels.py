"""What comes to be reported, late and in part; and what is reported though nothing happened."""

from __future__ import annotations

import numpy as np

from upi_risk.adapters.simulator.arrays import DAY_S, Bools, Floats, Ints
from upi_risk.adapters.simulator.episodes import Episodes, Stolen
from upi_risk.adapters.simulator.parameters import PURPOSE
from upi_risk.adapters.simulator.scenarios import REPORTS, SCENARIOS, Delays


def reports_of_fraud(episodes: Episodes, stolen: Stolen, rng: np.random.Generator) -> Floats:
    """When each fraudulent payment is reported, in the seconds of the window; NaN if never.

    A victim reports an episode as a whole, some time after its last payment; small payments may not be worth the
    trouble, and here and there one is forgotten.
    """
    count = len(episodes.size)
    chance = np.array([scenario.reported for scenario in SCENARIOS])[episodes.scenario]
    last = np.zeros(count)
    np.maximum.at(last, stolen.episode, stolen.at)
    chance = np.where(stolen.rupees < REPORTS.small, REPORTS.small_factor, 1.0) * chance[stolen.episode]
    told = rng.random(count)[stolen.episode] < chance
    shares = [scenario.delays for scenario in SCENARIOS]
    instant = last + delays([shares[index] for index in episodes.scenario.tolist()], rng)
    marked = told & (rng.random(len(stolen.at)) < REPORTS.marked)
    return np.where(marked, instant[stolen.episode], np.nan)


def false_reports(purpose: Ints, at: Floats, rng: np.random.Generator) -> Floats:
    """When each honest payment is reported all the same, in the seconds of the window; NaN if never."""
    large = np.isin(purpose, (PURPOSE["large person"], PURPOSE["large merchant"]))
    told: Bools = rng.random(len(at)) < np.where(large, REPORTS.false_large, REPORTS.false)
    instant = np.full(len(at), np.nan)
    instant[told] = at[told] + delays([Delays()] * int(told.sum()), rng)
    return instant


def delays(mixes: list[Delays], rng: np.random.Generator) -> Floats:
    """Seconds from a payment to its report, one for each mix."""
    shares = np.array([(mix.hours, mix.days, mix.weeks) for mix in mixes]).reshape(-1, 3)
    draw = rng.random(len(mixes))
    which = (draw[:, None] >= np.cumsum(shares, axis=1)[:, :2]).sum(axis=1)
    table = np.array([REPORTS.within_hours, REPORTS.within_days, REPORTS.within_weeks])[which]
    days = table[:, 0] * np.exp(table[:, 1] * rng.standard_normal(len(mixes)))
    late: Floats = np.maximum(days * DAY_S, REPORTS.at_least_s)
    return late
