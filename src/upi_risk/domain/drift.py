"""How far the payments measured on are from those learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    """

    feature: str
    psi: float

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
