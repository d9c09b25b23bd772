"""The figures that monitoring took last. Only adds."""

from __future__ import annotations

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE monitoring (number smallint PRIMARY KEY, taken_at timestamptz NOT NULL, figures text NOT NULL)"
    )
    op.execute("COMMENT ON COLUMN monitoring.number IS '1: there is one row'")
    op.execute("COMMENT ON COLUMN monitoring.figures IS 'JSON: name, label and value of each'")


def downgrade() -> None:
    op.execute("DROP TABLE monitoring")
