"""Commits of what was computed from receivers that were brought forward: applied where the ledger has them so."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from upi_risk.domain.forward import Forward
from upi_risk.domain.history import Change

_WRONG: Final = """), wrong AS MATERIALIZED (
    SELECT guess.user_id
      FROM json_to_recordset(%(guesses)s::json) AS guess (
               user_id text, receiver_upi text, reports integer, first_hour integer, first_tile integer,
               until integer, first_day integer, end_day integer, hours bigint[], days bigint[])
      LEFT JOIN LATERAL (SELECT fraud_reports, CASE WHEN first_hour < guess.until THEN first_hour END AS first_hour
                           FROM receiver_reputation
                          WHERE receiver_upi = guess.receiver_upi
                          LIMIT 1) r ON true,
           LATERAL (SELECT array_agg(ARRAY[hour, settled, paise, fresh] ORDER BY hour) AS hours FROM receiver_hours
                     WHERE receiver_upi = guess.receiver_upi
                       AND hour >= guess.first_tile AND hour < guess.until) h,
           LATERAL (SELECT array_agg(ARRAY[day, settled, paise, fresh] ORDER BY day) AS days FROM receiver_days
                     WHERE receiver_upi = guess.receiver_upi AND settled > 0
                       AND day >= guess.first_day AND day < guess.end_day) d
     WHERE coalesce(r.fraud_reports, 0) <> guess.reports OR r.first_hour IS DISTINCT FROM guess.first_hour
        OR h.hours IS DISTINCT FROM guess.hours OR d.days IS DISTINCT FROM guess.days
), held AS MATERIALIZED ("""

_USED: Final = "NOT EXISTS (SELECT 1 FROM used"
_RIGHT: Final = "NOT EXISTS (SELECT 1 FROM wrong WHERE wrong.user_id = asked.user_id)\n               AND "


@cache
def relying(commit: str) -> str:
    """A statement that commits, with one more part that leaves out those whose guesses are wrong."""
    return commit.replace("), held AS MATERIALIZED (", _WRONG).replace(_USED, _RIGHT + _USED)


def guess_rows(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """What the changes rely on, a row for each user and receiver."""
    return [_row(change.user.user_id, guess) for change in changes for guess in change.relies]


def _row(user_id: str, guess: Forward) -> dict[str, Any]:
    receiver, (first_day, end_day) = guess.receiver, guess.days_to_compare
    return {
        "user_id": user_id,
        "receiver_upi": receiver.upi_id,
        "reports": receiver.report_count,
        "first_hour": guess.first_hour(receiver),
        "first_tile": guess.first_tile,
        "until": guess.until,
        "first_day": first_day,
        "end_day": end_day,
        "hours": guess.hours(receiver) or None,
        "days": guess.days(receiver) or None,
    }
