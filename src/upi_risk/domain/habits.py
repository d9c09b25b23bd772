"""What a payer usually does: amounts, hours and pace, in a state of bounded size."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import mul
from typing import Final

from upi_risk.domain.indian_time import DAY_US, HOUR_US
from upi_risk.domain.tiles import (
    DAY_TILES,
    FIVE_MINUTES_US,
    HOUR_TILES,
    MINUTE_TILES,
    Tile,
    Tiles,
    indian_tile,
    with_tile,
)

HOURS: Final = 24

AMOUNT_EDGES: Final = (
    1, 2, 5, 10, 15, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 700, 1_000, 1_500, 2_000, 5_000,
    10_000, 20_000, 50_000, 100_000,
)  # fmt: skip
"""Whole rupees at which the bands of a payer's amounts begin; the first band begins at 0."""

BANDS: Final = len(AMOUNT_EDGES) + 1

_NO_BANDS: Final = (0,) * BANDS
_NO_HOURS: Final = (0,) * HOURS


def amount_band(paise: int) -> int:
    """The number of the band that an amount lies in."""
    return bisect_right(AMOUNT_EDGES, paise // 100)


def hour_distance(one: int, other: int) -> int:
    """Hours between two hours of the day, the shorter way round: 0 to 12."""
    gap = abs(one - other)
    return min(gap, HOURS - gap)


_DISTANCES: Final = [[hour_distance(hour, other) for other in range(HOURS)] for hour in range(HOURS)]


@dataclass(frozen=True, slots=True)
class Habits:
    """Settled payments of one payer.

    Attributes:
        minutes: by five minutes, for the last hour.
        hours: by hour, for the last day.
        days: by Indian day, for the last month.
        paise: the sum of all payments since the habits began, which for users of an early release is after their first.
        squares: the sum of the squares of their whole rupees.
        bands: payments in each band of amounts.
        clock: payments in each Indian hour of the day.
    """

    minutes: Tiles = ()
    hours: Tiles = ()
    days: Tiles = ()
    paise: int = 0
    squares: int = 0
    bands: tuple[int, ...] = _NO_BANDS
    clock: tuple[int, ...] = _NO_HOURS

    def settled(self, paise: int, at_us: int, *, fresh: bool, unusual: bool) -> Habits:
        """The habits after one more payment.

        Args:
            paise: what was paid.
            at_us: when, microseconds since 1970 UTC.
            fresh: whether it is the payer's first to its receiver.
            unusual: whether it is far above what the payer had paid until then.
        """
        tiles = [Tile.of(paise, at_us, width, fresh=fresh, unusual=unusual) for width in _WIDTHS]
        return Habits(
            minutes=with_tile(self.minutes, tiles[0], MINUTE_TILES),
            hours=with_tile(self.hours, tiles[1], HOUR_TILES),
            days=with_tile(self.days, tiles[2], DAY_TILES),
            paise=self.paise + paise,
            squares=self.squares + tiles[0].squares,
            bands=_counted(self.bands, amount_band(paise)),
            clock=_counted(self.clock, indian_tile(at_us, HOUR_US) % HOURS),
        )

    @property
    def count(self) -> int:
        """Payments since the habits began."""
        return sum(self.bands)

    def below(self, paise: int) -> tuple[int, int]:
        """Payments ever in lower bands than an amount's, and in its own."""
        band = amount_band(paise)
        return sum(self.bands[:band]), self.bands[band]

    def hours_away(self, hour: int) -> int:
        """Hours from an hour of the day to that of each payment ever, added up."""
        return sum(map(mul, self.clock, _DISTANCES[hour]))


_WIDTHS: Final = (FIVE_MINUTES_US, HOUR_US, DAY_US)


def _counted(counts: tuple[int, ...], place: int) -> tuple[int, ...]:
    return (*counts[:place], counts[place] + 1, *counts[place + 1 :])
