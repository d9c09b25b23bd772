"""How payments of one party turned out, day by day, over the last weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from upi_risk.domain.indian_time import indian_day
from upi_risk.domain.tiles import NO_FLOW, Flow

MATURITY_DAYS: Final = 7
"""A payment counts as good when it has stayed unreported this long; reports mostly come sooner."""

WINDOW_DAYS: Final = 30
"""How far back good payments count, from when they matured, and reports are taken off them."""

RECENT_DAYS: Final = 7
"""How far back a report weighs for itself: a receiver that cheats, or an account that is abused, does so in bursts."""

REACH_DAYS: Final = WINDOW_DAYS + MATURITY_DAYS
"""Days before today that are remembered at all."""


class Day(NamedTuple):
    """One Indian day of a payer or a receiver.

    Attributes:
        number: of the day; 0 is 1970-01-01.
        settled: payments settled on it.
        reports: fraud reports made on it; against a receiver, the first of each payer alone.
        paise: the sum of what settled. This and what follows is kept of receivers alone.
        fresh: of what settled, first payments of a payer.
        reported: payments reported on it, whoever reported them.
        reported_paise: their sum.
    """

    number: int
    settled: int = 0
    reports: int = 0
    paise: int = 0
    fresh: int = 0
    reported: int = 0
    reported_paise: int = 0

    def plus(self, other: Day) -> Day:
        """Both together; the number is this one's."""
        return Day(
            self.number,
            self.settled + other.settled,
            self.reports + other.reports,
            self.paise + other.paise,
            self.fresh + other.fresh,
            self.reported + other.reported,
            self.reported_paise + other.reported_paise,
        )


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Settled payments and fraud reports of a payer or a receiver, an entry a day.

    Bounded: days out of reach are dropped at each event, so at most ``REACH_DAYS + 1`` remain.

    Attributes:
        days: ascending by number, no number twice.
    """

    days: tuple[Day, ...] = ()

    def settled(self, at: datetime) -> TrackRecord:
        """The record after a payment settled at this instant."""
        return self.plus(Day(indian_day(at), settled=1))

    def reported(self, at: datetime) -> TrackRecord:
        """The record after a fraud report made at this instant."""
        return self.plus(Day(indian_day(at), reports=1))

    def plus(self, day: Day) -> TrackRecord:
        """The record with a day's counts added."""
        if not self.days or day.number > self.days[-1].number:
            oldest = day.number - REACH_DAYS
            return TrackRecord((*(held for held in self.days if held.number >= oldest), day))
        if day.number == self.days[-1].number:
            return TrackRecord((*self.days[:-1], self.days[-1].plus(day)))
        merged = {held.number: held for held in self.days}
        merged[day.number] = merged.get(day.number, Day(day.number)).plus(day)
        newest = max(merged)
        return TrackRecord(tuple(merged[number] for number in sorted(merged) if number >= newest - REACH_DAYS))

    def good(self, today: int) -> int:
        """Payments settled in the days ``[today - 37, today - 7)``, less reports made in ``[today - 30, today]``.

        Not below 0: a report may concern a payment that is no longer counted.
        """
        settled_from, settled_end = today - REACH_DAYS, today - MATURITY_DAYS
        settled = 0
        for day in self.days:
            if day.number >= settled_end:
                break
            if day.number >= settled_from:
                settled += day.settled
        return max(0, settled - self.reports_since(today - WINDOW_DAYS, today)) if settled else 0

    def reports(self, today: int) -> int:
        """Fraud reports made in the days ``[today - 7, today]``."""
        return self.reports_since(today - RECENT_DAYS, today)

    def flow(self, first: int, end: int) -> Flow:
        """What settled in the days ``[first, end)``."""
        if not self.days or self.days[-1].number < first:
            return NO_FLOW
        settled = paise = fresh = 0
        for day in reversed(self.days):
            if day.number < first:
                break
            if day.number < end:
                settled, paise, fresh = settled + day.settled, paise + day.paise, fresh + day.fresh
        return Flow(count=settled, paise=paise, squares=0, fresh=fresh, unusual=0)

    def reports_since(self, first: int, last: int) -> int:
        """Fraud reports made in the days ``[first, last]``."""
        reports = 0
        for day in reversed(self.days):
            if day.number < first:
                break
            if day.number <= last:
                reports += day.reports
        return reports

    def reported_since(self, first: int, last: int) -> list[Day]:
        """The days ``[first, last]`` with reported payments, ascending."""
        return [day for day in self.days if day.reported and first <= day.number <= last]
