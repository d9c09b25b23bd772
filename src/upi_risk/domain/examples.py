"""Payments as a model takes them: vectors, labels, and what figures are broken down by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pickle import PickleBuffer

from upi_risk.domain.feature_sets import BASELINE_SET


@dataclass(frozen=True, slots=True)
class Examples:
    """Payments with what was known before each, and what they turned out to be. Memory is shared, not copied.

    Attributes:
        vectors: feature values, 32-bit floats, a row a payment.
        labels: 1 for fraud, else 0, bytes.
        days: UTC days since 1970, 64-bit integers, ascending.
        payers: a number for each payer, 64-bit integers.
        paise: what was paid, 64-bit integers.
        patterns: what kind of fraud each is, as the file names it; empty when nobody asked for it. Never a feature.
        feature_set: the name of the set that the vectors are of.
    """

    vectors: memoryview
    labels: memoryview
    days: memoryview
    payers: memoryview
    paise: memoryview
    patterns: Sequence[str] = ()
    feature_set: str = BASELINE_SET.name

    def __reduce__(self) -> tuple[Callable[..., Examples], tuple[object, ...]]:
        """Pickled as buffers, which protocol 5 hands over out of band: another process looks into the same memory."""
        views = (self.vectors, self.labels, self.days, self.payers, self.paise)
        packed = ((PickleBuffer(view), view.format, view.shape) for view in views)
        return _unpacked, (tuple(packed), list(self.patterns), self.feature_set)

    def between(self, first: int, end: int) -> Examples:
        """The rows from one number up to another; memory is shared."""
        views = (self.vectors, self.labels, self.days, self.payers, self.paise)
        vectors, labels, days, payers, paise = (view[first:end] for view in views)
        return Examples(vectors, labels, days, payers, paise, self.patterns[first:end], self.feature_set)

    @property
    def rows(self) -> int:
        """How many payments."""
        return len(self.labels)

    @property
    def frauds(self) -> int:
        """How many of them are fraud."""
        return sum(self.labels)

    @property
    def has_both_kinds(self) -> bool:
        """Whether there are frauds and good payments."""
        return 0 < self.frauds < self.rows


def _unpacked(
    packed: Sequence[tuple[bytes, str, tuple[int, ...]]], patterns: Sequence[str], feature_set: str
) -> Examples:
    """The examples of a pickle; a view of other memory where the pickle brought its buffers along."""
    views = (memoryview(buffer).cast("B").cast(form, shape) for buffer, form, shape in packed)  # type: ignore[call-overload]
    vectors, labels, days, payers, paise = views
    return Examples(vectors, labels, days, payers, paise, patterns, feature_set)


def canary_rows(rows: int, wanted: int) -> Sequence[int]:
    """Row numbers spread evenly over a table, at most as many as wanted."""
    return range(0, rows, max(1, -(-rows // wanted)))
