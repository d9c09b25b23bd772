"""What workers did when. Only adds."""

from __future__ import annotations

from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE task_runs (
            task text NOT NULL,
            period text NOT NULL,
            attempt integer NOT NULL,
            started_at timestamptz NOT NULL,
            ended_at timestamptz,
            succeeded boolean NOT NULL,
            said text NOT NULL,
            PRIMARY KEY (task, period)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE task_runs")
