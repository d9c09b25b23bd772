"""What early stopping learns from and watches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.learning import some_examples
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.stopping import Stopping, stopping_parts
from upi_risk.domain.training import Split

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def split(*, test_from: float, delay: timedelta = 7 * DAY) -> Split:
    return Split(EPOCH, EPOCH + 40 * DAY, EPOCH + test_from * DAY, EPOCH + 80 * DAY, delay)


def test_the_last_fifth_by_time_is_watched_and_what_lies_a_label_delay_before_it_is_learned() -> None:
    tables = [some_examples(2_000), some_examples(2_000, seed=4)]  # 50 payments on each of 40 days
    for learned, watched in zip(*stopping_parts(tables, split(test_from=47)), strict=True):
        assert (watched.days[0], watched.days[-1]) == (32, 39)
        assert (learned.days[0], learned.days[-1]) == (0, 24)
        assert (learned.rows, watched.rows) == (25 * 50, 8 * 50)


def test_payments_whose_labels_are_not_yet_known_are_not_watched() -> None:
    (learned,), (watched,) = stopping_parts([some_examples(2_000)], split(test_from=42.5))
    assert (watched.days[0], watched.days[-1]) == (28, 34)
    assert learned.days[-1] == 20


def test_a_delay_of_part_of_a_day_is_rounded_up() -> None:
    (learned,), (watched,) = stopping_parts([some_examples(2_000)], split(test_from=40.5, delay=DAY / 2))
    assert (learned.days[-1], watched.days[0]) == (30, 32)


@pytest.mark.parametrize(("rows", "delay"), [(300, 7), (2_000, 60)])
def test_a_period_too_short_is_refused_with_what_to_do(rows: int, delay: int) -> None:
    message = "leaves 0 payments to learn from, 0 of them.*leave out --early-stopping"
    with pytest.raises(UnusableDataError, match=message):
        stopping_parts([some_examples(rows)], split(test_from=max(47, delay - 5), delay=delay * DAY))


def test_it_says_how_the_number_of_trees_was_found() -> None:
    told = str(Stopping(20, 1_000, 123, 1_250, 400, 30))
    assert told.startswith("123 trees of at most 1,000 foretold the last 400 payments")
