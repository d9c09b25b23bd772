"""Events of many parties in order, with running sums: what windows over a table are read from.

A window of a party is two places in the order, and its sum the difference of two running sums; a place is found by
binary search over a key that joins the party's number with an instant or the number of a tile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]

_ROOM: Final = 2**32
"""Numbers of instants and of tiles are below it."""


class EventOrder:
    """Events sorted by party and instant."""

    def __init__(self, party: Whole, at: Whole, values: Mapping[str, Whole]) -> None:
        """Take the events, in any order.

        Args:
            party: the number of each event's party.
            at: its instant, microseconds; not negative once the tiles' offset is added.
            values: what can be added up, by name.
        """
        order = np.lexsort((at, party))
        self._party, self._at = party[order], at[order]
        self._order = order
        self._sums = {name: _running(column[order]) for name, column in values.items()}
        self._tiles: dict[int, Whole] = {}

    @property
    def order(self) -> Whole:
        """For each place, the number of the event as it was given."""
        return self._order

    def begin(self, party: Whole) -> Whole:
        """The place of each party's first event."""
        return np.searchsorted(self._party, party).astype(np.int64)

    def before(self, party: Whole, at: Whole) -> Whole:
        """The place of each party's first event at an instant or later."""
        ordered = np.sort(self._at)
        instants = ordered[np.diff(ordered, prepend=-1) != 0]
        held = self._party * _ROOM + np.searchsorted(instants, self._at)
        return np.searchsorted(held, party * _ROOM + np.searchsorted(instants, at)).astype(np.int64)

    def from_tile(self, party: Whole, tile: Whole, width_us: int, offset_us: int) -> Whole:
        """The place of each party's first event in a tile or later."""
        held = self._tiles.get(width_us)
        if held is None:
            held = self._tiles[width_us] = self._party * _ROOM + (self._at + offset_us) // width_us
        return np.searchsorted(held, party * _ROOM + np.maximum(tile, 0)).astype(np.int64)

    def total(self, name: str, first: Whole, end: Whole) -> Whole:
        """The sum of a value over the events in the places ``[first, end)``; 0 where the end comes first."""
        sums = self._sums[name]
        return sums[np.maximum(first, end)] - sums[first]

    def at(self, place: Whole) -> Whole:
        """The instant of the event in a place; of the last one beyond the end."""
        return self._at[np.minimum(place, len(self._at) - 1)] if len(self._at) else np.zeros_like(place)

    def share(self, chosen: npt.NDArray[np.bool_], first: Whole, end: Whole) -> Whole:
        """How many of the chosen events lie in the places ``[first, end)``."""
        sums = _running(chosen[self._order].astype(np.int64))
        return sums[end] - sums[first]


def _running(values: Whole) -> Whole:
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums
