"""The statements of the hot path. Each is one round trip for a whole batch; rows travel as JSON both ways.

JSON, because tracks and features are arrays of different lengths, which arrays of columns cannot hold, and because
encoding and decoding whole batches of it costs the client a tenth of what single values do. Numbers and instants keep
every digit in it. Features are the exception: the 70 of a payment are most of its numbers, so those of a batch are one
array, and each row takes its own out of it.
"""

from __future__ import annotations

from typing import Final

from upi_risk.adapters.postgres.rows import AddedRow, PayeeRow
from upi_risk.domain.tiles import HOUR_TILES
from upi_risk.domain.track_record import REACH_DAYS

HOURS_KEPT: Final = 48
"""Hours of a receiver that have a row; an hour takes the row of the one two days before."""

LOAD: Final = f"""
WITH wanted AS MATERIALIZED (
    SELECT *
      FROM json_to_recordset(%(wanted)s::json) AS row (
               user_id text, receiver_upi text, idempotency_key text, transaction_id uuid)
)
SELECT 'user', to_json(u)::text
  FROM (SELECT DISTINCT user_id FROM wanted) w,
       LATERAL (SELECT * FROM users WHERE user_id = w.user_id LIMIT 1) u
UNION ALL
SELECT 'payee', to_json(p)::text
  FROM (SELECT DISTINCT user_id, receiver_upi FROM wanted) w,
       LATERAL (SELECT * FROM payees
                 WHERE user_id = w.user_id AND receiver_upi = w.receiver_upi
                 LIMIT 1) p
UNION ALL
SELECT 'receiver', json_build_object(
           'receiver_upi', w.receiver_upi, 'fraud_reports', r.fraud_reports, 'payers', r.payers,
           'first_hour', r.first_hour, 'track', d.track, 'hours', h.hours)::text
  FROM (SELECT DISTINCT receiver_upi FROM wanted) w,
       LATERAL (SELECT fraud_reports, payers, first_hour FROM receiver_reputation
                 WHERE receiver_upi = w.receiver_upi
                 LIMIT 1) r,
       LATERAL (SELECT array_agg(ARRAY[hour, settled, paise, fresh] ORDER BY hour) AS hours FROM receiver_hours
                 WHERE receiver_upi = w.receiver_upi
                   AND hour >= (SELECT max(hour) FROM receiver_hours
                                 WHERE receiver_upi = w.receiver_upi) - {HOUR_TILES + 1}) h,
       LATERAL (SELECT array_agg(ARRAY[day, settled, reports, paise, fresh, reported, reported_paise] ORDER BY day)
                       AS track FROM receiver_days
                 WHERE receiver_upi = w.receiver_upi
                   AND day >= (SELECT max(day) FROM receiver_days
                                WHERE receiver_upi = w.receiver_upi) - {REACH_DAYS}) d
UNION ALL
SELECT 'answer', CASE WHEN current_setting('synchronous_standby_names') = ''
                        OR pg_logical_emit_message(true, 'upi_risk', '') IS NOT NULL THEN to_json(t)::text END
  FROM wanted w,
       LATERAL (SELECT transaction_id FROM idempotency_keys
                 WHERE user_id = w.user_id AND idempotency_key = w.idempotency_key
                 LIMIT 1) k,
       LATERAL transaction_of(w.user_id, k.transaction_id) t
UNION ALL
SELECT 'transaction', to_json(t)::text
  FROM wanted w,
       LATERAL transaction_of(w.user_id, w.transaction_id) t
 WHERE w.transaction_id IS NOT NULL
"""  # noqa: S608 - a constant number
"""What is wanted, as of one moment. LIMIT 1 makes each key a look-up of its own, whatever sizes the planner assumes.

A stored answer is told only when it is on the standby, where there is a synchronous one: a commit whose waiting was cut
short shows its rows though they are nowhere else. The message written for it is a commit of its own, and waits for all
that came before.
Transactions are read by a function, so that a statement that finds no key of theirs does not open all their partitions.
"""

_ADDED: Final = ", ".join(AddedRow.__struct_fields__)
_PAYEE: Final = ", ".join(PayeeRow.__struct_fields__)

COMMIT: Final = f"""
WITH asked AS MATERIALIZED (
    SELECT *
      FROM json_to_recordset(%(users)s::json) AS row (
               user_id text, expected_version bigint, version bigint, last_event_at timestamptz,
               last_login_at timestamptz, login_count integer, transaction_count integer, settled_count integer,
               settled_paise bigint, largest_paise bigint, payee_count integer, last_settled_at timestamptz,
               track integer[], habits json)
), used AS MATERIALIZED (
    SELECT k.user_id
      FROM json_to_recordset(%(retries)s::json) AS retry (user_id text, idempotency_key text),
           LATERAL (SELECT user_id FROM idempotency_keys
                     WHERE user_id = retry.user_id AND idempotency_key = retry.idempotency_key
                     LIMIT 1) k
), held AS MATERIALIZED (
    SELECT *
      FROM (SELECT * FROM asked
             WHERE NOT EXISTS (SELECT 1 FROM used WHERE used.user_id = asked.user_id)
             ORDER BY user_id) sorted,
           LATERAL (SELECT ctid AS place FROM users
                     WHERE user_id = sorted.user_id AND version = sorted.expected_version
                     LIMIT 1 FOR NO KEY UPDATE) u
), applied AS (
    UPDATE users u
       SET version = held.version, last_event_at = held.last_event_at, last_login_at = held.last_login_at,
           login_count = held.login_count, transaction_count = held.transaction_count,
           settled_count = held.settled_count, settled_paise = held.settled_paise,
           largest_paise = held.largest_paise, payee_count = held.payee_count,
           last_settled_at = held.last_settled_at, track = held.track, habits = held.habits
      FROM held
     WHERE u.ctid = held.place
    RETURNING u.user_id, u.last_event_at
), added AS (
    INSERT INTO transactions ({_ADDED}, features)
    SELECT {_ADDED},
           (%(features)s::float8[])[(%(ends)s::int[])[ordinality] + 1 : (%(ends)s::int[])[ordinality + 1]]
      FROM json_populate_recordset(NULL::transactions, %(transactions)s::json) WITH ORDINALITY AS sent
      JOIN applied USING (user_id)
    RETURNING user_id, idempotency_key, transaction_id
), keys AS (
    INSERT INTO idempotency_keys (user_id, idempotency_key, transaction_id)
    SELECT user_id, idempotency_key, transaction_id FROM added WHERE idempotency_key IS NOT NULL
), pairs AS (
    INSERT INTO payees ({_PAYEE})
    SELECT {_PAYEE}
      FROM json_populate_recordset(NULL::payees, %(payees)s::json) JOIN applied USING (user_id)
        ON CONFLICT (user_id, receiver_upi) DO UPDATE
       SET settled_count = excluded.settled_count, first_settled_at = excluded.first_settled_at,
           disputed = excluded.disputed
), deltas AS MATERIALIZED (
    SELECT row.*, last_event_at
      FROM json_to_recordset(%(deltas)s::json) AS row (
               user_id text, receiver_upi text, day integer, settled integer, reports integer, paise bigint,
               fresh integer, reported integer, reported_paise bigint, hour integer)
      JOIN applied USING (user_id)
), seen AS (
    INSERT INTO receiver_reputation
           (receiver_upi, first_seen_at, fraud_reports, reputation_score, updated_at, payers, first_hour)
    SELECT receiver_upi, min(last_event_at), 0, %(unseen)s::double precision, min(last_event_at), sum(fresh), min(hour)
      FROM deltas GROUP BY receiver_upi ORDER BY receiver_upi
        ON CONFLICT (receiver_upi) DO UPDATE
       SET payers = receiver_reputation.payers + excluded.payers,
           first_hour = least(receiver_reputation.first_hour, excluded.first_hour)
     WHERE excluded.payers > 0
        OR (receiver_reputation.first_hour IS NULL AND excluded.first_hour IS NOT NULL)
), days AS (
    INSERT INTO receiver_days (receiver_upi, day, settled, reports, paise, fresh, reported, reported_paise)
    SELECT receiver_upi, day, sum(settled), sum(reports), sum(paise), sum(fresh), sum(reported), sum(reported_paise)
      FROM deltas GROUP BY receiver_upi, day ORDER BY receiver_upi, day
        ON CONFLICT (receiver_upi, day) DO UPDATE
       SET settled = receiver_days.settled + excluded.settled, reports = receiver_days.reports + excluded.reports,
           paise = receiver_days.paise + excluded.paise, fresh = receiver_days.fresh + excluded.fresh,
           reported = receiver_days.reported + excluded.reported,
           reported_paise = receiver_days.reported_paise + excluded.reported_paise
), hours AS (
    INSERT INTO receiver_hours AS held (receiver_upi, slot, hour, settled, paise, fresh)
    SELECT receiver_upi, mod(hour, {HOURS_KEPT}), hour, sum(settled), sum(paise), sum(fresh)
      FROM deltas WHERE hour IS NOT NULL GROUP BY receiver_upi, hour ORDER BY receiver_upi, hour
        ON CONFLICT (receiver_upi, slot) DO UPDATE
       SET (hour, settled, paise, fresh) = (SELECT excluded.hour,
               excluded.settled + CASE held.hour WHEN excluded.hour THEN held.settled ELSE 0 END,
               excluded.paise + CASE held.hour WHEN excluded.hour THEN held.paise ELSE 0 END,
               excluded.fresh + CASE held.hour WHEN excluded.hour THEN held.fresh ELSE 0 END)
     WHERE held.hour <= excluded.hour
)
SELECT user_id FROM applied
"""  # noqa: S608 - column names and a number of our own
"""Applies changes to users that still have the expected version and bring no used key, and answers whose they were.

Everybody locks users by id, then receivers by id, so that no two batches wait for each other. Under READ COMMITTED a
lock that had to wait looks at the version once more; the row it holds stays in its place, where the update finds it.
"""

_KEPT_BY_OTHERS: Final = """), touched AS MATERIALIZED (
    SELECT DISTINCT user_id, receiver_upi, day, mod(hour, {slots}) AS slot
      FROM json_to_recordset(%(deltas)s::json) AS row (user_id text, receiver_upi text, day integer, hour integer)
), kept AS MATERIALIZED ({kept}
), """
_KEPT: Final = """
    SELECT user_id
      FROM touched,
           LATERAL (SELECT FROM {table} r WHERE {key} LIMIT 1) there
      LEFT JOIN LATERAL (SELECT true AS free FROM {table} r
                          WHERE {key} LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) got ON true
     WHERE got.free IS NULL"""
_KEYS: Final = {
    "receiver_reputation": "r.receiver_upi = touched.receiver_upi",
    "receiver_days": "r.receiver_upi = touched.receiver_upi AND r.day = touched.day",
    "receiver_hours": "r.receiver_upi = touched.receiver_upi AND r.slot = touched.slot",
}

COMMIT_AROUND_LOCKED: Final = (
    COMMIT.replace("FOR NO KEY UPDATE", "FOR NO KEY UPDATE SKIP LOCKED")
    .replace(
        "), held AS MATERIALIZED (",
        _KEPT_BY_OTHERS.format(
            slots=HOURS_KEPT, kept=" UNION ALL".join(_KEPT.format(table=t, key=k) for t, k in _KEYS.items())
        )
        + "held AS MATERIALIZED (",
    )
    .replace(
        "WHERE NOT EXISTS (SELECT 1 FROM used",
        "WHERE NOT EXISTS (SELECT 1 FROM kept WHERE kept.user_id = asked.user_id)\n"
        "               AND NOT EXISTS (SELECT 1 FROM used",
    )
)
"""The same, for users of whom, and of whose receivers, nobody else has a row locked at this instant.

Their receivers' rows are locked before the users', and not waited for. A receiver whom another transaction is about to
add is the one thing that is still waited for: there is no row to see yet.
"""

AMEND: Final = """
WITH amended AS MATERIALIZED (
    SELECT * FROM json_populate_recordset(NULL::transactions, %(amended)s::json)
), cleared AS (
    DELETE FROM fraud_reports f
     USING amended
     WHERE f.user_id = %(user_id)s AND f.user_id = amended.user_id AND f.transaction_id = amended.transaction_id
       AND amended.reported_at IS NULL
)
UPDATE transactions t
   SET status = amended.status, settled_at = amended.settled_at, reported_at = amended.reported_at
  FROM amended
 WHERE t.user_id = %(user_id)s AND t.user_id = amended.user_id AND t.transaction_id = amended.transaction_id
"""

"""What transactions became; a report of one that is no fraud any more is deleted."""

LABEL: Final = """
INSERT INTO fraud_reports (user_id, transaction_id, receiver_upi, reported_at, source)
SELECT user_id, transaction_id, receiver_upi, reported_at, source
  FROM json_populate_recordset(NULL::fraud_reports, %(reports)s::json)
"""

COUNT_REPORTS: Final = """
UPDATE receiver_reputation SET fraud_reports = fraud_reports + %(reports)s WHERE receiver_upi = %(receiver)s
"""

RATE: Final = """
UPDATE receiver_reputation SET reputation_score = %(score)s, updated_at = %(at)s WHERE receiver_upi = %(receiver)s
"""
