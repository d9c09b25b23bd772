"""What payments are for, and how much they come to."""

from __future__ import annotations

from typing import Final

import numpy as np

from upi_risk.adapters.simulator.arrays import Bools, Floats, Ints
from upi_risk.adapters.simulator.parameters import MONEY, ODDITIES, PERSONAL, PURPOSE, PURPOSES, RHYTHM

_MONTH: Final = 30
_REDRAWS: Final = 3
_MEDIAN: Final = np.array([purpose.median for purpose in PURPOSES])
_SIGMA: Final = np.array([purpose.sigma for purpose in PURPOSES])
_LASTING: Final = np.array([purpose.lasting for purpose in PURPOSES])


def draw_purposes(personal: Floats, near_payday: Bools, rng: np.random.Generator) -> Ints:
    """What each payment is for.

    Args:
        personal: the payer's share of payments to persons.
        near_payday: whether it falls on the days from payday on, when rent and instalments are due.
        rng: the dice.
    """
    to_person = rng.random(len(personal)) < personal
    draw, purpose = rng.random(len(personal)), np.empty(len(personal), dtype=np.int64)
    for persons in (True, False):
        for payday in (True, False):
            rows = (to_person == persons) & (near_payday == payday)
            cumulated = np.cumsum(_weights(persons=persons, payday=payday))
            purpose[rows] = np.searchsorted(cumulated, draw[rows] * cumulated[-1], side="right")
    odd = rng.random(len(personal)) < ODDITIES.large
    large = np.where(
        rng.random(len(personal)) < ODDITIES.large_to_people, PURPOSE["large person"], PURPOSE["large merchant"]
    )
    return np.where(odd, large, purpose)


def draw_rupees(purpose: Ints, ticket: Floats, pair: Ints, rng: np.random.Generator) -> Floats:
    """Amounts in rupees, whole paise.

    Args:
        purpose: what for.
        ticket: the payer's multiplier.
        pair: the row of the first payment of the same payer to the same receiver; amounts of a lasting pair are alike.
        rng: the dice.
    """
    base = np.where(_LASTING[purpose], rng.standard_normal(len(purpose))[pair] * MONEY.pair_share, 0.0)
    spread = np.where(_LASTING[purpose], MONEY.rest_share, 1.0)
    large = np.isin(purpose, (PURPOSE["large person"], PURPOSE["large merchant"]))
    median = _MEDIAN[purpose] * np.where(large, ticket**MONEY.large_exponent, ticket)
    most = np.where(PERSONAL[purpose], MONEY.most_personal, MONEY.most_merchant)
    amount = median * np.exp(_SIGMA[purpose] * (base + spread * rng.standard_normal(len(purpose))))
    for _ in range(_REDRAWS):
        beyond = np.flatnonzero(amount > most)
        again = rng.standard_normal(len(beyond))
        amount[beyond] = median[beyond] * np.exp(_SIGMA[purpose[beyond]] * again)
    return rounded(np.minimum(amount, most), rng)


def rounded(amount: Floats, rng: np.random.Generator) -> Floats:
    """As people round: larger ones to fifties or tens, many to whole rupees, the rest as a till prints them."""
    draw = rng.random(len(amount))
    fifties = (amount >= MONEY.fifties_from) & (draw < MONEY.fifties)
    tens = (amount >= MONEY.tens_from) & (draw < MONEY.fifties + MONEY.tens) & ~fifties
    ones = (draw < MONEY.fifties + MONEY.tens + MONEY.ones) & ~fifties & ~tens
    unit = np.select([fifties, tens, ones], [50.0, 10.0, 1.0], 0.01)
    rupees: Floats = np.round(np.maximum(np.round(amount / unit) * unit, 1.0), 2)
    return rupees


def _weights(*, persons: bool, payday: bool) -> Floats:
    """Weights that come to the section's over a month, whatever the day."""
    later = (_MONTH - RHYTHM.payday_days * RHYTHM.payday) / (_MONTH - RHYTHM.payday_days)
    factor = RHYTHM.payday if payday else later
    weights = [
        purpose.weight * (factor if purpose.by_payday else 1.0) if purpose.personal == persons else 0.0
        for purpose in PURPOSES
    ]
    return np.array(weights)
