"""One definition, two executors: the fold of events and the Polars table give the same features to the last bit."""

from hypothesis import example, given

from tests.parity.histories import MIDNIGHT, THOROUGH, History, Told, histories, table
from tests.parity.voices import World, oracle
from upi_risk.adapters.polars.facts import facts_table
from upi_risk.adapters.polars.features import feature_table
from upi_risk.domain.features import Facts, vector
from upi_risk.domain.indian_time import DAY_US

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


@THOROUGH
@given(histories())
@example(EVERY_EDGE)
@example(History((MIDNIGHT,), (), ()))
def test_the_fold_the_table_and_the_oracle_gather_the_same_facts(history: History) -> None:
    columns = [Facts(*row) for row in facts_table(table(history)).iter_rows()]
    assert columns == World(history).facts()
    assert columns == oracle(history)


@THOROUGH
@given(histories())
@example(EVERY_EDGE)
def test_vectors_of_a_payment_alone_and_of_a_table_are_equal_to_the_last_bit(history: History) -> None:
    rows = feature_table(table(history)).rows()
    folded = [vector(facts) for facts in World(history).facts()]
    assert [[value.hex() for value in row] for row in rows] == [[value.hex() for value in row] for row in folded]
