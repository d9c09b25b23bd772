"""Subscriptions to what happens, and the messages that wait for them. Only adds."""

from __future__ import annotations

from alembic import op

revision = "0061"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE webhooks (
            webhook_id text PRIMARY KEY,
            url text NOT NULL,
            secret text NOT NULL,
            kinds text[] NOT NULL,
            author text NOT NULL,
            created_at timestamptz NOT NULL
        )
        """
    )
    op.execute(
        """
        CREATE TABLE webhook_messages (
            webhook_id text NOT NULL,
            event_id text NOT NULL,
            kind text NOT NULL,
            body text NOT NULL,
            created_at timestamptz NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            next_at timestamptz,
            died_at timestamptz,
            error text,
            PRIMARY KEY (webhook_id, event_id)
        )
        """
    )
    op.execute("COMMENT ON COLUMN webhook_messages.next_at IS 'Null for a dead one'")
    op.execute("CREATE INDEX idx_webhook_messages_due ON webhook_messages (next_at) WHERE next_at IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP TABLE webhook_messages")
    op.execute("DROP TABLE webhooks")
