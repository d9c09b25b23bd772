"""Reasons from the extended features are complete and true."""

from __future__ import annotations

import pytest

from upi_risk.domain.decision import Level
from upi_risk.domain.factors import explain, groups_of
from upi_risk.domain.feature_sets import BASELINE_SET, EXTENDED_SET, FeatureSet

NAMES = EXTENDED_SET.names
UNKNOWN = {"user_zscore": -1.0, "user_zscore_30d": -1.0}
REPORTED = {"receiver_reports_30d": 2.0}
QUIET = dict.fromkeys(NAMES, 0.0) | {"receiver_age": 20.0}


@pytest.mark.parametrize("features", [BASELINE_SET, EXTENDED_SET], ids=lambda features: features.name)
def test_every_feature_is_in_exactly_one_group(features: FeatureSet) -> None:
    grouped = [name for names, _ in groups_of(features.names).values() for name in names]
    assert sorted(grouped) == sorted(features.names)


@pytest.mark.parametrize(
    ("moved", "values", "text"),
    [
        ("user_zscore", {"user_zscore": 4.0}, "Amount far above what you usually pay"),
        ("user_zscore", UNKNOWN, "Too few payments so far to know your usual amounts"),
        ("user_zscore", {}, "Amount within what you usually pay"),
        ("user_sum_24h", {"user_mean_ratio_7d": 2.0}, "You lately paid larger amounts than usual"),
        ("user_count_1h", {"user_unusual_7d": 1.0}, "You lately paid larger amounts than usual"),
        ("user_new_receivers_24h", {"user_new_receivers_24h": 4.0}, "You paid several new receivers in the last day"),
        ("user_reports_30d", {"user_reports_30d": 1.0}, "You reported a fraud in the last 30 days"),
        ("user_mean_7d", {}, "Your payments of the last weeks"),
        ("receiver_age", {"receiver_age": -1.0}, "Receiver new to us"),
        ("receiver_age", {"receiver_age": 2.0}, "Receiver known to us for less than a week"),
        ("receiver_payers", {"receiver_payers": 50.0}, "Receiver that many people have paid"),
        ("receiver_sum_1h", {}, "What this receiver has taken in lately"),
        ("receiver_fraud_rate_7d", REPORTED, "Payments to this receiver were lately reported as fraud"),
        ("receiver_fraud_rate_7d", {}, "No payment to this receiver was reported lately"),
        ("is_just_below_limit", {"is_just_below_limit": 1.0}, "Amount just below a limit"),
        ("is_round_amount", {"is_round_amount": 1.0}, "Round amount"),
        ("is_round_amount", {}, "Amount that is not round"),
        ("user_hour_distance", {"user_hour_distance": 9.0}, "Unusual hour for you"),
        ("user_hour_distance", {"user_hour_distance": -1.0}, "No earlier payment to compare the time with"),
        ("user_hour_distance", {"user_hour_distance": 1.0}, "Usual hour for you"),
        ("pair_age", {"is_first_time": 1.0}, "First-time receiver"),
    ],
)  # fmt: skip
def test_a_sentence_is_true_for_the_values(moved: str, values: dict[str, float], text: str) -> None:
    vector = tuple((QUIET | values)[name] for name in NAMES)
    parts = tuple(1.0 if name == moved else 0.0 for name in NAMES)
    assert explain(vector, parts, Level.MEDIUM)[0].text == text
