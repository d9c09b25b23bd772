"""Users, their transactions, payees and tokens, and what is known of receivers.

Every large table's primary key leads with ``user_id`` (receivers' with ``receiver_upi``), so that the same schema can
be spread over many servers. Tables whose rows are updated at each check keep a share of each page free and index no
column that changes, so that an update stays on its page and touches no index (HOT).
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE users (
        user_id text PRIMARY KEY,
        name text NOT NULL,
        mobile text NOT NULL,
        created_at timestamptz NOT NULL,
        last_event_at timestamptz NOT NULL,
        last_login_at timestamptz NOT NULL,
        version bigint NOT NULL,
        login_count integer NOT NULL,
        transaction_count integer NOT NULL,
        settled_count integer NOT NULL,
        settled_paise bigint NOT NULL,
        largest_paise bigint NOT NULL,
        payee_count integer NOT NULL,
        last_settled_at timestamptz,
        track integer[] NOT NULL
    ) WITH (fillfactor = 70)
    """,
    "CREATE UNIQUE INDEX idx_users_mobile ON users (mobile)",
    "COMMENT ON COLUMN users.track IS 'For each day in reach: its number, settled payments, fraud reports'",
    """
    CREATE TABLE transactions (
        user_id text NOT NULL,
        transaction_id uuid NOT NULL,
        receiver_upi text NOT NULL,
        amount_paise bigint NOT NULL,
        checked_at timestamptz NOT NULL,
        idempotency_key text,
        features double precision[] NOT NULL,
        score double precision NOT NULL,
        level text NOT NULL,
        decision text NOT NULL,
        factors jsonb NOT NULL,
        confidence double precision NOT NULL,
        model_version text NOT NULL,
        policy_version text NOT NULL,
        status text NOT NULL,
        settled_at timestamptz,
        reported_at timestamptz,
        CONSTRAINT ck_transactions_amount CHECK (amount_paise > 0 AND amount_paise <= 100000000)
    )
    """,
    "CREATE INDEX idx_transactions_user_id ON transactions (user_id, checked_at DESC)",
    # After the index: of two that seem equally good in an empty table the planner takes the younger, and keeps to it.
    "ALTER TABLE transactions ADD PRIMARY KEY (user_id, transaction_id)",
    """
    CREATE TABLE idempotency_keys (
        user_id text NOT NULL,
        idempotency_key text NOT NULL,
        transaction_id uuid NOT NULL,
        PRIMARY KEY (user_id, idempotency_key)
    )
    """,
    """
    CREATE TABLE payees (
        user_id text NOT NULL,
        receiver_upi text NOT NULL,
        settled_count integer NOT NULL,
        first_settled_at timestamptz,
        disputed boolean NOT NULL,
        PRIMARY KEY (user_id, receiver_upi)
    ) WITH (fillfactor = 80)
    """,
    """
    CREATE TABLE receiver_reputation (
        receiver_upi text PRIMARY KEY,
        first_seen_at timestamptz NOT NULL,
        fraud_reports integer NOT NULL,
        reputation_score double precision NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    "COMMENT ON COLUMN receiver_reputation.reputation_score IS 'As of updated_at: the last report, or the first sight'",
    """
    CREATE TABLE receiver_days (
        receiver_upi text NOT NULL,
        day integer NOT NULL,
        settled integer NOT NULL,
        reports integer NOT NULL,
        PRIMARY KEY (receiver_upi, day)
    ) WITH (fillfactor = 70)
    """,
    "COMMENT ON COLUMN receiver_days.day IS 'Number of the Indian calendar day; 0 is 1970-01-01'",
    """
    CREATE TABLE sessions (
        token_digest bytea PRIMARY KEY,
        user_id text NOT NULL,
        kind text NOT NULL,
        family text NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX idx_sessions_user_id ON sessions (user_id)",
    """
    CREATE TABLE fraud_reports (
        user_id text NOT NULL,
        transaction_id uuid NOT NULL,
        receiver_upi text NOT NULL,
        reported_at timestamptz NOT NULL,
        source text NOT NULL,
        PRIMARY KEY (user_id, transaction_id)
    )
    """,
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute(
        "DROP TABLE fraud_reports, sessions, receiver_days, receiver_reputation, payees, idempotency_keys,"
        " transactions, users"
    )
