"""Names and phones leave the row that a check loads, sealed. Only adds: the release before reads and writes as it did.

`users.mobile` has a keyed digest of the phone for whoever signs up from now on, and `users.name` is empty. Those who
are there already stay in clear until `upi-risk protect` has seen to them.
"""

from __future__ import annotations

from alembic import op

revision = "0070"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE persons (user_id text PRIMARY KEY, sealed text NOT NULL)")
    op.execute("COMMENT ON COLUMN persons.sealed IS 'Name and phone; see docs/adr/0044'")
    op.execute("COMMENT ON COLUMN users.mobile IS 'What is kept in the phone''s place'")
    op.execute("COMMENT ON COLUMN users.name IS 'Empty, but of users who are not protected yet'")


def downgrade() -> None:
    op.execute("COMMENT ON COLUMN users.name IS NULL")
    op.execute("COMMENT ON COLUMN users.mobile IS NULL")
    op.execute("DROP TABLE persons")
