"""No feature knows the future: whatever is changed at or after an instant, what was seen before it stays."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.parity.histories import MIDNIGHT, THOROUGH, History, Told, histories, table
from upi_risk.adapters.polars.features import feature_table
from upi_risk.domain.feature_sets import EXTENDED_SET
from upi_risk.domain.indian_time import DAY_US

Features = Callable[[pl.DataFrame], pl.DataFrame]

REPORTED_LATE = History(
    sign_ups=(MIDNIGHT - DAY_US,),
    logins=(),
    payments=(
        Told(0, "mule@okbank", 500, MIDNIGHT, MIDNIGHT, MIDNIGHT + 7 * DAY_US),
        Told(0, "mule@okbank", 500, MIDNIGHT + DAY_US, MIDNIGHT + DAY_US, None),
    ),
)


def another_future(frame: pl.DataFrame, now: int) -> pl.DataFrame:
    """The same past at an instant, and another future: payments of later rows shuffled and altered, outcomes gone."""
    future = pl.col("at_us") > now
    altered = frame.filter(future).with_columns(
        pl.col("receiver_id", "login_count").reverse(),
        amount_paise=pl.col("amount_paise").reverse() * 7 + 1,
        is_fraud=~pl.col("is_fraud"),
        settled_us=pl.lit(None, dtype=pl.Int64),
        reported_us="at_us",
    )
    reported = (pl.col("reported_us") < now).fill_null(value=False)
    known = frame.filter(~future).with_columns(
        is_fraud=pl.when(reported).then("is_fraud").otherwise(~pl.col("is_fraud")),
        settled_us=pl.when(pl.col("settled_us") < now).then("settled_us"),
        reported_us=pl.when(reported).then("reported_us"),
    )
    return pl.concat([known, altered])


def knows_the_future(features: Features, frame: pl.DataFrame, now: int) -> bool:
    """Whether a feature of a payment up to an instant changes when only the future does."""
    rows = frame.filter(pl.col("at_us") <= now).height
    before, after = (features(told).head(rows) for told in (frame, another_future(frame, now)))
    return not before.equals(after)


def extended(frame: pl.DataFrame) -> pl.DataFrame:
    """The wider set; it begins with the fourteen."""
    return feature_table(frame, EXTENDED_SET)


@THOROUGH
@given(histories().filter(lambda history: bool(history.payments)), st.data())
@example(REPORTED_LATE, None)
def test_changing_everything_that_comes_later_changes_no_earlier_feature(
    history: History, data: st.DataObject | None
) -> None:
    frame = table(history)
    instants = frame.get_column("at_us").unique().sort().to_list()
    now = instants[-1] if data is None else data.draw(st.sampled_from(instants))
    assert not knows_the_future(extended, frame, now)


def label_known_at_once(frame: pl.DataFrame) -> pl.DataFrame:
    return feature_table(frame.with_columns(pl.when("is_fraud").then("at_us").alias("reported_us")))


def own_outcome(frame: pl.DataFrame) -> pl.DataFrame:
    return feature_table(frame).with_columns(pl.col("trust_score") - frame.get_column("is_fraud"))


def mean_of_all_time(frame: pl.DataFrame) -> pl.DataFrame:
    return feature_table(frame).with_columns(avg_amount=frame.get_column("amount_paise").mean())


def receiver_total_of_all_time(frame: pl.DataFrame) -> pl.DataFrame:
    return extended(frame).with_columns(receiver_sum_30d=frame.get_column("amount_paise").sum())


@pytest.mark.parametrize("leaky", [receiver_total_of_all_time, label_known_at_once, own_outcome, mean_of_all_time])
def test_a_planted_leak_is_found(leaky: Features) -> None:
    assert any(knows_the_future(leaky, table(REPORTED_LATE), told.at) for told in REPORTED_LATE.payments)
