"""Sign-ins with rotating refresh tokens.

Only adds. Sign-ins wait while the index on sessions is built, which takes as long as that table takes to read; checks
do not. Refresh tokens of before belong to no sign-in and cannot be exchanged, as they never could.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX idx_sessions_family ON sessions (family)")
    op.execute(
        """
        CREATE TABLE sign_ins (
            family text PRIMARY KEY,
            user_id text NOT NULL,
            created_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            renewed_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            refresh_digest bytea NOT NULL,
            previous_digest bytea,
            sealed bytea
        )
        """
    )
    op.execute("CREATE INDEX idx_sign_ins_user_id ON sign_ins (user_id)")


def downgrade() -> None:
    op.execute("DROP TABLE sign_ins")
    op.execute("DROP INDEX idx_sessions_family")
