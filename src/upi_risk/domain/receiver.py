"""The payee as everybody's payments show it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from upi_risk.domain.habits import HOURS
from upi_risk.domain.indian_time import HOUR_US, SECOND_US, epoch_us, indian_day
from upi_risk.domain.payment import UpiId
from upi_risk.domain.scores import Value, receiver_reputation
from upi_risk.domain.tiles import HOUR_TILES, Tile, Tiles, indian_tile, with_tile
from upi_risk.domain.track_record import MATURITY_DAYS, Day, TrackRecord

SETTLING_US: Final = 300 * SECOND_US
"""An hour is complete this long after its end: everything that happened in it is committed, whoever's clock it was."""


def completed_hours(at_us: Value) -> Value:
    """The number of the Indian hour that payments to a receiver count up to at an instant, itself left out."""
    return indian_tile(at_us - SETTLING_US, HOUR_US)


@dataclass(frozen=True, slots=True)
class Receiver:
    """What is known of a receiver.

    Settled payments count from the end of their hour on, or, for the baseline features, a week later; so a copy may
    lag by that much without changing any answer. Before that only a report makes it stale, and ``report_count`` tells
    which of two copies is the newer.

    Attributes:
        report_count: fraud reports ever made.
        track: payments and reports by day.
        hours: settled payments by Indian hour, for the last day.
        payer_count: payers that ever paid it.
        first_hour: the Indian hour of the first settled payment; None if there is none.
        as_of_hour: the completed hours when a copy was read; None for what comes from the ledger itself.
    """

    upi_id: UpiId
    report_count: int = 0
    track: TrackRecord = field(default_factory=TrackRecord)
    hours: Tiles = ()
    payer_count: int = 0
    first_hour: int | None = None
    as_of_hour: int | None = None

    def copied(self, at: datetime) -> Receiver:
        """A copy read at this instant, to be kept."""
        return self.copied_in(completed_hours(epoch_us(at)))

    def copied_in(self, hours: int) -> Receiver:
        """A copy that holds every payment before this hour."""
        return replace(self, as_of_hour=hours)

    def serves(self, at: datetime, *, to_the_hour: bool = False) -> bool:
        """Whether a copy still holds every payment that counts at this instant.

        Args:
            at: the instant.
            to_the_hour: whether payments count from the end of their hour on; if not, a week later.
        """
        if self.as_of_hour is None:
            return True
        if to_the_hour:
            return bool(self.as_of_hour >= completed_hours(epoch_us(at)))
        return indian_day(at) - self.as_of_hour // HOURS <= MATURITY_DAYS

    def plus(self, delta: ReceiverDelta) -> Receiver:
        """The receiver after what one event adds."""
        hours, first = self.hours, self.first_hour
        if delta.hour is not None:
            hours = with_tile(hours, delta.hour, HOUR_TILES + 1)
            first = delta.hour.number if first is None else min(first, delta.hour.number)
        return replace(
            self,
            report_count=self.report_count + delta.day.reported,
            track=self.track.plus(delta.day),
            hours=hours,
            payer_count=self.payer_count + delta.day.fresh,
            first_hour=first,
        )

    def payers_before(self, hour: int) -> int:
        """Payers that had paid it before an Indian hour, one of the latest day."""
        return self.payer_count - sum(tile.fresh for tile in self.hours if tile.number >= hour)

    def hours_known(self, hour: int) -> int:
        """Hours from the first payment to an Indian hour; -1 if there was none before."""
        return -1 if self.first_hour is None or self.first_hour >= hour else hour - self.first_hour

    def reputation(self, at: datetime) -> float:
        """0 to 1; see :func:`upi_risk.domain.scores.receiver_reputation`."""
        today = indian_day(at)
        return float(receiver_reputation(self.track.good(today), self.track.reports(today)))


@dataclass(frozen=True, slots=True)
class ReceiverDelta:
    """What one event adds to a receiver: to a day, and if it is a payment, to an hour."""

    receiver: UpiId
    day: Day
    hour: Tile | None = None

    @classmethod
    def settled(cls, receiver: UpiId, paise: int, at: datetime, *, fresh: bool) -> ReceiverDelta:
        """A payment settled; ``fresh`` if it is its payer's first to the receiver."""
        day = Day(indian_day(at), settled=1, paise=paise, fresh=int(fresh))
        hour = indian_tile(epoch_us(at), HOUR_US)
        return cls(receiver, day, Tile(hour, 1, paise, fresh=int(fresh)))

    @classmethod
    def reported(cls, receiver: UpiId, paise: int, at: datetime, *, first: bool) -> ReceiverDelta:
        """A payment was reported; ``first`` if its payer never reported one to the receiver before."""
        return cls(receiver, Day(indian_day(at), reports=int(first), reported=1, reported_paise=paise))
