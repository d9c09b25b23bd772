"""The 14 features, one by one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, SHOP, a_payee, a_receiver, a_user, later
from upi_risk.domain.facts import facts_of
from upi_risk.domain.features import BASELINE, MISSING, NAMES, Facts, Feature, fingerprint, vector
from upi_risk.domain.indian_time import DAY_US, SECOND_US, epoch_us
from upi_risk.domain.user import Payee, User


def features(
    user: User | None = None, payee: Payee | None = None, amount_paise: int = 500_00, **gap: float
) -> dict[str, float]:
    user = user or a_user()
    payee = payee or Payee(user.user_id, SHOP)
    at = later(**gap) if gap else later(seconds=1)
    return dict(zip(NAMES, vector(facts_of(user, payee, a_receiver(), amount_paise, at)), strict=True))


def test_there_are_the_fourteen_of_the_guide_in_its_order() -> None:
    assert NAMES == (
        "login_count",
        "transaction_count",
        "trust_score",
        "account_age",
        "amount",
        "avg_amount",
        "amount_ratio",
        "is_large_amount",
        "is_known_receiver",
        "receiver_reputation",
        "is_first_time",
        "hour_of_day",
        "day_of_week",
        "time_since_last_txn",
    )


def test_a_first_payment_has_no_average_no_ratio_and_no_gap() -> None:
    values = features()
    assert values["avg_amount"] == values["amount_ratio"] == values["time_since_last_txn"] == MISSING
    assert (values["transaction_count"], values["login_count"], values["trust_score"]) == (0.0, 1.0, 50.0)
    assert (values["is_first_time"], values["is_known_receiver"], values["receiver_reputation"]) == (1.0, 0.0, 2 / 3)


def test_amounts_are_rupees_and_the_ratio_is_to_the_mean_settled_payment() -> None:
    user = a_user().settled(100_00, NOON, fresh=True).settled(300_00, later(seconds=1), fresh=False)
    values = features(user, amount_paise=500_50, minutes=1)
    assert (values["amount"], values["avg_amount"], values["amount_ratio"]) == (500.5, 200.0, 2.5025)
    assert values["time_since_last_txn"] == 59.0


def test_ratio_count_age_and_gap_are_counted_up_to_a_limit() -> None:
    user = a_user(transaction_count=5_000).settled(1, NOON, fresh=True)
    values = features(user, amount_paise=1_000_000_00, days=400)
    assert values["amount_ratio"] == 1_000.0
    assert values["transaction_count"] == 100.0
    assert values["account_age"] == 30.0
    assert values["time_since_last_txn"] == 30 * 86_400.0


@pytest.mark.parametrize(
    ("settled", "amount_paise", "large"),
    [
        (0, 9_999_99, 0.0),
        (0, 10_000_00, 1.0),
        (4, 101_00, 0.0),
        (5, 100_00, 0.0),
        (5, 100_01, 1.0),
        (5, 10_000_00, 1.0),
    ],
)
def test_an_amount_is_large_from_ten_thousand_or_above_everything_before(
    settled: int, amount_paise: int, large: float
) -> None:
    user = a_user()
    for number in range(settled):
        user = user.settled(100_00, later(seconds=number), fresh=False)
    assert features(user, amount_paise=amount_paise, minutes=1)["is_large_amount"] == large


@pytest.mark.parametrize(
    ("count", "age_us", "dispute", "known", "first"),
    [
        (0, None, "none", 0.0, 1.0),
        (1, 30 * DAY_US, "none", 0.0, 0.0),
        (2, 7 * DAY_US, "none", 1.0, 0.0),
        (2, 7 * DAY_US - 1, "none", 0.0, 0.0),
        (9, 30 * DAY_US, "reported", 0.0, 0.0),
        (0, None, "reported", 0.0, 1.0),
    ],
)
def test_known_and_first_time_are_two_facts(
    count: int, age_us: int | None, dispute: str, known: float, first: float
) -> None:
    at = later(days=40)
    first_at = None if age_us is None else later(days=40, microseconds=-age_us)
    user = a_user()
    payee = a_payee(user.user_id, settled_count=count, first_settled_at=first_at, disputed=dispute == "reported")
    values = dict(zip(NAMES, vector(facts_of(user, payee, a_receiver(), 1, at)), strict=True))
    assert (values["is_known_receiver"], values["is_first_time"]) == (known, first)


def test_hour_and_day_are_indian() -> None:
    assert (features(seconds=0)["hour_of_day"], features(seconds=0)["day_of_week"]) == (12.0, 0.0)
    assert (features(hours=11, minutes=59)["hour_of_day"], features(hours=11)["day_of_week"]) == (23.0, 0.0)
    assert (features(hours=12)["hour_of_day"], features(hours=12)["day_of_week"]) == (0.0, 1.0)
    assert features(days=6)["day_of_week"] == 6.0


counts = st.integers(0, 10**6)
facts = st.builds(
    Facts,
    st.integers(0, 2**51),
    st.integers(1, 10**8),
    counts,
    counts,
    counts,
    st.integers(0, 10**14),
    st.integers(0, 10**8),
    st.integers(0, 2**50),
    st.integers(-1, 2**50),
    counts,
    counts,
    counts,
    st.integers(-1, 2**50),
    st.integers(0, 1),
    counts,
    counts,
)


@given(facts)
def test_whatever_is_known_every_feature_is_a_finite_number(known: Facts) -> None:
    values = vector(known)
    assert all(type(value) is float and math.isfinite(value) for value in values)
    named = dict(zip(NAMES, values, strict=True))
    assert 0 <= named["trust_score"] <= 100
    assert 0 <= named["receiver_reputation"] <= 1


def test_every_feature_says_what_it_means() -> None:
    assert all(feature.line.endswith(".") and feature.name.islower() for feature in BASELINE)


def test_the_fingerprint_notices_order_name_and_meaning() -> None:
    swapped = (BASELINE[1], BASELINE[0], *BASELINE[2:])
    renamed = (Feature("logins", "x", BASELINE[0].compute), *BASELINE[1:])
    changed = (Feature("login_count", "x", lambda f, _: f.login_count * 1.0 + 1), *BASELINE[1:])
    assert len({fingerprint(), fingerprint(swapped), fingerprint(renamed), fingerprint(changed)}) == 4
    assert fingerprint() == fingerprint(BASELINE)


def test_the_facts_of_a_payment_are_gaps_to_its_instant() -> None:
    user = a_user().settled(100, later(seconds=5), fresh=True)
    payee = a_payee(user.user_id, first_settled_at=later(seconds=5))
    found = facts_of(user, payee, a_receiver(), 700, later(seconds=15))
    assert (found.gap_us, found.pair_age_us, found.age_us) == (10 * SECOND_US, 10 * SECOND_US, 15 * SECOND_US)
    assert (found.at_us, found.amount_paise) == (epoch_us(later(seconds=15)), 700)
