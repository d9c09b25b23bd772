"""A way of growing models, tried on several periods; and what it seems to be worth when time is ignored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev


@dataclass(frozen=True, slots=True)
class Fold:
    """One trial.

    Attributes:
        name: the periods, or which part of a random split.
        train_rows: payments learned.
        rows: payments measured on.
        frauds: of these, fraud.
        auc: the chance that a fraud scores above a good payment.
        average_precision: the mean precision over all thresholds, weighted by the recall gained.
    """

    name: str
    train_rows: int
    rows: int
    frauds: int
    auc: float
    average_precision: float


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over folds: its mean and its standard deviation (of a sample)."""

    mean: float
    sd: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least two values."""
        return cls(fmean(values), stdev(values))


@dataclass(frozen=True, slots=True)
class Trials:
    """Folds of one kind."""

    folds: tuple[Fold, ...]

    @property
    def auc(self) -> Spread:
        """The AUC over the folds."""
        return Spread.of([fold.auc for fold in self.folds])

    @property
    def average_precision(self) -> Spread:
        """The average precision over the folds."""
        return Spread.of([fold.average_precision for fold in self.folds])


@dataclass(frozen=True, slots=True)
class Validation:
    """Two ways to validate within the training period; the test period is not touched.

    Attributes:
        prequential: each fold learns what was known when it began, and is measured on what came then.
        stratified: each fold is a random part of the payments with its share of fraud, and its model learned from the
            future, too.
    """

    prequential: Trials
    stratified: Trials

    @property
    def auc_optimism(self) -> float:
        """By how much the random split flatters, in mean AUC."""
        return self.stratified.auc.mean - self.prequential.auc.mean

    @property
    def average_precision_optimism(self) -> float:
        """By how much the random split flatters, in mean average precision."""
        return self.stratified.average_precision.mean - self.prequential.average_precision.mean
