"""Sentences for a payer that the extended features are reason for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from upi_risk.domain.features import MISSING


class Values(Protocol):
    """The values of features, by name."""

    def __getitem__(self, name: str, /) -> float:
        """The value of a feature."""


WINDOWS: Final = ("1h", "24h", "7d", "30d")
FAR_ABOVE: Final = 3
"""Standard deviations above the mean."""
MUCH_MORE: Final = 1.5
SEVERAL: Final = 3
HOURS_APART: Final = 6
YOUNG_DAYS: Final = 7
MANY_PAYERS: Final = 20


def _spread(v: Values) -> str:
    z = max(v["user_zscore"], v["user_zscore_30d"])
    if z >= FAR_ABOVE:
        return "Amount far above what you usually pay"
    if z == MISSING:
        return "Too few payments so far to know your usual amounts"
    return "Amount within what you usually pay"


def _activity(v: Values) -> str:
    if max(v["user_mean_ratio_24h"], v["user_mean_ratio_7d"]) >= MUCH_MORE or v["user_unusual_7d"]:
        return "You lately paid larger amounts than usual"
    if v["user_new_receivers_24h"] >= SEVERAL:
        return "You paid several new receivers in the last day"
    if v["user_reports_30d"]:
        return "You reported a fraud in the last 30 days"
    return "Your payments of the last weeks"


def _flow(v: Values) -> str:
    if v["receiver_age"] == MISSING:
        return "Receiver new to us"
    if v["receiver_age"] < YOUNG_DAYS:
        return "Receiver known to us for less than a week"
    if v["receiver_payers"] >= MANY_PAYERS:
        return "Receiver that many people have paid"
    return "What this receiver has taken in lately"


def _outcomes(v: Values) -> str:
    if v["receiver_reports_30d"]:
        return "Payments to this receiver were lately reported as fraud"
    return "No payment to this receiver was reported lately"


def _form(v: Values) -> str:
    if v["is_just_below_limit"]:
        return "Amount just below a limit"
    return "Round amount" if v["is_round_amount"] else "Amount that is not round"


def _hours(v: Values) -> str:
    away = v["user_hour_distance"]
    if away == MISSING:
        return "No earlier payment to compare the time with"
    return "Unusual hour for you" if away >= HOURS_APART else "Usual hour for you"


JOINING: Final[Mapping[str, tuple[str, ...]]] = {
    "payee": ("pair_count", "pair_age"),
}
"""Extended features that say what a group of baseline features says."""

OWN: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Values], str]]]] = {
    "spread": (
        ("user_deviation", "user_deviation_30d", "user_zscore", "user_zscore_30d", "user_percentile"),
        _spread,
    ),
    "activity": (
        (
            *(f"user_{what}_{window}" for what in ("count", "sum", "mean") for window in WINDOWS),
            "user_mean_ratio_24h",
            "user_mean_ratio_7d",
            "user_new_receivers_24h",
            "user_new_receivers_7d",
            "user_unusual_7d",
            "user_unusual_30d",
            "user_reports_30d",
        ),
        _activity,
    ),
    "own_hours": (("user_hour_distance",), _hours),
    "receiver_flow": (
        (
            *(f"receiver_{what}_{window}" for what in ("count", "sum", "mean") for window in WINDOWS),
            *(f"receiver_new_payers_{window}" for window in WINDOWS[1:]),
            "receiver_payers",
            "receiver_age",
        ),
        _flow,
    ),
    "receiver_outcomes": (
        (
            *(f"receiver_fraud_rate_{days}d" for days in (1, 3, 7, 14, 30)),
            "receiver_reports_7d",
            "receiver_reports_30d",
            "receiver_reported_mean",
            "receiver_first_report",
            "receiver_last_report",
        ),
        _outcomes,
    ),
    "form": (("is_round_amount", "is_just_below_limit"), _form),
}
"""Groups of extended features alone, with the sentence that is true for their values."""
