"""The 14 baseline features, each defined once.

A definition is arithmetic over :class:`Facts` and runs on anything that has Python's operators: plain numbers for one
payment, columns for millions. What a branch is, the executor says (:class:`Algebra`). The facts themselves are gathered
by the fold of events for one payment (``facts_of``) and by windows over a table for many; a property test
holds the two equal. Missing is always :data:`MISSING`. The contract in words is ``docs/feature-contract.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final, NamedTuple, Protocol

from upi_risk.domain.indian_time import DAY_US, HOUR_US, IST_OFFSET_US, SECOND_US
from upi_risk.domain.scores import Value
from upi_risk.domain.scores import receiver_reputation as _reputation
from upi_risk.domain.scores import trust_score as _trust

MISSING: Final = -1.0
"""The one spelling of "there is none": no payment before, no average yet."""

LARGE_PAISE: Final = 10_000_00
"""Ten thousand rupees: payments above it are 98.5 % of the value lost (domain facts, section 2.3)."""

HABIT_PAYMENTS: Final = 5
"""Settled payments from which on "the largest so far" says something."""

ESTABLISHED_PAYMENTS: Final = 2
ESTABLISHED_US: Final = 7 * DAY_US
LONGEST_GAP_SECONDS: Final = 30 * 86_400.0
OLDEST_AGE_DAYS: Final = 30.0
MOST_TRANSACTIONS: Final = 100
LARGEST_RATIO: Final = 1_000.0


class Facts(NamedTuple):
    """What was known just before a payment; whole numbers, or columns of them.

    Attributes:
        at_us: the payment's instant, microseconds since 1970 UTC.
        amount_paise: the payment.
        login_count: the user's sign-ins.
        transaction_count: the user's earlier checks, whatever their answer.
        settled_count: the user's earlier settled payments.
        settled_paise: their sum.
        largest_paise: the largest of them, 0 if none.
        age_us: microseconds since sign-up.
        gap_us: microseconds since the last settled payment, -1 if none.
        user_good: the user's matured payments less reported ones, as TrackRecord.good counts them.
        user_reports: the user's own reports of the last week.
        pair_settled: earlier settled payments of this user to this receiver.
        pair_age_us: microseconds since the first of them, -1 if none.
        pair_disputed: 1 if the user reported one of them before, else 0.
        receiver_good: the receiver's matured payments less reported ones.
        receiver_reports: reports against the receiver in the last week.
    """

    at_us: Value
    amount_paise: Value
    login_count: Value
    transaction_count: Value
    settled_count: Value
    settled_paise: Value
    largest_paise: Value
    age_us: Value
    gap_us: Value
    user_good: Value
    user_reports: Value
    pair_settled: Value
    pair_age_us: Value
    pair_disputed: Value
    receiver_good: Value
    receiver_reports: Value


class Algebra(Protocol):
    """The few operations that Python's operators cannot spell for numbers and columns alike."""

    def where(self, condition: Value, then: Value, otherwise: Value) -> Value:
        """``then`` where the condition holds, else ``otherwise``; both are computed."""

    def least(self, left: Value, right: Value) -> Value:
        """The smaller of two."""

    def greatest(self, left: Value, right: Value) -> Value:
        """The larger of two."""

    def root(self, value: Value) -> Value:
        """The square root, rounded as IEEE 754 says; the value is not below 0."""


class Numbers:
    """The algebra of plain numbers."""

    @staticmethod
    def where(condition: Value, then: Value, otherwise: Value) -> Value:
        """See :class:`Algebra`."""
        return then if condition else otherwise

    least = staticmethod(min)
    greatest = staticmethod(max)
    root = staticmethod(sqrt)


Definition = Callable[[Any, Algebra], Value]
"""Takes :class:`Facts`, or for the extended features :class:`~upi_risk.domain.wide_facts.WideFacts`."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of the model.

    Attributes:
        name: the column's name, which is its function's name.
        line: what it means, in words an analyst accepts.
        compute: its definition.
        monotone: 1 where sense demands that a larger value never lowers the risk, all else equal, -1 that it never
            raises it, 0 where it may do either.
    """

    name: str
    line: str
    compute: Definition
    monotone: int = 0


def login_count(f: Facts, _: Algebra) -> Value:
    """Sign-ins of the user before the payment, the sign-up included."""
    return f.login_count * 1.0


def transaction_count(f: Facts, m: Algebra) -> Value:
    """Payments the user asked about before, whatever the answer; counted up to 100."""
    return m.least(f.transaction_count, MOST_TRANSACTIONS) * 1.0


def trust_score(f: Facts, _: Algebra) -> Value:
    """How far the user's account can be relied on, 0 to 100.

    Payments of a month that stayed unreported, against the user's own fraud reports of a week; 50 for a new user.
    """
    return _trust(f.user_good, f.user_reports)


def account_age(f: Facts, m: Algebra) -> Value:
    """Days since sign-up, counted up to 30."""
    return m.least(f.age_us / DAY_US, OLDEST_AGE_DAYS)


def amount(f: Facts, _: Algebra) -> Value:
    """Rupees to be paid."""
    return f.amount_paise / 100


def avg_amount(f: Facts, m: Algebra) -> Value:
    """Mean rupees of the user's settled payments before; -1 if there is none."""
    mean = f.settled_paise / m.greatest(f.settled_count, 1) / 100
    return m.where(f.settled_count > 0, mean, MISSING)


def amount_ratio(f: Facts, m: Algebra) -> Value:
    """The amount divided by the user's mean settled payment, up to 1000; -1 if there is none."""
    mean = m.greatest(f.settled_paise, 1) / m.greatest(f.settled_count, 1)
    ratio = m.least(f.amount_paise / mean, LARGEST_RATIO)
    return m.where(f.settled_count > 0, ratio, MISSING)


def is_large_amount(f: Facts, m: Algebra) -> Value:
    """1 if the amount is out of the ordinary, else 0.

    That is: 10,000 rupees or more, or above all that a user with five or more settled payments has settled before.
    """
    unusual = (f.settled_count >= HABIT_PAYMENTS) & (f.amount_paise > f.largest_paise)
    return m.where((f.amount_paise >= LARGE_PAISE) | unusual, 1.0, 0.0)


def is_known_receiver(f: Facts, m: Algebra) -> Value:
    """1 if the receiver is an established payee of this user, else 0.

    That is: two or more settled payments before, the first at least 7 days ago, none ever reported by this user.
    """
    established = (f.pair_settled >= ESTABLISHED_PAYMENTS) & (f.pair_age_us >= ESTABLISHED_US)
    return m.where(established & (f.pair_disputed == 0), 1.0, 0.0)


def receiver_reputation(f: Facts, _: Algebra) -> Value:
    """How well payments to the receiver turned out, 0 to 1.

    Anybody's payments of a month that stayed unreported, against fraud reports of a week; 0.67 for an unknown one.
    """
    return _reputation(f.receiver_good, f.receiver_reports)


def is_first_time(f: Facts, m: Algebra) -> Value:
    """1 if this user has never had a settled payment to this receiver; else 0."""
    return m.where(f.pair_settled == 0, 1.0, 0.0)


def hour_of_day(f: Facts, _: Algebra) -> Value:
    """Hour of the payment in India, 0 to 23."""
    return (f.at_us + IST_OFFSET_US) // HOUR_US % 24 * 1.0


def day_of_week(f: Facts, _: Algebra) -> Value:
    """Day of the payment in India, Monday 0 to Sunday 6."""
    return ((f.at_us + IST_OFFSET_US) // DAY_US + 3) % 7 * 1.0


def time_since_last_txn(f: Facts, m: Algebra) -> Value:
    """Seconds since the user's last settled payment, up to 30 days; -1 if there is none."""
    gap = m.least(f.gap_us / SECOND_US, LONGEST_GAP_SECONDS)
    return m.where(f.gap_us >= 0, gap, MISSING)


RISES: Final = frozenset(
    {"amount", "amount_ratio", "is_large_amount", "user_zscore", "user_zscore_30d", "user_percentile"}
)
"""Nobody could explain why a larger payment, all else equal, is safer. Records are left free: docs/adr/0010."""


def feature_of(definition: Definition) -> Feature:
    """A definition under its function's name, with its function's words."""
    name, line = definition.__name__, " ".join((definition.__doc__ or "").split())
    return Feature(name, line, definition, int(name in RISES))


BASELINE: Final = tuple(
    feature_of(definition)
    for definition in (
        login_count, transaction_count, trust_score, account_age,
        amount, avg_amount, amount_ratio, is_large_amount,
        is_known_receiver, receiver_reputation, is_first_time,
        hour_of_day, day_of_week, time_since_last_txn,
    )
)  # fmt: skip
"""The features in the order of every vector, table and model."""

NAMES: Final = tuple(feature.name for feature in BASELINE)

Vector = tuple[float, ...]
"""Feature values of one payment, in the order of the set."""

_NUMBERS: Final = Numbers()


def vector(facts: Facts) -> Vector:
    """The features of one payment."""
    return tuple([feature.compute(facts, _NUMBERS) for feature in BASELINE])


def fingerprint(
    features: tuple[Feature, ...] = BASELINE, probes: Sequence[Any] | None = None, fixed: tuple[object, ...] = ()
) -> str:
    """A short name for what the features compute: their names in order and their values on fixed facts.

    A model remembers it; a definition that computes otherwise, or a changed order, no longer fits the model. ``fixed``
    are the figures that facts are gathered by, as the lengths of windows.
    """
    digest = hashlib.sha256()
    facts = baseline_probes() if probes is None else probes
    for feature in features:
        digest.update(feature.name.encode())
        for each in facts:
            digest.update(repr(feature.compute(each, _NUMBERS)).encode())
    if fixed:
        digest.update(repr(fixed).encode())
    return digest.hexdigest()[:16]


def probe_values(limits: Sequence[int], seed: int = 1) -> Iterator[list[int]]:
    """64 rows of whole numbers below each limit, from a small multiplicative generator."""
    state = seed
    for _ in range(64):
        values = []
        for limit in limits:
            state = state * 48_271 % 0x7FFFFFFF
            values.append(state * 1_000_003 % limit)
        yield values


def baseline_probes() -> list[Facts]:
    """Facts across the range of each field; every eighth has no history."""
    probes = []
    for number, values in enumerate(probe_values(_PROBE_LIMITS)):
        facts = Facts(*values)
        if number % 8 == 0:
            facts = facts._replace(settled_count=0, settled_paise=0, largest_paise=0, gap_us=-1, pair_settled=0)
        probes.append(facts)
    return probes


_PROBE_LIMITS: Final = (
    2**51, 10**8, 50, 400, 30, 10**9, 10**8, 200 * DAY_US, 60 * DAY_US, 90, 4, 5, 20 * DAY_US, 2, 900, 9,
)  # fmt: skip
