"""One definition, two executors: the fold of events and the Polars table give the same features to the last bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given

from tests.parity.histories import MIDNIGHT, THOROUGH, History, Told, histories, table
from tests.parity.voices import World, oracle
from tests.parity.wide_oracle import wide_oracle
from upi_risk.adapters.polars.facts import facts_table
from upi_risk.adapters.polars.features import feature_table
from upi_risk.adapters.polars.wide_facts import wide_facts_table
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.feature_sets import BASELINE_SET, EXTENDED_SET, FeatureSet
from upi_risk.domain.features import Facts
from upi_risk.domain.indian_time import DAY_US, HOUR_US

EVERY_EDGE = History(
    sign_ups=(MIDNIGHT - 2, MIDNIGHT - 10**9),
    logins=((MIDNIGHT + DAY_US, 0),),
    payments=tuple(
        Told(user, "shop@okbank", 333, MIDNIGHT + day * DAY_US, MIDNIGHT + day * DAY_US, reported)
        for day, user, reported in (
            (0, 0, MIDNIGHT + 7 * DAY_US),
            (0, 1, None),
            (7, 1, MIDNIGHT + 30 * DAY_US),
            (8, 0, None),
            (30, 0, None),
            (37, 0, None),
            (37, 1, None),
            (38, 1, None),
            (61, 1, None),
        )
    ),
)
"""Gaps of exactly 7, 30 and 37 days on Indian midnights, a receiver shared at one instant, a report at a payment's."""

ONE_DAY = History(
    sign_ups=(MIDNIGHT - DAY_US,),
    logins=(),
    payments=tuple(
        Told(0, "shop@okbank", paise, MIDNIGHT + at, MIDNIGHT + at, None)
        for paise, at in (
            (10_000, 1),
            (20_000, HOUR_US // 12),
            (30_000, HOUR_US - 1),
            (10_000, HOUR_US + HOUR_US // 12 - 1),
            (10_000, HOUR_US + HOUR_US // 12),
            (200_000, 2 * HOUR_US),
            (10_000, 23 * HOUR_US),
            (10_000, 24 * HOUR_US + 5),
        )
    ),
)
"""Ends of tiles and of completed hours; one payment far above the usual."""


def rows_of(columns: Any, row: int) -> Any:  # noqa: ANN401 - a column, or named tuples of columns, nested
    """One row of nested columns."""
    if isinstance(columns, np.ndarray):
        return int(columns[row])
    parts = [rows_of(each, row) for each in columns]
    return type(columns)(*parts) if hasattr(columns, "_fields") else tuple(parts)


@THOROUGH
@given(histories())
@example(EVERY_EDGE)
@example(ONE_DAY)
@example(History((MIDNIGHT,), (), ()))
def test_the_fold_the_table_and_the_oracle_gather_the_same_facts(history: History) -> None:
    columns = [Facts(*row) for row in facts_table(table(history)).iter_rows()]
    assert columns == [wide.near for wide in World(history).facts()]
    assert columns == oracle(history)


@THOROUGH
@given(histories())
@example(EVERY_EDGE)
@example(ONE_DAY)
def test_the_fold_the_table_and_the_oracle_gather_the_same_wide_facts(history: History) -> None:
    counted = wide_oracle(history)
    assert World(history).facts() == counted
    columns = wide_facts_table(table(history))
    assert [rows_of(columns, row) for row in range(len(history.payments))] == counted


def test_amounts_whose_squares_cannot_be_added_up_exactly_are_refused() -> None:
    told = tuple(Told(0, "shop@okbank", 99_999_999_900, MIDNIGHT + n, MIDNIGHT + n, None) for n in range(1, 10))
    with pytest.raises(UnusableDataError, match="squares"):
        wide_facts_table(table(History((MIDNIGHT - 1,), (), told)))


@pytest.mark.parametrize("features", [BASELINE_SET, EXTENDED_SET], ids=lambda features: features.name)
@THOROUGH
@given(history=histories())
@example(history=EVERY_EDGE)
@example(history=ONE_DAY)
def test_vectors_of_a_payment_alone_and_of_a_table_are_equal_to_the_last_bit(
    features: FeatureSet, history: History
) -> None:
    rows = feature_table(table(history), features).rows()
    facts = World(history).facts()
    folded = [features.of(wide.near if features is BASELINE_SET else wide) for wide in facts]
    assert [[value.hex() for value in row] for row in rows] == [[value.hex() for value in row] for row in folded]
