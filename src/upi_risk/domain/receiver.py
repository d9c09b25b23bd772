"""The payee as everybody's payments show it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from upi_risk.domain.indian_time import indian_day
from upi_risk.domain.payment import UpiId
from upi_risk.domain.scores import receiver_reputation
from upi_risk.domain.track_record import MATURITY_DAYS, Day, TrackRecord


@dataclass(frozen=True, slots=True)
class Receiver:
    """What is known of a receiver.

    Settled payments count only a week later, so a copy may lag by a week without changing any answer; before that
    only a report makes it stale, and ``report_count`` tells which of two copies is the newer.

    Attributes:
        report_count: fraud reports ever made.
        track: settled payments and reports by day.
        as_of_day: the Indian day that a copy was read on; None for what comes from the ledger itself.
    """

    upi_id: UpiId
    report_count: int = 0
    track: TrackRecord = field(default_factory=TrackRecord)
    as_of_day: int | None = None

    def copied(self, at: datetime) -> Receiver:
        """A copy read at this instant, to be kept."""
        return replace(self, as_of_day=indian_day(at))

    def serves(self, at: datetime) -> bool:
        """Whether a copy still holds every settled payment that counts at this instant."""
        return self.as_of_day is None or indian_day(at) - self.as_of_day <= MATURITY_DAYS

    def reported(self, at: datetime) -> Receiver:
        """The receiver after a fraud report."""
        return replace(self, report_count=self.report_count + 1, track=self.track.reported(at))

    def reputation(self, at: datetime) -> float:
        """0 to 1; see :func:`upi_risk.domain.scores.receiver_reputation`."""
        today = indian_day(at)
        return float(receiver_reputation(self.track.good(today), self.track.reports(today)))


@dataclass(frozen=True, slots=True)
class ReceiverDelta:
    """What one event adds to a receiver's day."""

    receiver: UpiId
    day: Day
