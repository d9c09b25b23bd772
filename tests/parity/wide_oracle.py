"""The wide facts of a history, counted naively from the words of ``docs/feature-contract.md``."""

from __future__ import annotations

from collections.abc import Iterable

from tests.parity.histories import History, Told
from tests.parity.voices import oracle
from upi_risk.domain.features import Facts
from upi_risk.domain.tiles import Flow
from upi_risk.domain.wide_facts import Flows, Outcome, WideFacts

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
INDIA = 19_800 * SECOND
EDGES = (
    1, 2, 5, 10, 15, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 700, 1_000, 1_500, 2_000, 5_000,
    10_000, 20_000, 50_000, 100_000,
)  # fmt: skip


def wide_oracle(history: History) -> list[WideFacts]:
    """The wide facts of each payment."""
    return [_counted(history, told, near) for told, near in zip(history.payments, oracle(history), strict=True)]


def _counted(history: History, told: Told, near: Facts) -> WideFacts:
    at, today = told.at, _day(told.at)
    mine = [other for other in history.payments if other.user == told.user and _settled(other, at)]
    own = [other for other in history.payments if other.user == told.user]
    theirs = [other for other in history.payments if other.receiver == told.receiver]
    cut = (at + INDIA - 300 * SECOND) // HOUR
    end = cut * HOUR - INDIA
    inflow = [other for other in theirs if other.settled is not None and other.settled < end]
    reports = [other for other in theirs if _reported(other, at) and today - 30 <= _day(other.reported or 0) <= today]
    days = [_day(other.reported or 0) for other in reports]
    return WideFacts(
        near=near,
        user=Flows(
            _flow(history, mine, _tile(at, HOUR // 12, 12)),
            _flow(history, mine, _tile(at, HOUR, 24)),
            _flow(history, mine, _tile(at, DAY, 7)),
            _flow(history, mine, _tile(at, DAY, 30)),
        ),
        user_count=len(mine),
        user_paise=sum(other.paise for other in mine),
        user_squares=sum((other.paise // 100) ** 2 for other in mine),
        below=sum(_band(other) < _band(told) for other in mine),
        alike=sum(_band(other) == _band(told) for other in mine),
        hours_away=sum(_apart(_hour(other.settled or 0), _hour(at)) for other in mine),
        user_reports=sum(_reported(other, at) and today - 30 <= _day(other.reported or 0) <= today for other in own),
        receiver=Flows(*(_taken(history, inflow, start) for start in _receiver_starts(cut))),
        receiver_payers=len({other.user for other in inflow}),
        receiver_age=max([cut - ((other.settled or 0) + INDIA) // HOUR for other in inflow], default=-1),
        outcomes=tuple(_outcome(theirs, at, window) for window in (1, 3, 7, 14, 30)),
        reported_paise=sum(other.paise for other in reports),
        first_report=today - min(days) if days else -1,
        last_report=today - max(days) if days else -1,
    )


def _receiver_starts(cut: int) -> Iterable[int]:
    midnight = cut // 24 * DAY - INDIA
    return (cut - 1) * HOUR - INDIA, (cut - 24) * HOUR - INDIA, midnight - 7 * DAY, midnight - 30 * DAY


def _tile(at: int, width: int, back: int) -> int:
    return ((at + INDIA) // width - back) * width - INDIA


def _flow(history: History, settled: list[Told], start: int) -> Flow:
    chosen = [other for other in settled if (other.settled or 0) >= start]
    return Flow(
        len(chosen),
        sum(other.paise for other in chosen),
        sum((other.paise // 100) ** 2 for other in chosen),
        sum(_fresh(history, other) for other in chosen),
        sum(_unusual(history, other) for other in chosen),
    )


def _taken(history: History, settled: list[Told], start: int) -> Flow:
    return _flow(history, settled, start)._replace(squares=0, unusual=0)


def _fresh(history: History, told: Told) -> bool:
    pair = [o for o in history.payments if (o.user, o.receiver) == (told.user, told.receiver)]
    return not any(_settled(other, told.settled or 0) for other in pair)


def _unusual(history: History, told: Told) -> bool:
    before = [o.paise for o in history.payments if o.user == told.user and _settled(o, told.settled or 0)]
    return len(before) >= 5 and told.paise > 3 * sum(before) / len(before)


def _outcome(theirs: list[Told], at: int, window: int) -> Outcome:
    today = _day(at)
    reported = sum(_reported(o, at) and today - window <= _day(o.reported or 0) <= today for o in theirs)
    days = [_day(other.settled) for other in theirs if other.settled is not None]
    return Outcome(reported, sum(today - 7 - window <= day <= today - 7 for day in days))


def _settled(told: Told, before: int) -> bool:
    return told.settled is not None and told.settled < before


def _reported(told: Told, before: int) -> bool:
    return told.reported is not None and told.reported < before


def _band(told: Told) -> int:
    return sum(edge <= told.paise // 100 for edge in EDGES)


def _hour(at: int) -> int:
    return (at + INDIA) // HOUR % 24


def _apart(one: int, other: int) -> int:
    return min((one - other) % 24, (other - one) % 24)


def _day(at: int) -> int:
    return (at + INDIA) // DAY
