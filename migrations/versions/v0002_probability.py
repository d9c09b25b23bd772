"""The calibrated probability beside the score, for scores are on a scale of their own.

Older rows, and those that an older release writes while both run, have none: the column may be empty for good.
Adding it rewrites nothing; the lock it needs is waited for 2 seconds, as for every migration.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE transactions ADD COLUMN probability double precision")


def downgrade() -> None:
    op.execute("ALTER TABLE transactions DROP COLUMN probability")
