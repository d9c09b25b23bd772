"""Periods to learn from and to measure on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.learning import some_examples
from upi_risk.domain.errors import TooEarlyError, UnusableDataError
from upi_risk.domain.examples import canary_rows
from upi_risk.domain.indian_time import MICROSECOND
from upi_risk.domain.training import Source, Split, SplitWishes

DELAY = timedelta(days=7)


def day(month: int, number: int) -> datetime:
    return datetime(2018, month, number, tzinfo=UTC)


FIRST, LAST, BOUNDARY = day(4, 1), day(9, 30), day(8, 24)


def split(**wishes: datetime) -> Split:
    return SplitWishes(**wishes).on(FIRST, LAST, BOUNDARY, DELAY)


def test_by_default_training_ends_after_four_fifths_and_the_test_begins_a_label_delay_later() -> None:
    assert split() == Split(FIRST, BOUNDARY, BOUNDARY + DELAY, LAST + MICROSECOND, DELAY)


def test_the_published_split_is_what_was_wished() -> None:
    wished = {"train_from": day(7, 25), "train_to": day(8, 1), "test_from": day(8, 8), "test_to": day(8, 15)}
    made = split(**wished, known_since=day(7, 25))
    assert made == Split(**wished, label_delay=DELAY, known_since=day(7, 25))
    assert str(made) == (
        "train 2018-07-25 .. 2018-08-01, test 2018-08-08 .. 2018-08-15, without payers known since 2018-07-25"
    )


def test_a_single_boundary_sets_the_other_one_at_the_label_delay() -> None:
    assert split(train_to=day(8, 1)).test_from == day(8, 8)
    assert split(test_from=day(8, 8)).train_to == day(8, 1)


def test_an_instant_that_is_no_midnight_is_told_to_the_second() -> None:
    assert str(split(test_to=day(9, 1) + timedelta(hours=1))).endswith("2018-09-01 01:00:00")


def test_a_stream_whose_last_fifth_is_shorter_than_the_delay_comes_too_early() -> None:
    sentence = "over 5.0 days, the last fifth of them over less than the 7 that labels take"
    with pytest.raises(TooEarlyError, match=sentence):
        SplitWishes().on(day(4, 1), day(4, 6), day(4, 5), DELAY)
    assert SplitWishes().on(day(4, 1), day(4, 6) + DELAY, day(4, 6), DELAY).test_from == day(4, 6) + DELAY


@pytest.mark.parametrize(
    "wishes",
    [
        {"train_from": day(8, 1), "train_to": day(8, 1)},
        {"train_to": day(8, 10), "test_from": day(8, 9)},
        {"test_from": day(9, 1), "test_to": day(9, 1)},
        {"train_to": LAST},
    ],
)
def test_periods_that_are_empty_or_overlap_are_refused(wishes: dict[str, Any]) -> None:
    with pytest.raises(UnusableDataError, match="do not follow one another"):
        split(**wishes)


def test_forward_folds_learn_what_was_known_when_each_began_and_cover_all_but_the_first_block() -> None:
    folds = split(train_from=day(4, 1), train_to=day(7, 30)).forward(5)
    assert [(fold.test_from, fold.test_to) for fold in folds] == [
        (day(4, 21), day(5, 11)),
        (day(5, 11), day(5, 31)),
        (day(5, 31), day(6, 20)),
        (day(6, 20), day(7, 10)),
        (day(7, 10), day(7, 30)),
    ]
    assert all(fold.train_to == fold.test_from - DELAY for fold in folds)
    assert {fold.train_from for fold in folds} == {day(4, 1)}


def test_a_training_period_too_short_for_folds_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnusableDataError, match=r"1\.2 days each, labels come after 7 days; train from an earlier day"):
        split(train_from=day(7, 25), train_to=day(8, 1)).forward(5)


@pytest.mark.parametrize(
    ("cleaning", "told"),
    [
        (
            (("rows_read", 9), ("rows_out_of_order", 1_200), ("zero_amounts_kept", 0)),
            "1,200 rows out of order, 0 zero amounts kept",
        ),
        ((), "-"),
    ],
)
def test_a_source_tells_what_cleaning_changed_or_kept(cleaning: tuple[tuple[str, int], ...], told: str) -> None:
    assert Source("stream.csv", "00", 9, 1, FIRST, LAST, cleaning).cleaned == told


def test_examples_know_how_many_they_are_and_how_many_are_fraud() -> None:
    examples = some_examples(100)
    assert examples.rows == 100
    assert examples.frauds == sum(examples.labels.tolist())


@pytest.mark.parametrize(("rows", "wanted", "expected"), [(10, 5, [0, 2, 4, 6, 8]), (3, 5, [0, 1, 2]), (0, 5, [])])
def test_canaries_are_spread_over_the_table(rows: int, wanted: int, expected: list[int]) -> None:
    assert list(canary_rows(rows, wanted)) == expected
    assert len(canary_rows(1_001, 200)) <= 200
