"""A made-up population of payers, written and then held to its figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from upi_risk.domain.learning_ports import Usage
from upi_risk.domain.simulation import Figure, Simulated, SimulationOrder

Progress = Callable[[str, float], None]
"""Told what is being done and the share of the whole that is done."""


class World(Protocol):
    """Makes payments and keeps them in files."""

    def make(self, order: SimulationOrder, progress: Progress) -> tuple[int, int, int]:
        """Write the transactions and the truth; returns payments, true frauds and reports.

        Raises:
            UnusableDataError: the place for the files will not do.
        """

    def judge(self, order: SimulationOrder, progress: Progress) -> tuple[Figure, ...]:
        """Measure what was written."""

    def record(self, simulated: Simulated) -> None:
        """Write the parameters and the figures beside the transactions."""


class Simulate:
    """Make, measure, record."""

    def __init__(self, world: World, usage: Callable[[], Usage]) -> None:
        self._world = world
        self._usage = usage

    def __call__(self, order: SimulationOrder, progress: Progress) -> Simulated:
        """Make a population's payments; on return all files are written, whatever the figures say.

        Raises:
            UnusableDataError: the place for the files will not do.
        """
        start = self._usage().seconds
        payments, frauds, reported = self._world.make(order, progress)
        seconds = self._usage().seconds - start
        figures = self._world.judge(order, progress)
        simulated = Simulated(order, payments, frauds, reported, figures, seconds)
        self._world.record(simulated)
        return simulated
