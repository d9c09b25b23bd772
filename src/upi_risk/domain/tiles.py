"""Settled payments by stretches of time: what windows are added up from, at a bounded cost."""

from __future__ import annotations

from typing import Final, NamedTuple

from upi_risk.domain.indian_time import HOUR_US, IST_OFFSET_US
from upi_risk.domain.scores import Value

FIVE_MINUTES_US: Final = HOUR_US // 12

MINUTE_TILES: Final = 12
"""Tiles of five minutes before the current one: an hour."""

HOUR_TILES: Final = 24
"""Hours before the current one: a day."""

DAY_TILES: Final = 30
"""Days before the current one: a month."""

WEEK_TILES: Final = 7


def indian_tile(at_us: Value, width_us: int) -> Value:
    """The number of the stretch of a width that holds an instant, counted from 1970-01-01 in India."""
    return (at_us + IST_OFFSET_US) // width_us


class Flow(NamedTuple):
    """Settled payments of a window; whole numbers, or columns of them.

    Attributes:
        count: how many.
        paise: their sum.
        squares: the sum of the squares of their whole rupees.
        fresh: of them, first payments of a payer to a receiver.
        unusual: of them, far above what the payer had paid until then.
    """

    count: Value
    paise: Value
    squares: Value
    fresh: Value
    unusual: Value


class Tile(NamedTuple):
    """Settled payments of one stretch; the fields are those of :class:`Flow`."""

    number: int
    count: int = 0  # type: ignore[assignment]  # a tuple has a method of this name
    paise: int = 0
    squares: int = 0
    fresh: int = 0
    unusual: int = 0

    @classmethod
    def of(cls, paise: int, at_us: int, width_us: int, *, fresh: bool, unusual: bool = False) -> Tile:
        """The tile with one payment in it."""
        number = indian_tile(at_us, width_us)
        return cls(number, 1, paise, (paise // 100) ** 2, int(fresh), int(unusual))

    def joined(self, other: Tile) -> Tile:
        """Both together; the number is this one's."""
        return Tile(
            self.number,
            self.count + other.count,
            self.paise + other.paise,
            self.squares + other.squares,
            self.fresh + other.fresh,
            self.unusual + other.unusual,
        )


Tiles = tuple[Tile, ...]
"""Ascending by number, no number twice; stretches without payments are left out."""


def with_tile(tiles: Tiles, tile: Tile, reach: int) -> Tiles:
    """The tiles with more payments in one of them; those further back than ``reach`` before the newest are dropped."""
    if not tiles or tile.number > tiles[-1].number:
        oldest = tile.number - reach
        kept = tiles if not tiles or tiles[0].number >= oldest else tuple(t for t in tiles if t.number >= oldest)
        return (*kept, tile)
    if tile.number == tiles[-1].number:
        return (*tiles[:-1], tiles[-1].joined(tile))
    merged = {held.number: held for held in tiles}
    held = merged.get(tile.number)
    merged[tile.number] = tile if held is None else held.joined(tile)
    return tuple(merged[number] for number in sorted(merged) if number >= tiles[-1].number - reach)


NO_FLOW: Final = Flow(0, 0, 0, 0, 0)


def flow(tiles: Tiles, first: int, end: int | None = None) -> Flow:
    """What settled in the tiles from ``first`` on, and before ``end`` where one is given."""
    if not tiles or tiles[-1].number < first:
        return NO_FLOW
    count = paise = squares = fresh = unusual = 0
    for number, of_count, of_paise, of_squares, of_fresh, of_unusual in reversed(tiles):
        if number < first:
            break
        if end is None or number < end:
            count += of_count
            paise += of_paise
            squares += of_squares
            fresh += of_fresh
            unusual += of_unusual
    return Flow(count, paise, squares, fresh, unusual)


def joined(one: Flow, other: Flow) -> Flow:
    """Two flows as one."""
    if one is NO_FLOW or other is NO_FLOW:
        return other if one is NO_FLOW else one
    return Flow(one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3], one[4] + other[4])
