"""The ways of fraudsters (domain facts, 7.5 and 7.6), as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MINUTE: Final = 60.0
HOUR: Final = 3_600.0
DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Delays:
    """How late reports come: shares of those within hours, days and weeks (section 5)."""

    hours: float = 0.35
    days: float = 0.45
    weeks: float = 0.20


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kind of fraud.

    Attributes:
        name: as the truth has it.
        mix: its share of all episodes.
        least: the fewest payments of an episode.
        most: the most.
        more: the chance that yet another payment follows.
        median: of the first amount, rupees, before the victim's multiplier.
        sigma: of its logarithm.
        gap_s: the least and the mean further seconds between payments.
        hours: the Indian hours in which it begins, and the share of episodes that keep to them.
        rotate: the share of episodes that change the receiver on the way.
        growth: the range of an episode's factor from one payment to the next.
        later: median and sigma of later amounts, where they are drawn anew around another figure.
        reported: the chance that the victim reports it.
        delays: how late.
        experienced: whether only users with a history are worth the trouble.
        signs_in: the share of episodes that begin with a sign-in, on the same device or on another.
        new_device: the share that begins on a device never seen.
    """

    name: str
    mix: float
    least: int
    most: int
    more: float
    median: float
    sigma: float
    gap_s: tuple[float, float]
    hours: tuple[int, int, float]
    reported: float
    rotate: float = 0.0
    growth: tuple[float, float] = (1.0, 1.0)
    later: tuple[float, float] | None = None
    delays: Delays = Delays()
    experienced: bool = True
    signs_in: float = 0.0
    new_device: float = 0.0


QUICK: Final = Delays(0.60, 0.35, 0.05)
SLOW: Final = Delays(0.10, 0.35, 0.55)

SCENARIOS: Final = (
    Scenario("refund", 0.24, 1, 4, 0.50, 850, 1.25, (40, 5 * MINUTE), (9, 19, 0.50), 0.45, growth=(1.6, 1.6)),
    Scenario(
        "seller", 0.24, 1, 4, 0.38, 850, 1.30, (5 * MINUTE, 5 * HOUR), (9, 20, 0.50), 0.40, later=(700, 1.1)
    ),
    Scenario(
        "task", 0.13, 4, 15, 0.66, 380, 0.80, (30 * MINUTE, 1.6 * DAY), (8, 20, 0.60), 0.65,
        rotate=0.55, growth=(1.2, 1.9), delays=SLOW,
    ),
    Scenario("impersonation", 0.08, 1, 6, 0.60, 6_500, 1.25, (0, 40 * MINUTE), (9, 19, 0.95), 0.75, rotate=0.50),
    Scenario("extortion", 0.09, 1, 7, 0.68, 1_500, 1.05, (0, 9 * HOUR), (19, 27, 0.80), 0.25),
    Scenario(
        "screen share", 0.08, 1, 7, 0.68, 4_200, 1.35, (0, 4 * MINUTE), (10, 18, 0.90), 0.80,
        rotate=0.30, delays=QUICK, signs_in=1.0,
    ),
    Scenario(
        "takeover", 0.04, 2, 11, 0.75, 6_000, 0.90, (0, 5 * MINUTE), (22, 29, 0.60), 0.92,
        rotate=0.30, delays=QUICK, experienced=False, signs_in=1.0, new_device=0.85,
    ),
    Scenario("look-alike", 0.06, 1, 1, 0.0, 0.0, 0.0, (0, 0), (8, 22, 0.80), 0.30, experienced=False),
    Scenario("mule-out", 0.04, 1, 6, 0.65, 4_500, 1.30, (0, 15 * MINUTE), (8, 22, 0.60), 0.35, experienced=False),
)  # fmt: skip
SCENARIO: Final = {scenario.name: index for index, scenario in enumerate(SCENARIOS)}


@dataclass(frozen=True, slots=True)
class Ways:
    """What all fraudsters share (7.5): before and after they drift."""

    payments_per_episode: float = 2.5
    rate_exponent: float = 0.35
    luck_sigma: float = 0.5
    history: int = 10
    ticket_exponent: float = 0.6
    most: float = 100_000.0
    most_growing: float = 60_000.0
    probe: float = 0.25
    probe_rupees: tuple[float, float] = (1, 10)
    device_cap: float = 5_000.0
    device_capped: float = 0.60
    look_alike_factor: float = 1.3
    stealth: tuple[float, float] = (0.38, 0.50)
    stealth_factor: float = 1.15
    stealth_gap: float = 2.5
    drift_at: float = 0.62
    thresholds: tuple[float, ...] = (2_000, 5_000, 10_000)
    below_within: float = 1.6
    below: tuple[float, float] = (0.50, 0.03)
    """After drift: the share of amounts a little above a threshold that drop below it, and at most by how much."""
    reuse: float = 0.22
    aged: tuple[float, float] = (0.34, 0.44)
    hijacked: float = 0.10
    pooled: float = 0.16
    known: float = 0.08
    switch: float = 1.0
    mule_life: tuple[float, float, float] = (0.3, 4.5, 21.0)
    """Days that a mule account works: at least, the mean beyond that, at most."""
    fresh_age_days: float = 5.0


@dataclass(frozen=True, slots=True)
class Reports:
    """What is reported (7.6): delays are median in days and sigma of the logarithm (section 5)."""

    small: float = 1_000.0
    small_factor: float = 0.55
    marked: float = 0.93
    false: float = 6e-5
    false_large: float = 4e-3
    within_hours: tuple[float, float] = (2 / 24, 1.2)
    within_days: tuple[float, float] = (1.6, 0.9)
    within_weeks: tuple[float, float] = (13.0, 0.8)
    at_least_s: float = 60.0


WAYS: Final = Ways()
REPORTS: Final = Reports()
