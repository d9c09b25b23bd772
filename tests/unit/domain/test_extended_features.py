"""What extended features come to, on facts told by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from tests.builders import NOON, SHOP, a_receiver, a_user, later
from upi_risk.domain.feature_sets import BASELINE_SET, EXTENDED_SET, FEATURE_SETS, names_of
from upi_risk.domain.features import MISSING, NAMES
from upi_risk.domain.receiver import Receiver, ReceiverDelta
from upi_risk.domain.user import Payee, User


def named(
    user: User, receiver: Receiver | None = None, paise: int = 100_00, payee: Payee | None = None
) -> Mapping[str, float]:
    pair = payee or Payee(user.user_id, SHOP)
    vector = EXTENDED_SET.vector(user, pair, receiver or a_receiver(), paise, later(days=1))
    return dict(zip(EXTENDED_SET.names, vector, strict=True))


def regular(*rupees: int) -> User:
    """A user who paid these amounts, a minute apart, from noon on."""
    user = a_user(created_at=NOON - timedelta(days=40))
    for number, amount in enumerate(rupees):
        user = user.settled(amount * 100, later(minutes=number), fresh=number == 0)
    return user


def test_the_wider_set_begins_with_the_fourteen_and_sets_differ_in_length() -> None:
    assert EXTENDED_SET.names[:14] == NAMES == BASELINE_SET.names
    assert len({len(each.names) for each in FEATURE_SETS.values()}) == len(FEATURE_SETS)
    assert EXTENDED_SET.begins_with(BASELINE_SET)
    assert not BASELINE_SET.begins_with(EXTENDED_SET)
    assert names_of((0.0,) * 14) == NAMES
    with pytest.raises(ValueError, match="No set of features has 3 of them"):
        names_of((0.0,) * 3)


def test_fingerprints_are_stable_and_differ() -> None:
    assert BASELINE_SET.fingerprint == "ebce902c4f47b1f7"  # the shipped v1.0 relies on it
    assert EXTENDED_SET.fingerprint != BASELINE_SET.fingerprint


def test_every_feature_has_a_line_and_a_name_of_its_own() -> None:
    assert len(set(EXTENDED_SET.names)) == len(EXTENDED_SET.names)
    assert all(feature.line.endswith(".") and feature.name.islower() for feature in EXTENDED_SET.features)


def test_a_new_user_and_an_unknown_receiver_have_no_history() -> None:
    values = named(a_user())
    for name in ("user_mean_1h", "user_mean_ratio_7d", "user_deviation", "user_zscore", "user_percentile",
                 "user_hour_distance", "pair_age", "receiver_mean_30d", "receiver_age", "receiver_reported_mean",
                 "receiver_first_report", "receiver_last_report"):  # fmt: skip
        assert values[name] == MISSING, name
    assert values["receiver_fraud_rate_7d"] == 0.01
    assert values["user_count_30d"] == values["receiver_payers"] == 0


def test_windows_count_sum_and_average() -> None:
    values = named(regular(100, 200, 300))
    assert [values[f"user_count_{window}"] for window in ("1h", "24h", "7d", "30d")] == [0, 3, 3, 3]
    assert (values["user_sum_24h"], values["user_mean_24h"]) == (600.0, 200.0)
    assert (values["user_new_receivers_24h"], values["user_mean_ratio_24h"]) == (1, 1.0)


def test_an_amount_is_compared_with_the_users_own_spread() -> None:
    user = regular(100, 110, 90, 100, 100)
    assert named(user, paise=100_00)["user_zscore"] == 0.0
    assert named(user, paise=50_00)["user_zscore"] == 0.0
    assert named(user, paise=200_00)["user_zscore"] == 10.0  # the spread counts as a tenth of the mean at least
    assert named(user, paise=99_999_00)["user_zscore_30d"] == 50.0
    assert named(user, paise=500_00)["user_percentile"] == 1.0
    assert named(user, paise=1_00)["user_percentile"] == 0.0


def test_an_amount_far_above_the_usual_is_counted_as_such() -> None:
    assert named(regular(100, 100, 100, 100, 100, 301))["user_unusual_7d"] == 1
    assert named(regular(100, 100, 100, 100, 100, 300))["user_unusual_7d"] == 0
    assert named(regular(100, 100, 100, 100, 301))["user_unusual_30d"] == 0


def test_hours_are_measured_the_shorter_way_round() -> None:
    assert named(regular(100))["user_hour_distance"] == 0
    evening = a_user().settled(100, NOON + timedelta(hours=11), fresh=True)
    assert named(evening)["user_hour_distance"] == 11
    night = a_user().settled(100, NOON - timedelta(hours=10), fresh=True)
    assert named(night)["user_hour_distance"] == 10


def test_a_receivers_payments_count_from_the_end_of_their_hour_on() -> None:
    paid = [
        ReceiverDelta.settled(SHOP, 100_00, later(days=1, minutes=-minutes), fresh=minutes > 50) for minutes in (1, 59)
    ]
    receiver = a_receiver()
    for delta in reversed(paid):
        receiver = receiver.plus(delta)
    values = named(a_user(), receiver)
    assert (values["receiver_count_1h"], values["receiver_count_24h"], values["receiver_payers"]) == (0, 0, 0)
    values = dict(zip(EXTENDED_SET.names, EXTENDED_SET.vector(
        a_user(), Payee("UID", SHOP), receiver, 100, later(days=1, minutes=5)), strict=True))  # fmt: skip
    assert (values["receiver_count_1h"], values["receiver_sum_1h"], values["receiver_payers"]) == (2, 200.0, 1)
    assert values["receiver_new_payers_24h"] == 1
    assert values["receiver_age"] == 1 / 24


def test_reports_raise_the_receivers_fraud_rate_at_once_and_are_dated() -> None:
    receiver = a_receiver().plus(ReceiverDelta.reported(SHOP, 300_00, NOON, first=True))
    receiver = receiver.plus(ReceiverDelta.reported(SHOP, 100_00, later(hours=20), first=False))
    values = named(a_user(), receiver)
    assert (values["receiver_reports_7d"], values["receiver_reported_mean"]) == (2, 200.0)
    assert (values["receiver_first_report"], values["receiver_last_report"]) == (1, 0)
    assert values["receiver_fraud_rate_1d"] == pytest.approx(2.02 / 4)


@pytest.mark.parametrize(
    ("rupees", "is_round", "below"),
    [(100, 1, 0), (150, 0, 0), (1_999, 0, 1), (1_940, 0, 1), (1_939, 0, 0), (2_000, 1, 0), (99_000, 1, 1)],
)
def test_the_form_of_an_amount_is_seen(rupees: int, is_round: int, below: int) -> None:
    values = named(a_user(), paise=rupees * 100)
    assert (values["is_round_amount"], values["is_just_below_limit"]) == (is_round, below)


def test_a_copy_to_the_hour_serves_until_the_next_hour_is_complete() -> None:
    copy = a_receiver().copied(NOON)
    assert copy.serves(later(minutes=4, seconds=59), to_the_hour=True)  # an hour settles for five minutes
    assert not copy.serves(later(minutes=5), to_the_hour=True)
    assert a_receiver().copied(later(minutes=5)).serves(later(minutes=64), to_the_hour=True)
    assert a_receiver().serves(later(days=9), to_the_hour=True)
