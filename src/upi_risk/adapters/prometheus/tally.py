"""Totals of one process, and how totals of several are added up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

import msgspec

from upi_risk.adapters.prometheus.families import FAMILIES

Labels = tuple[str, ...]


class Totals(msgspec.Struct, array_like=True):
    """Counted things, as they are kept in a file.

    Attributes:
        counts: name, labels and total.
        shapes: name, labels, counts of the buckets (the infinite one last) and sum.
        states: name, labels and value of gauges.
    """

    counts: list[tuple[str, Labels, float]] = []
    shapes: list[tuple[str, Labels, list[int], float]] = []
    states: list[tuple[str, Labels, float]] = []


class Tally:
    """Counts. Not safe for threads: each process has one, on its event loop."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Labels], float] = {}
        self._shapes: dict[tuple[str, Labels], tuple[list[int], float]] = {}
        self._states: dict[tuple[str, Labels], float] = {}

    def count(self, name: str, labels: Labels = (), by: float = 1) -> None:
        """Add to a counter."""
        key = (name, labels)
        self._counts[key] = self._counts.get(key, 0) + by

    def reach(self, name: str, labels: Labels, total: float) -> None:
        """Set a counter that something else keeps."""
        self._counts[name, labels] = total

    def observe(self, name: str, labels: Labels, values: Iterable[float]) -> None:
        """Sort values into a histogram."""
        edges = FAMILIES[name].edges
        buckets, total = self._shapes.get((name, labels)) or ([0] * (len(edges) + 1), 0.0)
        for value in values:
            buckets[bisect_left(edges, value)] += 1
            total += value
        self._shapes[name, labels] = (buckets, total)

    def state(self, name: str, labels: Labels, value: float) -> None:
        """Set a gauge."""
        self._states[name, labels] = value

    def forget(self, name: str) -> None:
        """Drop a gauge with all its labels."""
        self._states = {key: value for key, value in self._states.items() if key[0] != name}

    def totals(self) -> Totals:
        """A copy of everything so far."""
        return Totals(
            [(name, labels, value) for (name, labels), value in self._counts.items()],
            [(name, labels, list(buckets), total) for (name, labels), (buckets, total) in self._shapes.items()],
            [(name, labels, value) for (name, labels), value in self._states.items()],
        )

    def add(self, totals: Totals) -> None:
        """Add another process's; its gauges are added or the largest is taken, as the family says."""
        for name, labels, value in totals.counts:
            self.count(name, labels, value)
        for name, labels, buckets, total in totals.shapes:
            held, sum_ = self._shapes.get((name, labels)) or ([0] * len(buckets), 0.0)
            self._shapes[name, labels] = ([one + other for one, other in zip(held, buckets, strict=True)], sum_ + total)
        for name, labels, value in totals.states:
            key = (name, labels)
            before = self._states.get(key)
            if before is None:
                self._states[key] = value
            else:
                self._states[key] = max(before, value) if FAMILIES[name].most else before + value
