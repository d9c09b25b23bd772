"""Everything that was ever said of payments, by whom and when. Only adds."""

from __future__ import annotations

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE labels (
            user_id text NOT NULL,
            transaction_id uuid NOT NULL,
            source text NOT NULL,
            labelled_at timestamptz NOT NULL,
            fraud boolean NOT NULL,
            PRIMARY KEY (user_id, transaction_id, source, labelled_at)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE labels")
