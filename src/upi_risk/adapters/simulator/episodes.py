"""Frauds: who is deceived when, how often, and for how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from upi_risk.adapters.simulator.arrays import DAY_S, HOUR_S, Bools, Floats, Ints, pick, positions
from upi_risk.adapters.simulator.legit import Payments
from upi_risk.adapters.simulator.parameters import PURPOSE
from upi_risk.adapters.simulator.population import Users
from upi_risk.adapters.simulator.purposes import draw_purposes, draw_rupees, rounded
from upi_risk.adapters.simulator.scenarios import SCENARIO, SCENARIOS, WAYS
from upi_risk.domain.simulation import SimulationOrder

_TRIES: Final = 8
_MORNING_H: Final = 8.0
_WAKING_H: Final = 15.0
_ALIKE: Final = {PURPOSE["vendor"]: 0.38, PURPOSE["friend"]: 0.33, PURPOSE["family"]: 0.25}
"""What stealthy amounts look like; the victim's own share of stalls is 0.42."""


@dataclass(frozen=True, slots=True)
class Episodes:
    """An entry an episode in each array.

    Attributes:
        victim: who is deceived.
        begin: Indian seconds from the window's first midnight.
        scenario: an index into the scenarios.
        stealth: whether amounts and pace are made to look like the victim's.
        drifted: whether it happens after fraudsters changed their ways.
        size: how many payments are attempted.
    """

    victim: Ints
    begin: Floats
    scenario: Ints
    stealth: Bools
    drifted: Bools
    size: Ints


@dataclass(frozen=True, slots=True)
class Stolen:
    """An entry a fraudulent payment in each array, by episode and then by time; ``order`` is its place in it."""

    episode: Ints
    order: Ints
    at: Floats
    rupees: Floats


def draw_episodes(users: Users, honest: Payments, order: SimulationOrder, rng: np.random.Generator) -> Episodes:
    """Draw as many episodes as the wanted prevalence needs, in order of time."""
    count = int(rng.poisson(order.prevalence * len(honest.user) / WAYS.payments_per_episode))
    scenario = pick(_column("mix"), count, rng)
    victim, begin = _victims(users, honest, order.days, scenario, rng)
    by_time = np.argsort(begin, kind="stable")
    victim, begin, scenario = victim[by_time], begin[by_time], scenario[by_time]
    drifted = (begin > WAYS.drift_at * order.days * DAY_S) & order.drift
    least, most, more = _column("least")[scenario], _column("most")[scenario], _column("more")[scenario]
    further = np.floor(np.log(1 - rng.random(count)) / np.log(np.maximum(more, 1e-9)))
    size = np.minimum(least + further, most).astype(np.int64)
    stealth = rng.random(count) < np.where(drifted, WAYS.stealth[1], WAYS.stealth[0])
    return Episodes(victim, begin, scenario, stealth, drifted, size)


def steal(episodes: Episodes, users: Users, days: int, rng: np.random.Generator) -> Stolen:
    """The payments of the episodes, without their receivers."""
    episode = np.repeat(np.arange(len(episodes.size)), episodes.size)
    order = positions(episodes.size)
    at = _instants(episodes, episode, order, rng)
    rupees = _rupees(episodes, users, episode, order, rng)
    within = at < np.minimum(users.left[episodes.victim[episode]], days) * DAY_S
    return Stolen(episode[within], order[within], at[within], rupees[within])


def _column(name: str) -> Floats:
    return np.array([getattr(scenario, name) for scenario in SCENARIOS], dtype=np.float64)


def _victims(
    users: Users, honest: Payments, days: int, scenario: Ints, rng: np.random.Generator
) -> tuple[Ints, Floats]:
    """Whom and when; users without the history that a scam needs are passed over."""
    luck = rng.lognormal(0, WAYS.luck_sigma, users.count)
    weight = users.vulnerability * users.per_day**WAYS.rate_exponent * luck
    victim, begin = np.empty(len(scenario), dtype=np.int64), np.empty(len(scenario))
    open_, key = np.arange(len(scenario)), honest.user * days * DAY_S + np.minimum(honest.at, days * DAY_S - 1)
    first = np.searchsorted(honest.user, np.arange(users.count))
    needs = np.where(_column("experienced")[scenario] > 0, WAYS.history, 1)
    for _ in range(_TRIES):
        victim[open_] = pick(weight, len(open_), rng)
        begin[open_] = _begin(scenario[open_], days, rng)
        chosen = victim[open_]
        earlier = np.searchsorted(key, chosen * days * DAY_S + begin[open_]) - first[chosen]
        there = (earlier >= needs[open_]) & (begin[open_] < users.left[chosen] * DAY_S)
        open_ = open_[~there]
    kept = np.ones(len(scenario), dtype=bool)
    kept[open_] = False
    victim[open_], begin[open_] = victim[kept][: len(open_)], begin[kept][: len(open_)]
    return victim, begin


def _begin(scenario: Ints, days: int, rng: np.random.Generator) -> Floats:
    table = np.array([entry.hours for entry in SCENARIOS])[scenario]
    usual = rng.random(len(scenario)) < table[:, 2]
    hour = np.where(usual, rng.uniform(table[:, 0], table[:, 1]), rng.uniform(0, 24, len(scenario)))
    return np.floor(rng.random(len(scenario)) * days) * DAY_S + hour % 24 * HOUR_S


def _instants(episodes: Episodes, episode: Ints, order: Ints, rng: np.random.Generator) -> Floats:
    table = np.array([entry.gap_s for entry in SCENARIOS])[episodes.scenario[episode]]
    gap = table[:, 0] + rng.exponential(1.0, len(episode)) * table[:, 1]
    gap = np.where(episodes.stealth[episode], WAYS.stealth_gap, 1.0) * gap + 1
    gap[order == 0] = 0
    walked = np.cumsum(gap)
    first = np.cumsum(episodes.size) - episodes.size
    at = episodes.begin[episode] + walked - walked[first[episode]]
    hour = at % DAY_S / HOUR_S
    slow = (table[:, 1] >= HOUR_S) & (order > 0) & (episodes.scenario[episode] != SCENARIO["extortion"])
    waking = np.floor(at / DAY_S) * DAY_S + (_MORNING_H + _WAKING_H * rng.random(len(at))) * HOUR_S
    at = np.where(slow & (hour < _MORNING_H), waking, at)
    ordered: Floats = at[np.lexsort((at, episode))]
    return ordered


def _rupees(episodes: Episodes, users: Users, episode: Ints, order: Ints, rng: np.random.Generator) -> Floats:
    scenario = episodes.scenario[episode]
    ticket = users.ticket[episodes.victim[episode]]
    amount = _planned(episodes, episode, order, rng) * ticket**WAYS.ticket_exponent
    capped = (rng.random(len(episodes.size)) < WAYS.device_capped)[episode] & (scenario == SCENARIO["takeover"])
    amount = np.where(capped, np.minimum(amount, WAYS.device_cap), amount)
    probe = (rng.random(len(episodes.size)) < WAYS.probe)[episode] & (scenario == SCENARIO["refund"]) & (order == 0)
    amount = np.where(probe & (episodes.size[episode] > 1), rng.uniform(*WAYS.probe_rupees, len(amount)), amount)
    amount = np.where(episodes.stealth[episode], _like_the_victim(ticket, rng), amount)
    alike = scenario == SCENARIO["look-alike"]
    amount = np.where(alike, _like_a_shop(ticket, rng) * WAYS.look_alike_factor, amount)
    return _just_below(rounded(np.minimum(amount, WAYS.most), rng), episodes.drifted[episode], rng)


def _planned(episodes: Episodes, episode: Ints, order: Ints, rng: np.random.Generator) -> Floats:
    """What the scenario asks for: a first amount that grows, or amounts drawn each for itself."""
    scenario = episodes.scenario
    median, sigma = _column("median")[scenario][episode], _column("sigma")[scenario][episode]
    range_ = np.array([entry.growth for entry in SCENARIOS])[scenario]
    growth = rng.uniform(range_[:, 0], range_[:, 1])[episode]
    each, whole = rng.standard_normal(len(episode)), rng.standard_normal(len(episodes.size))[episode]
    growing = growth > 1
    planned = median * np.exp(sigma * np.where(growing, whole, each)) * growth**order
    planned = np.where(growing, np.minimum(planned, WAYS.most_growing), planned)
    for index, entry in enumerate(SCENARIOS):
        if entry.later is not None:
            rows = (scenario[episode] == index) & (order > 0)
            planned[rows] = entry.later[0] * np.exp(entry.later[1] * each[rows])
    return planned


def _like_the_victim(ticket: Floats, rng: np.random.Generator) -> Floats:
    """As the victim pays persons, to stalls more seldom: there is little to be had."""
    purpose = np.array(list(_ALIKE))[pick(np.array(list(_ALIKE.values())), len(ticket), rng)]
    return draw_rupees(purpose, ticket, np.arange(len(ticket)), rng) * WAYS.stealth_factor


def _like_a_shop(ticket: Floats, rng: np.random.Generator) -> Floats:
    shops = draw_purposes(np.zeros(len(ticket)), np.zeros(len(ticket), dtype=bool), rng)
    return draw_rupees(shops, ticket, np.arange(len(ticket)), rng)


def _just_below(amount: Floats, drifted: Bools, rng: np.random.Generator) -> Floats:
    """Adaptive fraudsters stay just below the limits at which others look closer."""
    lowers = drifted & (rng.random(len(amount)) < WAYS.below[0])
    share = 1 - rng.uniform(0.001, WAYS.below[1], len(amount))
    for threshold in WAYS.thresholds:
        above = lowers & (amount >= threshold) & (amount <= threshold * WAYS.below_within)
        amount = np.where(above, np.round(threshold * share), amount)
    return amount
