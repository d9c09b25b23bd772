"""Transactions in a partition for each month, by the instant that their ids carry.

The table of before becomes the first partition, with all its rows, and takes those of this month and the next as well;
an empty one goes. That it holds nothing of later months is what ``adapters/postgres/first_partition.py`` has the server
find out beforehand, while payments go on, so that what is done here takes milliseconds: payments wait for it,
and it waits for none of them longer than 80 ms at a time. Where nobody found it out beforehand the table is read here.

Name, columns, keys and indexes stay, so that the release before runs on it.
"""

from __future__ import annotations

import re
import time

from alembic import op
from sqlalchemy import Connection, exc, text

revision = "0075"
down_revision = "0070"
branch_labels = None
depends_on = None

_ATTEMPTS = 50
_INDEXES = text(
    """
    SELECT i.relname, pg_get_indexdef(x.indexrelid), x.indisprimary
      FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
     WHERE x.indrelid = 'transactions'::regclass ORDER BY x.indisprimary, i.oid
    """
)
_GRANTS = text(
    """
    SELECT privilege_type || coalesce(' (' || quote_ident(attname) || ')', ''), rolname
      FROM (SELECT relacl AS acl, NULL AS attname FROM pg_class WHERE oid = 'transactions'::regclass
             UNION ALL
            SELECT attacl, attname FROM pg_attribute WHERE attrelid = 'transactions'::regclass) held,
           LATERAL aclexplode(acl), pg_roles r
     WHERE r.oid = grantee AND grantee <> (SELECT relowner FROM pg_class WHERE oid = 'transactions'::regclass)
    """
)
_UNTIL = text(
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid = 'transactions_first'::regclass AND conname = 'transactions_until' AND convalidated"
)
_AFTER_NEXT = text(
    """
    SELECT to_hex((extract(epoch FROM date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months')
                   * 1000)::bigint)
    """
)
_KEPT = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS"

# The first serves look-ups by key: it opens the partition of the id alone, and nothing where it is not called.
# The second is for the role that serves, which may not change the schema: it makes an empty month, or one that the rest
# holds little of, and nothing else. Payments wait 100 ms for a lock, and behind whoever waits for one.
_FUNCTIONS = (
    """
    CREATE FUNCTION transaction_of(of_user text, of_id uuid) RETURNS SETOF transactions
    LANGUAGE plpgsql STABLE ROWS 1 AS $$
    BEGIN
        RETURN QUERY SELECT * FROM transactions t WHERE t.user_id = of_user AND t.transaction_id = of_id LIMIT 1;
    END $$
    """,
    """
    CREATE FUNCTION make_partition(month date, most integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '80ms' AS $$
    DECLARE
        name text := 'transactions_' || to_char(month, 'YYYY_MM');
        next date := month + interval '1 month';
        begins uuid := rpad(lpad(to_hex(extract(epoch FROM month)::bigint * 1000), 12, '0'), 32, '0');
        ends uuid := rpad(lpad(to_hex(extract(epoch FROM next)::bigint * 1000), 12, '0'), 32, '0');
    BEGIN
        IF extract(day FROM month) <> 1 OR month < '2016-04-01' OR month > now() + interval '13 months' THEN
            RAISE EXCEPTION 'no month to make a partition for: %', month;
        END IF;
        LOCK TABLE transactions IN SHARE UPDATE EXCLUSIVE MODE;
        IF to_regclass(name) IS NOT NULL THEN
            RETURN FALSE;
        END IF;
        LOCK TABLE transactions_rest;
        IF most < (SELECT count(*) FROM (SELECT 1 FROM transactions_rest WHERE transaction_id >= begins
                                            AND transaction_id < ends LIMIT most + 1) held) THEN
            RETURN FALSE;
        END IF;
        EXECUTE format('CREATE TABLE %I (LIKE transactions INCLUDING DEFAULTS INCLUDING CONSTRAINTS'
                       ' INCLUDING COMMENTS)', name);
        EXECUTE format('WITH moved AS (DELETE FROM transactions_rest WHERE transaction_id >= %L AND transaction_id < %L'
                       ' RETURNING *) INSERT INTO %I SELECT * FROM moved', begins, ends, name);
        EXECUTE format('ALTER TABLE transactions ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, begins, ends);
        RETURN TRUE;
    END $$
    """,
    "REVOKE ALL ON FUNCTION make_partition FROM PUBLIC",
)


def upgrade() -> None:
    connection = op.get_bind()
    _lock(connection)
    grants = connection.execute(_GRANTS).all()
    indexes = connection.execute(_INDEXES).all()
    held = connection.execute(text("SELECT EXISTS (SELECT 1 FROM transactions)")).scalar_one()

    op.execute("ALTER TABLE transactions RENAME TO transactions_first")
    for name, _, _ in indexes:
        op.execute(f"ALTER INDEX {name} RENAME TO {_apart(name)}")
    op.execute(f"CREATE TABLE transactions (LIKE transactions_first {_KEPT}) PARTITION BY RANGE (transaction_id)")
    op.execute("ALTER TABLE transactions DROP CONSTRAINT IF EXISTS transactions_until")
    for _, definition, primary in indexes:
        columns = definition.partition(" USING btree ")[2]
        op.execute(f"ALTER TABLE transactions ADD PRIMARY KEY {columns}" if primary else definition)
    op.execute("CREATE TABLE transactions_rest PARTITION OF transactions DEFAULT")
    if held:
        until = _until(connection)
        op.execute(
            f"ALTER TABLE transactions ATTACH PARTITION transactions_first FOR VALUES FROM (MINVALUE) TO ('{until}')"
        )
        op.execute("ALTER TABLE transactions_first DROP CONSTRAINT IF EXISTS transactions_until")
    else:
        op.execute("DROP TABLE transactions_first")
    for rights, role in grants:
        op.execute(f'GRANT {rights} ON transactions TO "{role}"')
    for function in _FUNCTIONS:
        op.execute(function)
    op.execute(
        """
        CREATE TABLE archived_partitions (
            name text NOT NULL,
            archived_at timestamptz NOT NULL,
            number bigint NOT NULL,
            paise numeric NOT NULL,
            digest text NOT NULL,
            place text NOT NULL,
            PRIMARY KEY (name, archived_at)
        )
        """
    )
    op.execute("COMMENT ON COLUMN archived_partitions.number IS 'Of transactions, whose users go on counting them'")
    op.execute("COMMENT ON COLUMN archived_partitions.digest IS 'SHA-256 of the transactions, by user and id'")


def downgrade() -> None:
    op.execute("DROP TABLE archived_partitions")
    op.execute("DROP FUNCTION make_partition, transaction_of")
    connection = op.get_bind()
    indexes = connection.execute(_INDEXES).all()
    op.execute("ALTER TABLE transactions RENAME TO transactions_partitioned")
    for name, _, _ in indexes:
        op.execute(f"ALTER INDEX {name} RENAME TO {_apart(name)}")
    op.execute(f"CREATE TABLE transactions (LIKE transactions_partitioned {_KEPT})")
    op.execute("INSERT INTO transactions SELECT * FROM transactions_partitioned")
    op.execute("DROP TABLE transactions_partitioned")
    for _, definition, primary in indexes:
        columns = definition.partition(" USING btree ")[2]
        whole = definition.replace(" ON ONLY ", " ON ")
        op.execute(f"ALTER TABLE transactions ADD PRIMARY KEY {columns}" if primary else whole)


def _lock(connection: Connection) -> None:
    """Take the table; whoever uses it is waited for in short turns, so that no queue builds up behind this."""
    connection.execute(text("SET LOCAL lock_timeout = '80ms'"))
    for left in reversed(range(_ATTEMPTS)):
        try:
            with connection.begin_nested():
                connection.execute(text("LOCK TABLE transactions"))
            break
        except exc.OperationalError:
            if not left:
                raise
            time.sleep(0.1)
    connection.execute(text("SET LOCAL lock_timeout = '2s'"))


def _apart(name: str) -> str:
    return f"{name}_first"


def _until(connection: Connection) -> str:
    """The id before which are all that the first partition holds."""
    found = connection.execute(_UNTIL).scalar_one_or_none()
    if found is not None:
        first: str = re.findall(r"'([0-9a-f-]{36})'", found)[0]
        return first
    digits = connection.execute(_AFTER_NEXT).scalar_one().rjust(12, "0")
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"
