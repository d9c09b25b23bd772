"""How far the payments measured on are from those learned from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log
from typing import Final

NOTABLE: Final = 0.1
LARGE: Final = 0.25
_LEAST_SHARE: Final = 1e-4
"""An empty bin counts as this much, so that its logarithm is finite."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A feature's population stability index between training and test.

    Attributes:
        feature: its name.
        psi: below :data:`NOTABLE` the same, from :data:`LARGE` on another population, by the usual rule of thumb.
        edges: upper ends of the bins that it was computed over; empty where that is not known.
        before: the share of each bin in training, one more than there are edges.
    """

    feature: str
    psi: float
    edges: tuple[float, ...] = ()
    before: tuple[float, ...] = ()

    @property
    def says(self) -> str:
        """The rule of thumb in a word."""
        if self.psi < NOTABLE:
            return "stable"
        return "shifted" if self.psi < LARGE else "another population"


def psi(before: Sequence[float], after: Sequence[float]) -> float:
    """The population stability index: the sum of (after - before) * ln(after / before).

    Args:
        before: the share of each bin in training.
        after: the share of each bin in the test.
    """
    pairs = ((max(old, _LEAST_SHARE), max(new, _LEAST_SHARE)) for old, new in zip(before, after, strict=True))
    return sum((new - old) * log(new / old) for old, new in pairs)


def ks(before: Sequence[float], after: Sequence[float]) -> float:
    """The largest difference of the two running shares: Kolmogorov's and Smirnov's statistic at the ends of the bins.

    Args:
        before: the share of each bin in training.
        after: the share of each bin now.
    """
    pairs = zip(accumulate(before), accumulate(after), strict=True)
    return max((abs(old - new) for old, new in pairs), default=0.0)


@dataclass(frozen=True, slots=True)
class Histogram:
    """How values were spread.

    Attributes:
        edges: upper ends of the bins, ascending, without the last bin's, which has none.
        shares: of each bin.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float], bins: int = 10) -> Histogram:
        """By quantiles: a value that a tenth shares is a bin of its own; at least one value."""
        ordered = sorted(values)
        places = [round(part * (len(ordered) - 1) / bins) for part in range(bins + 1)]
        edges = tuple(sorted({ordered[place] for place in places}))
        return cls(edges, shares_in(edges, values))


def shares_in(edges: Sequence[float], values: Sequence[float]) -> tuple[float, ...]:
    """The share of the values in each bin; at least one value."""
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[bisect_left(edges, value)] += 1
    return tuple(count / len(values) for count in counts)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a model knew, to compare the present with.

    Attributes:
        features: how each was spread in training.
        source: where that is from, in words.
        scores: how the score was spread on later payments than were learned; None where that is not known.
    """

    features: Mapping[str, Histogram]
    source: str
    scores: Histogram | None = None
