"""Where to stop growing: judged on the last part of training, by time, with the label delay between."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.examples import Examples
from upi_risk.domain.indian_time import DAY_US, epoch_us
from upi_risk.domain.training import Split

WATCHED_PART: Final = 5
"""One in so many of the payments to learn from, the latest ones, are watched instead."""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stopping:
    """How the number of trees was found.

    Attributes:
        rounds: growing ended after so many trees that did not help.
        most_trees: it would have ended here anyway.
        trees: found; the model has as many, grown on the whole training period.
        learned_rows: payments that were learned to find it.
        watched_rows: later payments that it was found on.
        watched_frauds: of these, fraud.
    """

    rounds: int
    most_trees: int
    trees: int
    learned_rows: int
    watched_rows: int
    watched_frauds: int

    def __str__(self) -> str:
        """As printed: how the number of trees was found."""
        return (
            f"{self.trees:,} trees of at most {self.most_trees:,} foretold the last {self.watched_rows:,} payments of "
            f"the training period best ({self.watched_frauds:,} frauds), learned from {self.learned_rows:,} before the "
            "label delay; the model has as many, grown on the whole period."
        )


def stopping_parts(tables: Sequence[Examples], split: Split) -> tuple[list[Examples], list[Examples]]:
    """What is learned and what is watched, of each table to learn from; both lie within the training period.

    Watched are whole days (UTC) with the last fifth of the payments whose labels are known for sure when the test
    begins; learned is what lies a label delay before them.

    Args:
        tables: the payments to learn from, once for each unit.
        split: which payments they are.

    Raises:
        UnusableDataError: nothing of either kind is left to learn from, or to watch.
    """
    known_day = epoch_us(split.test_from - split.label_delay) // DAY_US
    days = tables[0].days
    end = bisect_left(days, known_day)
    first_day = days[end - max(1, end // WATCHED_PART)] if end else known_day
    first = bisect_left(days, first_day)
    learned_to = bisect_left(days, first_day + (-split.label_delay // _DAY))
    learned = [table.between(0, learned_to) for table in tables]
    watched = [table.between(first, end) for table in tables]
    for name, part in (("learn from", learned[0]), ("watch", watched[0])):
        if not part.has_both_kinds:
            message = f"Stopping early leaves {part.rows:,} payments to {name}, {part.frauds:,} of them known as fraud"
            raise UnusableDataError(f"{message} ({split}): train from an earlier day, or leave out --early-stopping.")
    return learned, watched
