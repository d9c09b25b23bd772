"""A made-up population: what is ordered, and the figures that it is held to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

TOO_EASY_AUC: Final = 0.98
"""No honest stream is ranked better: beyond it the generator is a toy, or leaks (domain facts, section 0.7)."""


@dataclass(frozen=True, slots=True)
class SimulationOrder:
    """What is to be made.

    Attributes:
        users: people on the platform.
        days: Indian days of payments.
        seed: of every random choice; the same order gives the same bytes.
        start: the first Indian day.
        out: the transactions file; the truth goes beside it as ``.truth.parquet``, the record as ``.json``.
        prevalence: the share of payments that is fraud in truth, about.
        drift: whether fraudsters change their ways in the course of the window.
    """

    users: int
    days: int
    seed: int
    start: date
    out: Path
    prevalence: float = 0.0032
    drift: bool = True

    @property
    def truth(self) -> Path:
        """Where the truth goes; nothing that computes features reads it."""
        return self.out.with_suffix(".truth.parquet")

    @property
    def record(self) -> Path:
        """Where the parameters and the figures go."""
        return self.out.with_suffix(".json")


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure beside its target.

    Attributes:
        name: what was measured.
        value: what came.
        low: the least that is wanted; None is no bound.
        high: the most that is wanted; None is no bound.
        model_auc: whether it is the AUC of a model, which may not be above :data:`TOO_EASY_AUC`.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    model_auc: bool = False

    @property
    def has_target(self) -> bool:
        """Whether anything is wanted of it; the others are published for the reader."""
        return self.low is not None or self.high is not None

    @property
    def met(self) -> bool:
        """Whether the value lies within the target, bounds included; NaN does not."""
        above = self.low is None or self.value >= self.low
        below = self.high is None or self.value <= self.high
        return above and below

    @property
    def too_easy(self) -> bool:
        """Whether a model ranks better than any honest stream lets it."""
        return self.model_auc and self.value > TOO_EASY_AUC


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was made.

    Attributes:
        order: what was ordered.
        payments: rows of the file.
        frauds: of these, fraud in truth.
        reported: of these, reported as fraud at any time, false reports included.
        figures: what was measured, with targets.
        seconds: that making and writing it took; measuring comes on top.
    """

    order: SimulationOrder
    payments: int
    frauds: int
    reported: int
    figures: tuple[Figure, ...]
    seconds: float

    @property
    def too_easy(self) -> tuple[Figure, ...]:
        """The figures that make the stream worthless."""
        return tuple(figure for figure in self.figures if figure.too_easy)
