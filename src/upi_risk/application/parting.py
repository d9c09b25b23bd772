"""How those that wait are parted into batches, where more than one batch may be under way."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from typing import Final

SMALL_BATCH: Final = 16
"""Parts of those that wait are no smaller than this: a batch costs as much as eight questions, whatever its size."""


class Due(Enum):
    """Whether a batch is to begin."""

    NOW = "now"
    WHEN_QUIET = "when quiet"
    """Once nothing further comes; if it does, the batch may yet be as large as the one before."""
    LATER = "later"


def due(waiting: int, under_way: Collection[int], most_under_way: int, largest: int) -> Due:
    """Whether the next batch is to begin.

    Args:
        waiting: questions that no batch has taken; not 0.
        under_way: the sizes of the batches that have begun.
        most_under_way: batches at a time.
        largest: questions in a batch at most.
    """
    if not under_way:
        return Due.NOW
    if len(under_way) >= most_under_way:
        return Due.LATER
    taken = min(sum(under_way), largest)
    if waiting >= taken:
        return Due.NOW
    return Due.WHEN_QUIET if waiting >= max(taken / 2, SMALL_BATCH) else Due.LATER


def part(waiting: int, under_way: Collection[int], most_under_way: int, largest: int) -> int:
    """How many of those that wait the next batch takes; the arguments are :func:`due`'s.

    The first takes its part alone. All in one batch would wait for its commit together, and nothing would be computed
    meanwhile.
    """
    if not under_way and waiting >= most_under_way * SMALL_BATCH:
        waiting = -(-waiting // most_under_way)
    return min(waiting, largest)
