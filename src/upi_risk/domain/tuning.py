"""Choosing how to grow: candidates, each judged on folds of time within the training period."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from statistics import fmean
from types import MappingProxyType
from typing import Final, Protocol

from upi_risk.domain.training import HyperParameters
from upi_risk.domain.validation import Fold

Values = tuple[float, ...]

GRID: Final[Mapping[str, Values]] = MappingProxyType(
    {
        "iterations": (200, 1_000),
        "depth": (4, 6),
        "learning_rate": (0.03, 0.1),
        "l2_leaf_reg": (3, 30),
        "fraud_weight": (1, 5),
    }
)
"""What a grid tries where nothing else is said: 32 candidates."""

SPACE: Final[Mapping[str, Values]] = MappingProxyType(
    {
        "iterations": (50, 2_000),
        "depth": (2, 8),
        "learning_rate": (0.01, 0.3),
        "l2_leaf_reg": (1, 100),
        "fraud_weight": (1, 20),
        "feature_share": (0.2, 1),
    }
)
"""The least and the greatest that a search tries where nothing else is said."""

LIMITS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "iterations": (1, 100_000),
        "depth": (1, 10),
        "learning_rate": (1e-6, 1),
        "l2_leaf_reg": (1e-6, 1e6),
        "fraud_weight": (1e-3, 1e6),
        "feature_share": (0.01, 1),
    }
)
"""What may be asked for."""

WHOLE: Final = frozenset({"iterations", "depth"})
"""Parameters that are counts."""


@dataclass(frozen=True, slots=True)
class TuningOrder:
    """What is to be tried.

    Attributes:
        trials: candidates of a search; 0 tries a grid.
        values: of the parameters named, those of the grid, or the least and the greatest of the search; the rest as
            :data:`GRID` or :data:`SPACE` has them.
        folds: periods that each candidate is judged on; two or more.
    """

    trials: int = 0
    values: Mapping[str, Values] = field(default_factory=dict)
    folds: int = 5


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate on one fold, and the trees it was given."""

    fold: Fold
    trees: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way of growing, and how it did on each fold."""

    parameters: HyperParameters
    tried: tuple[Tried, ...]

    @property
    def average_precision(self) -> float:
        """Mean over the folds; what candidates are ranked by."""
        return fmean(tried.fold.average_precision for tried in self.tried)

    @property
    def auc(self) -> float:
        """Mean over the folds."""
        return fmean(tried.fold.auc for tried in self.tried)


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the parameters were chosen.

    Attributes:
        way: how candidates were found, ``grid`` or ``search``.
        candidates: all of them, in the order they were asked for.
    """

    way: str
    candidates: tuple[Candidate, ...]

    @property
    def best(self) -> Candidate:
        """The one with the greatest mean average precision; of several, the first."""
        return max(self.candidates, key=lambda candidate: candidate.average_precision)

    @property
    def ranked(self) -> list[tuple[int, Candidate]]:
        """Numbers from 1 and candidates, the best first."""
        return sorted(enumerate(self.candidates, 1), key=lambda pair: (-pair[1].average_precision, pair[0]))

    def __str__(self) -> str:
        """How it was chosen, in a sentence or two."""
        tried, best = self.best.tried, self.best
        return (
            f"The best of {len(self.candidates)} candidates of a {self.way}, by mean average precision "
            f"({best.average_precision:.4f}, AUC {best.auc:.4f}) on {len(tried)} folds in order of time within the "
            f"training period: {best.parameters}. The test period was not looked at."
        )


Past = Sequence[tuple[HyperParameters, float]]
"""Candidates so far, and the mean average precision of each."""


class Search(Protocol):
    """Names candidates. The same past gives the same answer, so an interrupted search can be told its past."""

    @property
    def total(self) -> int:
        """How many candidates there will be."""

    def ask(self, past: Past) -> Sequence[HyperParameters]:
        """The next round; empty after the last. The past has whole rounds, in the order they were asked for."""


StartSearch = Callable[[TuningOrder, HyperParameters], Search]
"""Begins a search for an order; the parameters give the seed, what is not searched, and the first candidate."""


class GridSearch:
    """Every combination, in one round."""

    def __init__(self, order: TuningOrder, base: HyperParameters) -> None:
        """``base`` has what the grid does not vary."""
        values = {**GRID, **order.values}
        self._candidates = [changed(base, dict(zip(values, point, strict=True))) for point in product(*values.values())]

    @property
    def total(self) -> int:
        """How many combinations there are."""
        return len(self._candidates)

    def ask(self, past: Past) -> Sequence[HyperParameters]:
        """All of them; see the port."""
        return () if past else self._candidates


def changed(base: HyperParameters, values: Mapping[str, float]) -> HyperParameters:
    """Parameters with some values set; those that are counts are whole."""
    return replace(base, **{name: int(value) if name in WHOLE else float(value) for name, value in values.items()})  # type: ignore[arg-type]


class Journal(Protocol):
    """What an interrupted tuning has finished, on disk."""

    @property
    def room(self) -> Path:
        """A folder for what an engine must lay down; there, and gone after :meth:`drop`."""

    def find(self, key: str) -> Tried | None:
        """What was kept under a key; None if nothing was, or not all of it could be written."""

    def keep(self, key: str, tried: Tried) -> None:
        """Keep a result, whole or not at all, so that it outlives this process."""

    def drop(self) -> None:
        """Forget everything; there may be nothing."""


OpenJournal = Callable[[Path], Journal]
"""The journal that belongs to the folder of a model."""
