"""What the extended features are computed from: habits of payers, and what receivers took in by day and hour.

Only adds, with defaults that need no rewrite of a table, so that the release before runs on it. What receivers took in
is filled in from the transactions of the last weeks and the first payments of all. Habits of users are not: they begin
with the next payment, and features of them are missing until there are enough. What the release before writes while
both run is not in them either; let it run on no longer than a rolling restart takes.
"""

# ruff: noqa: S608 - constants of this file

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
_INDIAN = "floor((extract(epoch FROM {at}) + 19800) / {width})::integer"
_DAY, _HOUR = 86_400, 3_600
_PAID = f"""
    SELECT receiver_upi, user_id, amount_paise, {_INDIAN.format(at="settled_at", width=_DAY)} AS day,
           {_INDIAN.format(at="settled_at", width=_HOUR)} AS hour,
           (row_number() OVER (PARTITION BY user_id, receiver_upi ORDER BY settled_at) = 1)::integer AS fresh
      FROM transactions WHERE settled_at IS NOT NULL
"""
_FILLED = (
    f"""
    UPDATE receiver_days d SET paise = p.paise, fresh = p.fresh
      FROM (SELECT receiver_upi, day, sum(amount_paise) AS paise, sum(fresh) AS fresh FROM ({_PAID}) paid
             GROUP BY receiver_upi, day) p
     WHERE d.receiver_upi = p.receiver_upi AND d.day = p.day
    """,
    f"""
    UPDATE receiver_days d SET reported = r.reported, reported_paise = r.paise
      FROM (SELECT f.receiver_upi, {_INDIAN.format(at="f.reported_at", width=_DAY)} AS day, count(*) AS reported,
                   sum(t.amount_paise) AS paise
              FROM fraud_reports f JOIN transactions t USING (user_id, transaction_id) GROUP BY 1, 2) r
     WHERE d.receiver_upi = r.receiver_upi AND d.day = r.day
    """,
    f"""
    UPDATE receiver_reputation r SET payers = p.payers, first_hour = p.first_hour
      FROM (SELECT receiver_upi, sum(fresh) AS payers, min(hour) AS first_hour FROM ({_PAID}) paid
             GROUP BY receiver_upi) p
     WHERE r.receiver_upi = p.receiver_upi
    """,
    """
    UPDATE receiver_reputation r SET fraud_reports = f.reports
      FROM (SELECT receiver_upi, count(*) AS reports FROM fraud_reports GROUP BY receiver_upi) f
     WHERE r.receiver_upi = f.receiver_upi
    """,
    f"""
    INSERT INTO receiver_hours (receiver_upi, slot, hour, settled, paise, fresh)
    SELECT receiver_upi, mod(hour, 48), hour, count(*), sum(amount_paise), sum(fresh) FROM ({_PAID}) paid
     WHERE hour > (SELECT max(hour) FROM ({_PAID}) latest) - 48
     GROUP BY receiver_upi, hour
    """,
)


def upgrade() -> None:
    for statement in (*_CHANGES, *_FILLED):
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
