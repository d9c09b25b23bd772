"""Roles, keys of services, the audit log, and findings about payments.

Only adds. Payments wait while the two indexes on transactions are built, about a second for a million rows of it. On a
large table that is in use, build them before, by hand and one after the other, with CREATE INDEX CONCURRENTLY and the
same names: they are then found here. The first holds payments to be reviewed alone, the second a few bytes for a
hundred pages.
"""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0060"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "CREATE TABLE user_roles (user_id text PRIMARY KEY, role text NOT NULL, given_at timestamptz NOT NULL)",
    """
    CREATE TABLE api_keys (
        key_id text PRIMARY KEY,
        digest bytea NOT NULL,
        label text NOT NULL,
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL,
        revoked_at timestamptz,
        last_used_at timestamptz
    )
    """,
    "CREATE UNIQUE INDEX idx_api_keys_digest ON api_keys (digest)",
    "COMMENT ON COLUMN api_keys.last_used_at IS 'To the hour'",
    """
    CREATE TABLE audit (
        number bigint PRIMARY KEY,
        at timestamptz NOT NULL,
        actor text NOT NULL,
        deed text NOT NULL,
        subject text NOT NULL,
        detail text NOT NULL,
        previous bytea NOT NULL,
        digest bytea NOT NULL
    )
    """,
    "COMMENT ON COLUMN audit.previous IS 'The digest of the record before'",
    "COMMENT ON COLUMN audit.digest IS 'SHA-256 of previous and the content'",
    """
    CREATE TABLE reviews (
        user_id text NOT NULL,
        transaction_id uuid NOT NULL,
        finding text NOT NULL,
        reviewer text NOT NULL,
        reviewed_at timestamptz NOT NULL,
        note text NOT NULL,
        PRIMARY KEY (user_id, transaction_id)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS idx_transactions_cases ON transactions (checked_at, transaction_id)
     WHERE decision <> 'ALLOW'
    """,
    """
    CREATE INDEX IF NOT EXISTS idx_transactions_checked_at ON transactions
     USING brin (timezone('UTC', checked_at)) WITH (autosummarize = on)
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX idx_transactions_checked_at, idx_transactions_cases")
    op.execute("DROP TABLE reviews, audit, api_keys, user_roles")
