"""The figures of domain facts, section 7, as tables. E.g. 7.3 is its section on purposes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np


@dataclass(frozen=True, slots=True)
class Segment:
    """A kind of people (7.1): share of all, payments a day, ticket multiplier, share to persons, night owls."""

    name: str
    share: float
    per_day: float
    ticket: float
    personal: float
    night_owls: float
    vulnerability: float


SEGMENTS: Final = (
    Segment("student", 0.18, 1.55, 0.60, 0.36, 0.12, 1.0),
    Segment("salaried metro", 0.22, 1.95, 1.45, 0.30, 0.07, 1.0),
    Segment("salaried town", 0.20, 1.30, 1.00, 0.36, 0.04, 1.0),
    Segment("self-employed", 0.20, 1.50, 1.10, 0.46, 0.05, 1.0),
    Segment("homemaker", 0.12, 0.80, 0.90, 0.34, 0.01, 1.2),
    Segment("senior", 0.08, 0.40, 1.20, 0.34, 0.01, 1.5),
)


@dataclass(frozen=True, slots=True)
class Habits:
    """How people differ within a segment, come and go (7.1)."""

    rate_mu: float = -0.245
    rate_sigma: float = 0.70
    rate_range: tuple[float, float] = (0.03, 12.0)
    ticket_mu: float = -0.101
    ticket_sigma: float = 0.45
    personal_sd: float = 0.10
    personal_range: tuple[float, float] = (0.02, 0.95)
    joined_before: float = 0.80
    mean_age_days: float = 420.0
    churn_per_day: float = 0.015 / 30
    sign_ins_per_payment: float = 0.10
    device_changes_per_day: float = 0.022 / 30
    paydays: tuple[tuple[int, float], ...] = (
        (1, 0.60),
        (28, 0.07),
        (29, 0.06),
        (30, 0.06),
        (31, 0.06),
        (5, 0.05),
        (6, 0.05),
        (7, 0.05),
    )


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When people pay (7.2), Indian time; hours in per cent of the day, Monday first."""

    weekday: tuple[float, ...] = (
        0.56, 0.29, 0.16, 0.12, 0.16, 0.46, 1.44, 2.77, 4.52, 5.95, 6.77, 7.08,
        6.77, 5.95, 5.13, 5.03, 5.44, 6.57, 7.80, 8.42, 7.60, 5.75, 3.59, 1.64,
    )  # fmt: skip
    weekend: tuple[float, ...] = (
        0.75, 0.40, 0.22, 0.15, 0.15, 0.35, 1.1, 2.2, 3.8, 5.4, 6.5, 7.0,
        6.9, 6.2, 5.4, 5.2, 5.6, 6.6, 7.8, 8.4, 7.7, 6.0, 4.0, 2.1,
    )  # fmt: skip
    nocturnal: tuple[float, ...] = (
        9.0, 8.0, 6.0, 4.0, 2.0, 1.0, 0.5, 0.5, 1.0, 1.5, 2.0, 2.5,
        3.0, 3.0, 3.0, 3.0, 3.0, 3.5, 4.5, 6.0, 7.5, 8.5, 9.0, 9.0,
    )  # fmt: skip
    nocturnal_share: float = 0.5
    of_weekday: tuple[float, ...] = (0.98, 0.97, 0.98, 0.99, 1.03, 1.06, 0.99)
    month_start_days: int = 5
    month_start: float = 1.12
    festive_per_year: float = 8.0
    festive: tuple[float, float] = (1.15, 1.25)
    payday_days: int = 4
    payday: float = 2.0
    """Weight of rent, family and instalments on the days from payday on; other days weigh less to make up for it."""
    burst_per_day: float = 0.05
    burst_sizes: tuple[int, int] = (2, 6)
    burst_gap_s: float = 420.0
    most_per_day: int = 20


class Renewal(IntEnum):
    """How soon somebody turns to a new receiver (7.4)."""

    EXPLORE = 0
    FAMILY = 1
    BILLER = 2
    ALWAYS = 3


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a payment is for (7.3): share within persons or merchants, median rupees, sigma of its logarithm."""

    name: str
    personal: bool
    weight: float
    median: float
    sigma: float
    renewal: Renewal = Renewal.EXPLORE
    lasting: bool = False
    """Whether amounts of one pair resemble each other."""
    by_payday: bool = False


_PERSON: Final = True
_SHOP: Final = False
PURPOSES: Final = (
    Purpose("vendor", _PERSON, 0.42, 85, 0.90),
    Purpose("friend", _PERSON, 0.33, 430, 1.10, lasting=True),
    Purpose("family", _PERSON, 0.25, 3_250, 1.40, Renewal.FAMILY, lasting=True, by_payday=True),  # the section: 3,100
    Purpose("grocery", _SHOP, 0.25, 130, 1.0),
    Purpose("food", _SHOP, 0.20, 90, 0.85),
    Purpose("general", _SHOP, 0.20, 95, 1.05),
    Purpose("transport", _SHOP, 0.06, 90, 0.9),
    Purpose("fuel", _SHOP, 0.05, 300, 0.75),
    Purpose("pharmacy", _SHOP, 0.025, 210, 1.0),
    Purpose("telecom", _SHOP, 0.04, 249, 0.55, Renewal.BILLER, lasting=True),
    Purpose("utility", _SHOP, 0.03, 780, 0.95, Renewal.BILLER, lasting=True),
    Purpose("marketplace", _SHOP, 0.012, 400, 1.0),
    Purpose("clothing", _SHOP, 0.014, 620, 0.95),
    Purpose("services", _SHOP, 0.094, 600, 1.05),  # the section: 320 and 1.6, which leaves too few above Rs 500
    Purpose("instalment", _SHOP, 0.013, 4_200, 0.85, Renewal.BILLER, lasting=True, by_payday=True),
    Purpose("cardbill", _SHOP, 0.0055, 8_000, 1.15, Renewal.BILLER),
    Purpose("broker", _SHOP, 0.007, 2_500, 1.5, Renewal.BILLER),
    Purpose("large person", _PERSON, 0.0, 11_000, 0.95, Renewal.ALWAYS),
    Purpose("large merchant", _SHOP, 0.0, 11_000, 0.95, Renewal.ALWAYS),
    Purpose("collection", _PERSON, 0.0, 900, 0.7, Renewal.ALWAYS),
)
PURPOSE: Final = {purpose.name: index for index, purpose in enumerate(PURPOSES)}
PERSONAL: Final = np.array([purpose.personal for purpose in PURPOSES])
FRAUDULENT: Final = "fraud"
"""The purpose that the truth gives to a fraud."""


@dataclass(frozen=True, slots=True)
class Money:
    """How amounts vary and are rounded (7.3), rupees."""

    most_personal: float = 100_000.0
    most_merchant: float = 500_000.0
    pair_share: float = 0.85
    rest_share: float = 0.53
    fifties_from: float = 200.0
    fifties: float = 0.45
    tens_from: float = 20.0
    tens: float = 0.30
    ones: float = 0.17
    large_exponent: float = 0.5


@dataclass(frozen=True, slots=True)
class Places:
    """Who is paid (7.4)."""

    per_locality: int = 150
    merchants: float = 60 / 0.25
    fewest: int = 4
    vendors: int = 160
    national: int = 25
    people_per_user: int = 4
    pooled: int = 60
    zipf: float = 1.05
    local: float = 0.62
    nationwide: float = 0.23
    near_people: float = 0.62
    explore: tuple[float, float] = (0.50, -0.21)
    """The section has 0.60; without payments before the window that leaves too many first ones (7.7, test 3)."""
    family: tuple[float, float] = (0.35, -0.35)
    biller: float = 0.12
    recent: float = 0.30
    recent_span: int = 8
    born_merchants: float = 0.07
    born_vendors: float = 0.12
    born_people: float = 0.15


@dataclass(frozen=True, slots=True)
class Oddities:
    """Good payments that look bad (7.4)."""

    large: float = 0.0035
    large_to_people: float = 0.60
    collections_per_locality_day: float = 2 / 120
    payers: tuple[int, int] = (12, 45)
    spread_days: float = 2.0


HABITS: Final = Habits()
RHYTHM: Final = Rhythm()
MONEY: Final = Money()
PLACES: Final = Places()
ODDITIES: Final = Oddities()
