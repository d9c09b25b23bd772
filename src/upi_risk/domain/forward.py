"""A copy of a receiver, brought forward to a later hour by what payments were seen to add, and how that is checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from upi_risk.domain.habits import HOURS
from upi_risk.domain.indian_time import epoch_us
from upi_risk.domain.receiver import Receiver, ReceiverDelta, completed_hours
from upi_risk.domain.tiles import HOUR_TILES, Tile
from upi_risk.domain.track_record import Day

Row = tuple[int, int, int, int]
"""The number of an hour or a day, and of what settled in it the count, the paise and the first payments of a payer."""


@dataclass(frozen=True, slots=True)
class Forward:
    """A receiver in whom payments may be missing, or be counted twice: a guess, good for a decision that is held to it.

    Up to ``since`` the copy is right. From then on, up to ``until``, everything that a feature reads is in what
    follows; the ledger applies a change that was computed from the guess only where all of that is as it has it.
    The hours are over, so what is right once stays right.

    Attributes:
        receiver: the guess.
        since: the completed hours when the copy was read.
        until: the completed hours that the decision looks at.
    """

    receiver: Receiver
    since: int
    until: int

    @classmethod
    def of(cls, copy: Receiver, added: Sequence[Tile], at: datetime) -> Forward:
        """Bring a copy forward.

        Args:
            copy: one that was read once; see :meth:`~upi_risk.domain.receiver.Receiver.copied`.
            added: what payments since then were seen to add, each a tile of its hour, in any order.
            at: the latest instant that a decision is made for.
        """
        since = copy.as_of_hour
        until = int(completed_hours(epoch_us(at)))
        receiver = copy
        for tile in added:
            receiver = receiver.plus(_delta(copy, tile))
        return cls(receiver, until if since is None else since, until)

    @property
    def checked(self) -> Receiver:
        """The copy to keep once the ledger agreed."""
        return self.receiver.copied_in(self.until)

    @property
    def first_tile(self) -> int:
        """The first of the hours to compare: those before are no longer looked at hour by hour."""
        return max(self.since, self.until - HOUR_TILES)

    @property
    def days_to_compare(self) -> tuple[int, int]:
        """The first of the days to compare, and the one that they end before: the current day is compared by hours."""
        return self.since // HOURS, self.until // HOURS

    def hours(self, receiver: Receiver) -> list[Row]:
        """What is compared of a receiver's hours."""
        tiles = receiver.hours
        return [
            (tile.number, tile.count, tile.paise, tile.fresh)
            for tile in tiles
            if self.first_tile <= tile.number < self.until
        ]

    def days(self, receiver: Receiver) -> list[Row]:
        """What is compared of a receiver's days; those on which nothing settled are left out."""
        first, end = self.days_to_compare
        days = receiver.track.days
        return [
            (day.number, day.settled, day.paise, day.fresh) for day in days if day.settled and first <= day.number < end
        ]

    def first_hour(self, receiver: Receiver) -> int | None:
        """A receiver's first hour, where it is over."""
        first = receiver.first_hour
        return None if first is None or first >= self.until else first

    def holds(self, truth: Receiver) -> bool:
        """Whether the guess agrees with what the ledger knows of the receiver."""
        return self._told(self.receiver) == self._told(truth)

    def _told(self, receiver: Receiver) -> tuple[object, ...]:
        first = self.first_hour(receiver)
        return receiver.report_count, first, self.hours(receiver), self.days(receiver)


def _delta(copy: Receiver, tile: Tile) -> ReceiverDelta:
    """What a payment added, from its hour alone."""
    day = Day(tile.number // HOURS, settled=tile.count, paise=tile.paise, fresh=tile.fresh)
    return ReceiverDelta(copy.upi_id, day, tile)
