"""The payee as everybody's payments show it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from upi_risk.domain.indian_time import indian_day
from upi_risk.domain.payment import UpiId
from upi_risk.domain.scores import receiver_reputation
from upi_risk.domain.track_record import Day, TrackRecord


@dataclass(frozen=True, slots=True)
class Receiver:
    """What is known of a receiver.

    Settled payments count only a week later, so a copy may lag by days without changing any answer; only a
    report makes it stale, and ``report_count`` tells which of two copies is the newer.

    Attributes:
        report_count: fraud reports ever made.
        track: settled payments and reports by day.
    """

    upi_id: UpiId
    report_count: int = 0
    track: TrackRecord = field(default_factory=TrackRecord)

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
