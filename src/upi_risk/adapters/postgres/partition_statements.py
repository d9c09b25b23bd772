"""The statements that make partitions and take them away, and how ids and instants bound them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from upi_risk.domain.indian_time import epoch_us
from upi_risk.domain.partitions import Partition
from upi_risk.domain.review import made_at

TABLE: Final = "transactions"
REST: Final = "transactions_rest"
LOCK_MS: Final = 80
"""How long a lock that payments need too is waited for; they wait behind whoever waits, 100 ms at most."""

AHEAD_AT_MOST: Final = timedelta(days=1)
"""How far a clock may have been ahead before payments of its users are not found by their period any more."""

MILLISECOND: Final = timedelta(milliseconds=1)

LISTED: Final = f"""
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid),
       CASE WHEN pg_relation_size(c.oid) = 0 THEN 0
            WHEN c.reltuples > 0 AND c.relpages > 0
            THEN (c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::int))::bigint
        END,
       pg_total_relation_size(c.oid)
  FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
 WHERE c.relkind = 'r' AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = '{TABLE}'::regclass)
   AND (i.inhparent = '{TABLE}'::regclass
        OR i.inhparent IS NULL AND c.relname ~ '^{TABLE}_([0-9]{{4}}_[0-9]{{2}}|first)$')
"""  # noqa: S608 - constants
"""Rows are told as the planner has them: by what ANALYZE saw on a page. Where it saw none yet, nobody knows."""

IN_REST: Final = f"""
SELECT date_part('year', at)::int, date_part('month', at)::int, count(*)
  FROM (SELECT to_timestamp(('x0000' || left(replace(transaction_id::text, '-', ''), 12))::bit(64)::bigint / 1000)
               AT TIME ZONE 'UTC' AS at
          FROM {REST} LIMIT 1000000) held
 GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608 - constants

MAKE: Final = "SELECT make_partition(CAST(:month AS date), :most)"

FORGET_KEYS: Final = """
WITH page AS MATERIALIZED (
    SELECT user_id, transaction_id, idempotency_key FROM {name}
     WHERE (user_id, transaction_id) > (:user_id, CAST(:transaction_id AS uuid))
     ORDER BY user_id, transaction_id LIMIT 2000
), gone AS (
    DELETE FROM idempotency_keys k USING page
     WHERE k.user_id = page.user_id AND k.idempotency_key = page.idempotency_key
       AND k.transaction_id = page.transaction_id
    RETURNING 1
)
SELECT user_id, transaction_id::text, (SELECT count(*) FROM gone) FROM page
 ORDER BY user_id DESC, transaction_id DESC LIMIT 1
"""

_BOUNDS: Final = re.compile(r"FROM \((?:'([0-9a-f-]{36})'|MINVALUE)\) TO \((?:'([0-9a-f-]{36})'|MAXVALUE)\)")


def first_id(at: datetime) -> str:
    """The least id that carries an instant, or a later one: ids of version 7 begin with milliseconds."""
    digits = f"{max(0, epoch_us(at)) // 1_000:012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"


def within(first: datetime | None, end: datetime | None) -> str:
    """A condition on ``t.transaction_id`` that only leaves partitions out: checks of a period are not elsewhere.

    A payment is never checked before the instant that its id carries. It is checked later where a clock was ahead when
    its payer paid before, and is looked for up to a day later.

    Args:
        first: the first instant; None is without a beginning.
        end: the instant after the last; None is without an end.
    """
    conditions = ["TRUE"]
    if first is not None:
        conditions.append(f"t.transaction_id >= '{first_id(first - AHEAD_AT_MOST)}'")
    if end is not None:
        conditions.append(f"t.transaction_id < '{first_id(end + MILLISECOND)}'")
    return " AND ".join(conditions)


def bounds(first: datetime, end: datetime) -> dict[str, str]:
    """The same as values, of ``first_id`` and ``end_id``."""
    return {"first_id": first_id(first - AHEAD_AT_MOST), "end_id": first_id(end + MILLISECOND)}


def partition(name: str, bounds: str | None, number: int | None, size: int) -> Partition:
    """What a row of :data:`LISTED` says."""
    if bounds is None or bounds == "DEFAULT":
        return Partition(name, None, None, number, size, attached=bounds is not None, rest=bounds is not None)
    found = _BOUNDS.search(bounds)
    begins, ends = (made_at(bound) if bound else None for bound in (found.groups() if found else (None, None)))
    return Partition(name, begins, ends, number, size)
