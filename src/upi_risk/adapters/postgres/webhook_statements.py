"""What is told of decisions and labels, in the statements that commit them."""

from __future__ import annotations

from functools import cache
from typing import Final

_DATA: Final = """json_build_object(
           'transaction_id', added.transaction_id, 'user_id', added.user_id, 'amount_paise', added.amount_paise,
           'decision', added.decision, 'risk_level', added.level, 'risk_score', added.score,
           'factors', (SELECT coalesce(json_agg(factor ->> 'code'), '[]')
                         FROM jsonb_array_elements(added.factors) factor),
           'model_version', added.model_version, 'rules_version', added.rules_version)"""

_TOLD: Final = f"""
), told AS (
    INSERT INTO webhook_messages (webhook_id, event_id, kind, body, created_at, next_at)
    SELECT webhook_id, event.name || added.transaction_id, event.kind,
           json_build_object('type', event.kind, 'timestamp', added.checked_at, 'data', {_DATA})::text,
           added.checked_at, added.checked_at
      FROM added
      JOIN (VALUES ('decision.made', 'decision_'), ('review.needed', 'review_')) AS event (kind, name)
        ON event.kind = 'decision.made' OR added.decision <> 'ALLOW'
      JOIN webhooks ON event.kind = ANY (webhooks.kinds)
        ON CONFLICT DO NOTHING
)
SELECT user_id FROM applied
"""  # noqa: S608 - constants


@cache
def telling(commit: str) -> str:
    """A statement that commits decisions, with one more part that puts messages in for who wants them."""
    added = commit.replace("RETURNING user_id, idempotency_key, transaction_id\n", "RETURNING *\n")
    return added.replace("\n)\nSELECT user_id FROM applied\n", _TOLD)


TELL_LABELS: Final = """
INSERT INTO webhook_messages (webhook_id, event_id, kind, body, created_at, next_at)
SELECT webhook_id, 'label_' || label.transaction_id, 'label.arrived',
       json_build_object('type', 'label.arrived', 'timestamp', label.reported_at, 'data', json_build_object(
           'transaction_id', label.transaction_id, 'user_id', label.user_id, 'source', label.source))::text,
       label.reported_at, label.reported_at
  FROM json_populate_recordset(NULL::fraud_reports, %(reports)s::json) AS label
  JOIN webhooks ON 'label.arrived' = ANY (webhooks.kinds)
    ON CONFLICT DO NOTHING
"""

PUT: Final = """
INSERT INTO webhook_messages (webhook_id, event_id, kind, body, created_at, next_at)
SELECT webhook_id, %(event_id)s, %(kind)s, %(body)s, %(at)s, %(at)s
  FROM webhooks WHERE %(kind)s = ANY (kinds)
    ON CONFLICT DO NOTHING
"""

CLAIM: Final = """
UPDATE webhook_messages m
   SET attempts = m.attempts + 1, next_at = %(until)s
  FROM (SELECT webhook_id, event_id FROM webhook_messages
         WHERE next_at <= %(now)s
         ORDER BY next_at
         LIMIT %(most)s FOR UPDATE SKIP LOCKED) due, webhooks w
 WHERE m.webhook_id = due.webhook_id AND m.event_id = due.event_id AND w.webhook_id = due.webhook_id
RETURNING m.webhook_id, m.event_id, m.kind, m.body, m.attempts, w.url, w.secret, m.created_at
"""

FORGET: Final = "DELETE FROM webhook_messages WHERE webhook_id = %(webhook_id)s AND event_id = %(event_id)s"

FAILED: Final = """
UPDATE webhook_messages
   SET next_at = %(again)s, error = %(error)s, died_at = CASE WHEN %(again)s::timestamptz IS NULL THEN %(at)s END
 WHERE webhook_id = %(webhook_id)s AND event_id = %(event_id)s
"""

DEAD: Final = """
SELECT webhook_id, event_id, kind, attempts, died_at, error FROM webhook_messages
 WHERE died_at IS NOT NULL ORDER BY died_at, webhook_id, event_id
"""

REPLAY: Final = """
UPDATE webhook_messages SET next_at = %(at)s, died_at = NULL, error = NULL, attempts = 0
 WHERE died_at IS NOT NULL AND (event_id = ANY (%(event_ids)s::text[]) OR cardinality(%(event_ids)s::text[]) = 0)
"""
