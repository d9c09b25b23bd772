"""From a model's contributions to sentences for a payer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from upi_risk.domain.compiled import group_sums
from upi_risk.domain.decision import Factor, Level
from upi_risk.domain.feature_sets import names_of
from upi_risk.domain.features import MISSING, NAMES
from upi_risk.domain.wide_factors import JOINING, OWN, Values

MOST_FACTORS: Final = 3
LEAST_SHARE: Final = 0.05
"""A factor must carry this share of all that moved the score."""

MUCH_ABOVE_USUAL: Final = 1.5
NIGHT_ENDS: Final = 6
POOR_REPUTATION: Final = 0.66
"""Only a receiver that was reported within a week has less than two thirds."""
GOOD_REPUTATION: Final = 0.95
NEW_ACCOUNT_DAYS: Final = 30
FEW_TRANSACTIONS: Final = 10
FAIR_TRUST: Final = 50
QUICK_SECONDS: Final = 3_600
DAY_SECONDS: Final = 86_400


def _amount(v: Values) -> str:
    ratio = v["amount_ratio"]
    if ratio == MISSING:
        return "Large amount" if v["is_large_amount"] else "No earlier payment to compare the amount with"
    if ratio >= MUCH_ABOVE_USUAL:
        size = "Large amount: " if v["is_large_amount"] else ""
        return f"{size}{'A' if not size else 'a'}bout {ratio:.1f} times your usual payment"
    if v["is_large_amount"]:
        return "Large amount"
    if ratio <= 1 / MUCH_ABOVE_USUAL:
        return "Amount below your usual payment"
    return "Amount close to your usual payment"


def _payee(v: Values) -> str:
    if v["is_first_time"]:
        return "First-time receiver"
    if v["is_known_receiver"]:
        return "You have paid this receiver before and all went well"
    return "You have only lately begun to pay this receiver"


def _reputation(v: Values) -> str:
    reputation = v["receiver_reputation"]
    if reputation < POOR_REPUTATION:
        return "Payments to this receiver were reported as fraud"
    if reputation >= GOOD_REPUTATION:
        return "Receiver with a good record"
    return "Receiver with a short or mixed record"


def _account(v: Values) -> str:
    if v["account_age"] < NEW_ACCOUNT_DAYS:
        return "New account"
    if v["transaction_count"] < FEW_TRANSACTIONS:
        return "Few payments made so far"
    return "Account with a history"


def _trust(v: Values) -> str:
    if v["trust_score"] < FAIR_TRUST:
        return "Fraud was lately reported on your account"
    if v["trust_score"] > FAIR_TRUST:
        return "Your recent payments went well"
    return "No record of how your payments turned out yet"


def _time(v: Values) -> str:
    hour = int(v["hour_of_day"])
    if hour < NIGHT_ENDS:
        return "Unusual hour"
    return "Time of the day and week"


def _pace(v: Values) -> str:
    gap = v["time_since_last_txn"]
    if gap == MISSING:
        return "First payment from this account"
    if gap < QUICK_SECONDS:
        return "Soon after your last payment"
    if gap > 7 * DAY_SECONDS:
        return "A long time since your last payment"
    return "Usual time since your last payment"


Group = tuple[tuple[str, ...], Callable[[Values], str]]
"""Features that say one thing to a payer, with the sentence that is true for their values."""

_GROUPS: Final[Mapping[str, Group]] = {
    "amount": (("amount", "avg_amount", "amount_ratio", "is_large_amount"), _amount),
    "payee": (("is_known_receiver", "is_first_time"), _payee),
    "reputation": (("receiver_reputation",), _reputation),
    "account": (("login_count", "transaction_count", "account_age"), _account),
    "trust": (("trust_score",), _trust),
    "time": (("hour_of_day", "day_of_week"), _time),
    "pace": (("time_since_last_txn",), _pace),
}


@dataclass(frozen=True, slots=True)
class _Groups:
    """The groups of a set of features, side by side.

    Attributes:
        places: of the features in a vector, by name.
        codes: of the groups.
        sums: adds up the values of each group's features in a vector.
        sentences: of the groups.
    """

    places: Mapping[str, int]
    codes: tuple[str, ...]
    sums: Callable[[Sequence[float]], list[float]]
    sentences: tuple[Callable[[Values], str], ...]


class _Named:
    """The values of a vector by name, of which a sentence or two are made: no dictionary pays for itself."""

    __slots__ = ("_places", "_values")

    def __init__(self, places: Mapping[str, int], values: Sequence[float]) -> None:
        self._places = places
        self._values = values

    def __getitem__(self, name: str) -> float:
        return self._values[self._places[name]]


def groups_of(names: tuple[str, ...]) -> Mapping[str, Group]:
    """The groups of a set of features: the wider one has more in some, and some of its own."""
    if names == NAMES:
        return _GROUPS
    wider = {code: ((*_GROUPS[code][0], *more), _GROUPS[code][1]) for code, more in JOINING.items()}
    return {**_GROUPS, **wider, **OWN}


@cache
def _groups(names: tuple[str, ...]) -> _Groups:
    groups = groups_of(names)
    places = {name: place for place, name in enumerate(names)}
    sums = group_sums([[places[name] for name in of_group] for of_group, _ in groups.values()], len(names))
    return _Groups(places, tuple(groups), sums, tuple(sentence for _, sentence in groups.values()))


def explain(values: Sequence[float], contributions: Sequence[float], level: Level) -> tuple[Factor, ...]:
    """The reasons for a score, ordered by what moved it most.

    A payment that is not simply allowed gets the reasons against it; an allowed one gets those on either side.

    Args:
        values: the feature vector.
        contributions: what each feature added to the log-odds of fraud, in the same order.
        level: the level that the score is in.

    Returns:
        One to :data:`MOST_FACTORS` factors.
    """
    groups = _groups(names_of(values))
    parts = groups.sums(contributions)
    sizes = [*map(abs, parts)]
    least = LEAST_SHARE * sum(sizes)
    chosen: Iterable[int] = range(len(parts))
    if level is not Level.LOW:
        chosen = [group for group in chosen if parts[group] > 0] or chosen
    order = sorted(chosen, key=sizes.__getitem__, reverse=True)  # which leaves equals in their order
    telling = [group for group in order[:MOST_FACTORS] if sizes[group] >= least] or order[:1]
    named = _Named(groups.places, values)
    return tuple([Factor(groups.codes[group], groups.sentences[group](named), parts[group]) for group in telling])
