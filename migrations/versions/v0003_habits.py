"""What the extended features are computed from: habits of payers, and what receivers took in by day and hour.

Only adds, with defaults that need no rewrite of a table, so that the release before runs on it. What happened before
is not filled in: habits and flows begin with the first payment after the migration, and fill their windows in a month.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CHANGES = (
    "ALTER TABLE users ADD COLUMN habits json NOT NULL DEFAULT '[]'",
    "COMMENT ON COLUMN users.habits IS 'Tiles of five minutes, hours and days; squares; amounts; hours of the day'",
    """
    ALTER TABLE receiver_reputation
        ADD COLUMN payers integer NOT NULL DEFAULT 0,
        ADD COLUMN first_hour integer
    """,
    "COMMENT ON COLUMN receiver_reputation.first_hour IS 'The Indian hour of the first settled payment'",
    """
    ALTER TABLE receiver_days
        ADD COLUMN paise bigint NOT NULL DEFAULT 0,
        ADD COLUMN fresh integer NOT NULL DEFAULT 0,
        ADD COLUMN reported integer NOT NULL DEFAULT 0,
        ADD COLUMN reported_paise bigint NOT NULL DEFAULT 0
    """,
    "COMMENT ON COLUMN receiver_days.reports IS 'The first of each payer alone'",
    "COMMENT ON COLUMN receiver_days.fresh IS 'First payments of a payer'",
    "COMMENT ON COLUMN receiver_days.reported IS 'Payments reported, whoever reported'",
    """
    CREATE TABLE receiver_hours (
        receiver_upi text NOT NULL,
        slot smallint NOT NULL,
        hour integer NOT NULL,
        settled integer NOT NULL,
        paise bigint NOT NULL,
        fresh integer NOT NULL,
        PRIMARY KEY (receiver_upi, slot)
    ) WITH (fillfactor = 70)
    """,
    "COMMENT ON COLUMN receiver_hours.hour IS 'Number of the hour in India; 0 began 1970-01-01'",
    "COMMENT ON COLUMN receiver_hours.slot IS 'The hour modulo 48: an hour takes the row of the one two days before'",
)


def upgrade() -> None:
    for statement in _CHANGES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE receiver_hours")
    op.execute(
        "ALTER TABLE receiver_days DROP COLUMN paise, DROP COLUMN fresh, DROP COLUMN reported,"
        " DROP COLUMN reported_paise"
    )
    op.execute("COMMENT ON COLUMN receiver_days.reports IS NULL")
    op.execute("ALTER TABLE receiver_reputation DROP COLUMN payers, DROP COLUMN first_hour")
    op.execute("ALTER TABLE users DROP COLUMN habits")
