"""What must be true of the database after any fault, in SQL."""

from __future__ import annotations

from collections.abc import Collection

import psycopg

# Of the features, the second is the payer's count of payments, up to 100; the eleventh is 1 for a receiver new to them.
# What a payer's count is above their rows was archived, and came before them.
_WRONG = {
    "users whose count is not that of their rows, where none were archived": """
        SELECT count(*) FROM users u
         WHERE transaction_count <> (SELECT count(*) FROM transactions t WHERE t.user_id = u.user_id)
           AND NOT EXISTS (SELECT 1 FROM archived_partitions)
    """,
    "users whose count is less than their rows": """
        SELECT count(*) FROM users u
         WHERE transaction_count < (SELECT count(*) FROM transactions t WHERE t.user_id = u.user_id)
    """,
    "payments that are counted and neither here nor archived": """
        SELECT (SELECT coalesce(sum(transaction_count), 0) FROM users) - (SELECT count(*) FROM transactions)
             - (SELECT coalesce(sum(number), 0) FROM archived_partitions)
    """,
    "keys with more than one row": """
        SELECT count(*) FROM (SELECT 1 FROM transactions WHERE idempotency_key IS NOT NULL
                               GROUP BY user_id, idempotency_key HAVING count(*) > 1) twice
    """,
    "keys that lead to no row of theirs": """
        SELECT count(*) FROM idempotency_keys k
         WHERE NOT EXISTS (SELECT 1 FROM transactions t WHERE t.user_id = k.user_id
                              AND t.transaction_id = k.transaction_id AND t.idempotency_key = k.idempotency_key)
    """,
    "rows whose key is not held": """
        SELECT count(*) FROM transactions t
         WHERE idempotency_key IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM idempotency_keys k
                            WHERE k.user_id = t.user_id AND k.idempotency_key = t.idempotency_key)
    """,
    "settled payments of pairs that are not those of their rows": """
        SELECT count(*)
          FROM payees p FULL JOIN (SELECT user_id, receiver_upi, count(*) AS settled FROM transactions
                                    WHERE settled_at IS NOT NULL GROUP BY 1, 2) t USING (user_id, receiver_upi)
         WHERE coalesce(p.settled_count, 0) <> coalesce(t.settled, 0)
    """,
    "users whose number of payees is not that of their pairs": """
        SELECT count(*) FROM users u WHERE payee_count <> (SELECT count(*) FROM payees p WHERE p.user_id = u.user_id)
    """,
    "pairs that were decided to be new for other than one settled payment": """
        SELECT count(*) FROM (SELECT 1 FROM transactions WHERE settled_at = checked_at GROUP BY user_id, receiver_upi
                              HAVING count(*) FILTER (WHERE features[11] = 1) <> 1) pairs
    """,
    "receivers whose fresh payers are not their pairs": """
        SELECT count(*)
          FROM (SELECT receiver_upi, sum(fresh) AS fresh FROM receiver_days GROUP BY 1) d
          FULL JOIN (SELECT receiver_upi, count(*) AS pairs FROM payees WHERE settled_count > 0 GROUP BY 1) p
               USING (receiver_upi)
         WHERE coalesce(fresh, 0) <> coalesce(pairs, 0)
    """,
    "payments decided without all that was committed before": """
        SELECT count(*) FROM (
            SELECT features[2] AS seen, row_number() OVER payer - 1 + transaction_count - count(*) OVER whole AS before
              FROM transactions JOIN users USING (user_id)
            WINDOW whole AS (PARTITION BY user_id), payer AS (whole ORDER BY checked_at)) decided
         WHERE seen <> least(before, 100)
    """,
}


def violations(database_url: str) -> dict[str, int]:
    """How often each invariant is broken; empty when all hold."""
    with psycopg.connect(database_url) as connection:
        found = {name: connection.execute(query).fetchone() for name, query in _WRONG.items()}
    return {name: row[0] for name, row in found.items() if row is not None and row[0]}


def lost(database_url: str, acknowledged: Collection[str]) -> int:
    """How many transactions that a caller was told of are not there."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM unnest(%s::uuid[]) AS told (transaction_id)"
            " WHERE NOT EXISTS (SELECT 1 FROM transactions t WHERE t.transaction_id = told.transaction_id)",
            [list(acknowledged)],
        ).fetchone()
    assert row is not None
    return int(row[0])


def saved(database_url: str) -> int:
    """Rows of transactions."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM transactions").fetchone()
    assert row is not None
    return int(row[0])
