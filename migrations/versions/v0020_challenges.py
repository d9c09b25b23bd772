"""Challenges, keys of devices, and indexes to remove what is over by.

Only adds. Sign-ins wait while the two indexes are built, which takes as long as these tables take to read; checks,
which read tokens alone, do not.
"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE challenges (
            slot bytea PRIMARY KEY,
            challenge_id text NOT NULL,
            subject bytea NOT NULL,
            code bytea,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            tries smallint NOT NULL
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX idx_challenges_challenge_id ON challenges (challenge_id)")
    op.execute("CREATE INDEX idx_challenges_expires_at ON challenges (expires_at)")
    op.execute(
        """
        CREATE TABLE device_keys (
            user_id text,
            key_id text,
            public_key bytea NOT NULL,
            created_at timestamptz NOT NULL,
            used_at timestamptz,
            revoked_at timestamptz,
            PRIMARY KEY (user_id, key_id)
        )
        """
    )
    op.execute("CREATE INDEX idx_sessions_expires_at ON sessions (expires_at)")
    op.execute("CREATE INDEX idx_sign_ins_expires_at ON sign_ins (expires_at)")


def downgrade() -> None:
    op.execute("DROP INDEX idx_sign_ins_expires_at")
    op.execute("DROP INDEX idx_sessions_expires_at")
    op.execute("DROP TABLE device_keys")
    op.execute("DROP TABLE challenges")
