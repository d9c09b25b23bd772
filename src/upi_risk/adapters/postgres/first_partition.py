"""What goes before the migration that makes ``transactions`` partitioned: the long part of it, while payments go on.

The table that holds everything becomes the first partition. PostgreSQL has to know that it holds nothing that belongs
into another one; to find that out it reads all of it. A check that is added without being validated, and validated
then, lets it do so under a lock that no payment waits for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, exc, text

from upi_risk.adapters.postgres.partition_statements import LOCK_MS, first_id
from upi_risk.domain.partitions import Month
from upi_risk.domain.review import made_at

CHECK: Final = "transactions_until"
ATTEMPTS: Final = 50
PAUSE_SECONDS: Final = 0.1

_WHOLE: Final = text("SELECT relkind = 'r' FROM pg_class WHERE oid = to_regclass('public.transactions')")
_HOLDS: Final = text("SELECT EXISTS (SELECT 1 FROM transactions)")
_HELD: Final = text(
    "SELECT convalidated FROM pg_constraint WHERE conrelid = 'transactions'::regclass AND conname = :name"
)
_PATIENCE: Final = text("SELECT set_config('lock_timeout', :milliseconds, false)")
_LAST: Final = text("SELECT transaction_id::text FROM transactions ORDER BY transaction_id DESC LIMIT 1")
_NOW: Final = text("SELECT now()")


@contextmanager
def ready(connection: Connection) -> Iterator[None]:
    """Have it found out, for as long as a migration takes; where there is nothing to find out, do nothing.

    The check refuses payments from the month after the next one on. So it goes again if the migration comes to nothing.

    Args:
        connection: in autocommit, the owner's.
    """
    if not connection.execute(_WHOLE).scalar_one_or_none() or not connection.execute(_HOLDS).scalar_one():
        yield
        return
    connection.execute(text("SET statement_timeout = 0"))
    if connection.execute(_HELD, {"name": CHECK}).scalar_one_or_none() is None:
        until = _until(connection)
        check = f"CHECK (transaction_id < '{until}') NOT VALID"
        _trying(connection, f"ALTER TABLE transactions ADD CONSTRAINT {CHECK} {check}")
    try:
        _trying(connection, f"ALTER TABLE transactions VALIDATE CONSTRAINT {CHECK}")
        yield
    except BaseException:
        _trying(connection, f"ALTER TABLE IF EXISTS transactions DROP CONSTRAINT IF EXISTS {CHECK}")
        raise


def _until(connection: Connection) -> str:
    """The first id of the month after the next one, or of the month after the latest that the table holds."""
    now: datetime = connection.execute(_NOW).scalar_one()
    last = made_at(connection.execute(_LAST).scalar_one())
    month = max(Month.of(now.astimezone(UTC)).after(2), Month.of(last).after(1))
    return first_id(month.begins)


def _trying(connection: Connection, statement: str) -> None:
    """Wait for a lock in short turns, so that no queue builds up behind whoever holds it."""
    connection.execute(_PATIENCE, {"milliseconds": str(LOCK_MS)})
    for left in reversed(range(ATTEMPTS)):
        try:
            connection.execute(text(statement))
        except exc.OperationalError as error:
            if not left or not isinstance(error.orig, LockNotAvailable):
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return
