"""What ``extended`` knows beyond the 14: pace, spread and hours of the payer, flow and outcomes of the receiver.

Windows, velocities and delayed, windowed risk of the receiver are what separates fraud best in published work
(Fraud Detection Handbook, chapters 3 and 6). Counters that only grow are capped, for what only grows leaves the range
that a model was trained on. The contract in words is ``docs/feature-contract.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from typing import Final

from upi_risk.domain.features import HABIT_PAYMENTS, MISSING, OLDEST_AGE_DAYS, Algebra, Feature, feature_of
from upi_risk.domain.indian_time import DAY_US
from upi_risk.domain.scores import Value
from upi_risk.domain.tiles import Flow
from upi_risk.domain.wide_facts import RATE_DAYS, WideFacts

MOST_OF_PAIR: Final = 20
MOST_PAYERS: Final = 500
LARGEST_Z: Final = 50.0
LEAST_SPREAD: Final = 0.1
"""A payer's spread counts as at least this share of the mean, and at least one rupee."""

RATE_PRIOR_PAYMENTS: Final = 2
RATE_PRIOR: Final = 0.01
"""A fraud rate is smoothed by two payments of which one in a hundred is fraud, about the share of enriched streams."""

ROUND_PAISE: Final = 100_00
LIMITS_RUPEES: Final = (2_000, 5_000, 10_000, 50_000, 100_000, 200_000, 500_000)
"""Amounts at which somebody looks closer: UPI Lite, first-day, P2P and category limits (domain facts, section 1.4)."""

BELOW_PERCENT: Final = 3


def _mean(flow: Flow, m: Algebra) -> Value:
    return m.where(flow.count > 0, flow.paise / m.greatest(flow.count, 1) / 100, MISSING)


def _own_mean(f: WideFacts, m: Algebra) -> Value:
    """Mean rupees of all the payer settled before; 0 if there is nothing."""
    return f.user_paise / m.greatest(f.user_count, 1) / 100


def _mean_ratio(flow: Flow, f: WideFacts, m: Algebra) -> Value:
    ratio = _mean(flow, m) / m.greatest(_own_mean(f, m), 0.01)
    return m.where(flow.count > 0, ratio, MISSING)


def _spread(count: Value, paise: Value, squares: Value, m: Algebra) -> Value:
    """The standard deviation in rupees."""
    mean = paise / m.greatest(count, 1) / 100
    return m.root(m.greatest(squares / m.greatest(count, 1) - mean * mean, 0.0))


def _above(f: WideFacts, count: Value, paise: Value, squares: Value, m: Algebra) -> Value:
    """Standard deviations above the mean."""
    mean = paise / m.greatest(count, 1) / 100
    spread = m.greatest(_spread(count, paise, squares, m), m.greatest(mean * LEAST_SPREAD, 1.0))
    z = m.least(m.greatest((f.near.amount_paise / 100 - mean) / spread, 0.0), LARGEST_Z)
    return m.where(count >= HABIT_PAYMENTS, z, MISSING)


def user_deviation(f: WideFacts, m: Algebra) -> Value:
    """Standard deviation of the user's settled payments in rupees; -1 before the fifth."""
    spread = _spread(f.user_count, f.user_paise, f.user_squares, m)
    return m.where(f.user_count >= HABIT_PAYMENTS, spread, MISSING)


def user_deviation_30d(f: WideFacts, m: Algebra) -> Value:
    """The same of the last 30 days; -1 before the fifth in them."""
    month = f.user.month
    spread = _spread(month.count, month.paise, month.squares, m)
    return m.where(month.count >= HABIT_PAYMENTS, spread, MISSING)


def user_zscore(f: WideFacts, m: Algebra) -> Value:
    """Standard deviations that the amount lies above the user's mean, 0 to 50; -1 before the fifth settled payment."""
    return _above(f, f.user_count, f.user_paise, f.user_squares, m)


def user_zscore_30d(f: WideFacts, m: Algebra) -> Value:
    """The same by the payments of the last 30 days."""
    return _above(f, f.user.month.count, f.user.month.paise, f.user.month.squares, m)


def user_percentile(f: WideFacts, m: Algebra) -> Value:
    """Share of the user's settled payments that were smaller, by bands of amounts, 0 to 1; -1 if there is none.

    Payments of the amount's own band count half.
    """
    count = f.user_count
    return m.where(count > 0, (f.below + f.alike * 0.5) / m.greatest(count, 1), MISSING)


def user_hour_distance(f: WideFacts, m: Algebra) -> Value:
    """Mean hours of the day between this payment and the user's settled ones, 0 to 12; -1 if there is none."""
    return m.where(f.user_count > 0, f.hours_away / m.greatest(f.user_count, 1), MISSING)


def user_mean_ratio_24h(f: WideFacts, m: Algebra) -> Value:
    """Mean of the user's last 24 hours divided by the mean of all time; -1 if there is none."""
    return _mean_ratio(f.user.day, f, m)


def user_mean_ratio_7d(f: WideFacts, m: Algebra) -> Value:
    """Mean of the user's last 7 days divided by the mean of all time; -1 if there is none."""
    return _mean_ratio(f.user.week, f, m)


def user_new_receivers_24h(f: WideFacts, _: Algebra) -> Value:
    """Receivers that the user paid for the first time in the last 24 hours."""
    return f.user.day.fresh * 1.0


def user_new_receivers_7d(f: WideFacts, _: Algebra) -> Value:
    """Receivers that the user paid for the first time in the last 7 days."""
    return f.user.week.fresh * 1.0


def user_unusual_7d(f: WideFacts, _: Algebra) -> Value:
    """Settled payments of the last 7 days above three times the user's mean at that time."""
    return f.user.week.unusual * 1.0


def user_unusual_30d(f: WideFacts, _: Algebra) -> Value:
    """The same in the last 30 days."""
    return f.user.month.unusual * 1.0


def user_reports_30d(f: WideFacts, _: Algebra) -> Value:
    """Payments that the user reported as fraud in the last 30 days."""
    return f.user_reports * 1.0


def pair_count(f: WideFacts, m: Algebra) -> Value:
    """Earlier settled payments of this user to this receiver, counted up to 20."""
    return m.least(f.near.pair_settled, MOST_OF_PAIR) * 1.0


def pair_age(f: WideFacts, m: Algebra) -> Value:
    """Days since the first of them, up to 30; -1 if there is none."""
    age = m.least(f.near.pair_age_us / DAY_US, OLDEST_AGE_DAYS)
    return m.where(f.near.pair_age_us >= 0, age, MISSING)


def receiver_new_payers_24h(f: WideFacts, _: Algebra) -> Value:
    """Payers that paid the receiver for the first time in the last 24 completed hours."""
    return f.receiver.day.fresh * 1.0


def receiver_new_payers_7d(f: WideFacts, _: Algebra) -> Value:
    """The same in the last 7 days."""
    return f.receiver.week.fresh * 1.0


def receiver_new_payers_30d(f: WideFacts, _: Algebra) -> Value:
    """The same in the last 30 days."""
    return f.receiver.month.fresh * 1.0


def receiver_payers(f: WideFacts, m: Algebra) -> Value:
    """Distinct payers that ever paid the receiver, counted up to 500."""
    return m.least(f.receiver_payers, MOST_PAYERS) * 1.0


def receiver_age(f: WideFacts, m: Algebra) -> Value:
    """Days since somebody first paid the receiver, up to 30; -1 if nobody has."""
    return m.where(f.receiver_age >= 0, m.least(f.receiver_age / 24, OLDEST_AGE_DAYS), MISSING)


def receiver_reports_7d(f: WideFacts, _: Algebra) -> Value:
    """Payments to the receiver that were reported as fraud in the last 7 days, by anybody."""
    return f.outcomes[RATE_DAYS.index(7)].reported * 1.0


def receiver_reports_30d(f: WideFacts, _: Algebra) -> Value:
    """The same in the last 30 days."""
    return f.outcomes[RATE_DAYS.index(30)].reported * 1.0


def receiver_reported_mean(f: WideFacts, m: Algebra) -> Value:
    """Mean rupees of the payments to the receiver reported in the last 30 days; -1 if there is none."""
    count = f.outcomes[RATE_DAYS.index(30)].reported
    return m.where(count > 0, f.reported_paise / m.greatest(count, 1) / 100, MISSING)


def receiver_first_report(f: WideFacts, _: Algebra) -> Value:
    """Days since the first report against the receiver in the last 30 days; -1 if there is none."""
    return f.first_report * 1.0


def receiver_last_report(f: WideFacts, _: Algebra) -> Value:
    """Days since the last report against the receiver in the last 30 days; -1 if there is none."""
    return f.last_report * 1.0


def is_round_amount(f: WideFacts, m: Algebra) -> Value:
    """1 if the amount is a whole number of hundreds of rupees, else 0."""
    return m.where(f.near.amount_paise % ROUND_PAISE == 0, 1.0, 0.0)


def is_just_below_limit(f: WideFacts, m: Algebra) -> Value:
    """1 if the amount is up to 3 % below a limit at which somebody looks closer, else 0.

    The limits: 2,000, 5,000, 10,000, 50,000, 1, 2 and 5 lakh rupees.
    """
    found: Value = 0
    for limit in LIMITS_RUPEES:
        paise = limit * 100
        below = (f.near.amount_paise < paise) & (f.near.amount_paise * 100 >= paise * (100 - BELOW_PERCENT))
        found = found + m.where(below, 1, 0)
    return m.where(found > 0, 1.0, 0.0)


def _count(f: WideFacts, _: Algebra, of: Callable[[WideFacts], Flow]) -> Value:
    return of(f).count * 1.0


def _sum(f: WideFacts, _: Algebra, of: Callable[[WideFacts], Flow]) -> Value:
    return of(f).paise / 100


def _mean_of(f: WideFacts, m: Algebra, of: Callable[[WideFacts], Flow]) -> Value:
    return _mean(of(f), m)


def _windows(party: str, what: str, past: str) -> Iterator[Feature]:
    """Count, sum and mean over four windows."""
    for label, field, words in (
        ("1h", "hour", f"{past} hour"),
        ("24h", "day", f"{past} 24 hours"),
        ("7d", "week", "the last 7 days"),
        ("30d", "month", "the last 30 days"),
    ):
        of = attrgetter(f"{party}.{field}")
        yield Feature(f"{party}_count_{label}", f"{what} in {words}.", partial(_count, of=of))
        yield Feature(f"{party}_sum_{label}", f"{what} in {words}: the sum in rupees.", partial(_sum, of=of))
        mean = f"{what} in {words}: the mean in rupees; -1 if there is none."
        yield Feature(f"{party}_mean_{label}", mean, partial(_mean_of, of=of))


def _fraud_rate(f: WideFacts, m: Algebra, window: int) -> Value:
    outcome = f.outcomes[window]
    payments = m.greatest(outcome.matured, outcome.reported) + RATE_PRIOR_PAYMENTS
    return (outcome.reported + RATE_PRIOR * RATE_PRIOR_PAYMENTS) / payments


def _days(number: int) -> str:
    return "day" if number == 1 else f"{number} days"


def _fraud_rates() -> Iterator[Feature]:
    for window, days in enumerate(RATE_DAYS):
        line = f"Smoothed share of the receiver's payments reported as fraud, by the reports of the last {_days(days)}."
        yield Feature(f"receiver_fraud_rate_{days}d", line, partial(_fraud_rate, window=window))


BEYOND: Final = (
    *_windows("user", "Settled payments of the user", "the last"),
    *map(
        feature_of,
        (
            user_mean_ratio_24h, user_mean_ratio_7d,
            user_deviation, user_deviation_30d, user_zscore, user_zscore_30d, user_percentile, user_hour_distance,
            user_new_receivers_24h, user_new_receivers_7d, user_unusual_7d, user_unusual_30d, user_reports_30d,
            pair_count, pair_age,
        ),
    ),
    *_windows("receiver", "Settled payments to the receiver", "the last completed"),
    *map(
        feature_of,
        (
            receiver_new_payers_24h, receiver_new_payers_7d, receiver_new_payers_30d, receiver_payers, receiver_age,
        ),
    ),
    *_fraud_rates(),
    *map(
        feature_of,
        (
            receiver_reports_7d, receiver_reports_30d, receiver_reported_mean,
            receiver_first_report, receiver_last_report,
            is_round_amount, is_just_below_limit,
        ),
    ),
)  # fmt: skip
"""The features that the ``extended`` set has beyond the 14, in its order."""
