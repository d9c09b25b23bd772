"""Rules and lists as data, and which of them were in force at each decision.

Only adds: both columns may be empty for good, older code writes and reads rows without them. Adding them rewrites
nothing; the lock it needs is waited for 2 seconds, as for every migration.
"""

from __future__ import annotations

from alembic import op

revision = "0060"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE transactions ADD COLUMN model_score double precision, ADD COLUMN rules_version text")
    op.execute("COMMENT ON COLUMN transactions.model_score IS 'Where rules or lists changed the score'")
    op.execute(
        """
        CREATE TABLE rule_books (
            version integer PRIMARY KEY,
            document text NOT NULL,
            reason text NOT NULL,
            author text NOT NULL,
            created_at timestamptz NOT NULL
        )
        """
    )
    op.execute(
        """
        CREATE TABLE list_entries (
            revision integer PRIMARY KEY,
            side text NOT NULL,
            kind text NOT NULL,
            subject text NOT NULL,
            reason text NOT NULL,
            author text NOT NULL,
            added_at timestamptz NOT NULL,
            expires_at timestamptz,
            ended_revision integer,
            ended_at timestamptz,
            ended_by text
        )
        """
    )
    op.execute("COMMENT ON COLUMN list_entries.revision IS 'Of the lists, once it was added'")
    op.execute("COMMENT ON COLUMN list_entries.ended_revision IS 'Of the lists, once it was removed or replaced'")
    op.execute(
        "CREATE UNIQUE INDEX idx_list_entries_in_force ON list_entries (side, kind, subject) "
        "WHERE ended_revision IS NULL"
    )
    op.execute(
        """
        CREATE TABLE rules_state (
            id integer PRIMARY KEY CHECK (id = 1),
            book_version integer NOT NULL,
            lists_revision integer NOT NULL
        )
        """
    )
    op.execute(
        "COMMENT ON TABLE rules_state IS 'One row: what serving processes look at to see whether anything changed'"
    )
    op.execute("INSERT INTO rules_state (id, book_version, lists_revision) VALUES (1, 0, 0)")


def downgrade() -> None:
    op.execute("DROP TABLE rules_state")
    op.execute("DROP TABLE list_entries")
    op.execute("DROP TABLE rule_books")
    op.execute("ALTER TABLE transactions DROP COLUMN model_score, DROP COLUMN rules_version")
