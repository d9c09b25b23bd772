"""Experiments, and what the model that did not decide said of a payment. Only adds."""

from __future__ import annotations

from alembic import op

revision = "0050"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE experiments (
            name text PRIMARY KEY,
            champion text NOT NULL,
            challenger text NOT NULL,
            share double precision NOT NULL,
            minimum integer NOT NULL,
            started_at timestamptz NOT NULL,
            ended_at timestamptz,
            outcome text NOT NULL DEFAULT ''
        )
        """
    )
    op.execute("COMMENT ON COLUMN experiments.share IS 'Of payers the challenger decides for; 0 is shadow'")
    op.execute("CREATE UNIQUE INDEX idx_experiments_running ON experiments ((ended_at IS NULL)) WHERE ended_at IS NULL")
    op.execute(
        """
        CREATE TABLE experiment_scores (
            user_id text NOT NULL,
            transaction_id uuid NOT NULL,
            experiment text NOT NULL,
            model_version text NOT NULL,
            score double precision NOT NULL,
            probability double precision NOT NULL,
            decision text NOT NULL,
            PRIMARY KEY (user_id, transaction_id, experiment)
        )
        """
    )
    op.execute("COMMENT ON COLUMN experiment_scores.model_version IS 'Of the model that did not decide'")


def downgrade() -> None:
    op.execute("DROP TABLE experiment_scores")
    op.execute("DROP TABLE experiments")
