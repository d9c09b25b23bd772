"""Which payments a split learns from, and which it measures on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from upi_risk.adapters.polars.features import feature_table
from upi_risk.adapters.polars.payment_stream import FilePaymentStream
from upi_risk.adapters.polars.transactions_file import transactions_of
from upi_risk.domain.features import NAMES
from upi_risk.domain.training import Split, SplitWishes

FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
DELAY = timedelta(days=7)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def a_stream(*rows: tuple[float, str, int], **columns: Any) -> FilePaymentStream:  # noqa: ANN401 - any column
    """Payments as (days after noon of the first day, payer, fraud)."""
    frame = pl.DataFrame(
        {
            "event_time": [FIRST + days(day) for day, _, _ in rows],
            "user_id": [payer for _, payer, _ in rows],
            "receiver_id": ["R"] * len(rows),
            "amount": [float(number + 1) for number in range(len(rows))],
            "is_fraud": [fraud for _, _, fraud in rows],
        }
        | columns
    )
    return FilePaymentStream(transactions_of(frame, "f", DELAY), ("f.csv", "0" * 64))


def amounts(vectors: memoryview) -> list[float]:
    """Which rows they are: row n has the amount n + 1."""
    return [float(amount) for amount in np.asarray(vectors)[:, NAMES.index("amount")]]


def a_split(train_to: int, test_to: int, known_since: datetime | None = None) -> Split:
    return Split(
        MIDNIGHT,
        MIDNIGHT + days(train_to),
        MIDNIGHT + days(train_to) + DELAY,
        MIDNIGHT + days(test_to),
        DELAY,
        known_since,
    )


def test_by_default_four_fifths_of_the_rows_come_before_the_boundary() -> None:
    stream = a_stream(*((day, "A", 0) for day in (*range(8), 30, 40)))
    split = stream.split(SplitWishes(), DELAY)
    assert (split.train_from, split.train_to) == (FIRST, FIRST + days(30))
    assert (split.test_from, split.test_to) == (FIRST + days(37), FIRST + days(40) + timedelta(microseconds=1))
    train, test = stream.examples(split, 1.0)
    assert (train.rows, test.rows) == (8, 1)


def test_periods_begin_at_their_first_instant_and_end_before_their_last_and_the_gap_is_left_out() -> None:
    stream = a_stream((-0.5, "A", 0), (2.4, "A", 0), (2.5, "A", 0), (9.4, "A", 0), (9.5, "A", 0), (11.5, "A", 0))
    train, test = stream.examples(a_split(train_to=3, test_to=12), 1.0)
    assert amounts(train.vectors) == [1, 2]
    assert amounts(test.vectors) == [5]


def test_a_fraud_is_learned_only_when_it_was_reported_before_the_test_and_measured_whenever() -> None:
    late, never = FIRST + days(30), None
    stream = a_stream(
        (0, "A", 1),
        (1, "A", 1),
        (1.5, "A", 1),
        (12, "A", 1),
        (13, "A", 0),
        reported_at=[FIRST + days(1), late, never, never, late],
    )
    train, test = stream.examples(a_split(train_to=3, test_to=15), 1.0)
    assert (train.labels.tolist(), test.labels.tolist()) == ([1, 0, 0], [1, 0])


def test_a_fraud_that_a_limit_is_set_for_is_measured_only_when_it_was_reported_before() -> None:
    stream = a_stream((1, "A", 0), (14, "B", 1), (15, "C", 1), (16, "D", 0))
    split = Split(MIDNIGHT, MIDNIGHT + days(2), MIDNIGHT + days(12), MIDNIGHT + days(20), DELAY)
    assert stream.examples(split, 1.0)[1].labels.tolist() == [1, 1, 0]
    reported_by = FIRST + days(15) + DELAY
    assert stream.examples(replace(split, reported_by=reported_by), 1.0)[1].labels.tolist() == [1, 0, 0]


def test_payers_with_a_fraud_known_before_the_day_are_left_out_of_that_day() -> None:
    """The published split's rule: a fraud from the date given to the day less the delay, exclusive."""
    stream = a_stream(
        (-0.5, "before", 1),
        (0, "known", 1),
        (1, "good", 0),
        (5.5, "unknown", 1),
        (12.6, "before", 0),
        (12.6, "known", 0),
        (12.6, "good", 0),
        (12.6, "unknown", 0),
        (13.6, "unknown", 0),
    )
    split = Split(MIDNIGHT, MIDNIGHT + days(5), MIDNIGHT + days(13), MIDNIGHT + days(16), DELAY, FIRST)
    _, test = stream.examples(split, 1.0)
    # The fraud on the midnight that begins day 6 is reported on the one that begins day 13, so known from day 14 on.
    assert amounts(test.vectors) == [5, 7, 8]


def test_a_report_within_a_day_counts_from_the_next_day_on() -> None:
    stream = a_stream((0, "A", 1), (7.2, "A", 0), (7.6, "A", 0))  # reported on noon of day 7
    split = Split(MIDNIGHT, MIDNIGHT + days(1), MIDNIGHT + days(7), MIDNIGHT + days(9), DELAY, MIDNIGHT)
    assert amounts(stream.examples(split, 1.0)[1].vectors) == [2]


def test_a_unit_multiplies_amounts_before_features_are_computed() -> None:
    rows = tuple((day / 10, "A", 0) for day in range(60))
    split = Split(MIDNIGHT, MIDNIGHT + days(4), MIDNIGHT + days(5), MIDNIGHT + days(7), days(1))
    plain, times = (a_stream(*rows).examples(split, unit)[1] for unit in (1.0, 25.0))
    assert amounts(times.vectors) == [25 * amount for amount in amounts(plain.vectors)]
    ratio = NAMES.index("amount_ratio")
    assert np.asarray(times.vectors)[:, ratio].tolist() == np.asarray(plain.vectors)[:, ratio].tolist()


def test_days_and_payers_and_vectors_are_those_of_the_rows() -> None:
    stream = a_stream((0, "A", 0), (8, "B", 0), (9, "A", 1), (9.2, "B", 0))
    _, test = stream.examples(a_split(train_to=1, test_to=15), 1.0)
    first = (MIDNIGHT - datetime(1970, 1, 1, tzinfo=UTC)).days
    assert test.days.tolist() == [first + 8, first + 9, first + 9]
    payers = test.payers.tolist()
    assert payers[0] == payers[2] != payers[1]
    table = feature_table(stream._frame).to_numpy().astype(np.float32)
    assert np.asarray(test.vectors).tolist() == table[1:].tolist()


def test_the_source_tells_what_the_file_holds() -> None:
    source = a_stream((0, "A", 0), (1, "A", 1)).source
    assert (source.rows, source.frauds, source.first_at, source.last_at) == (2, 1, FIRST, FIRST + days(1))
