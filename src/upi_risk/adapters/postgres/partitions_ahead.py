"""Partitions for the months to come, made whenever a schema is brought up to date."""

from __future__ import annotations

from typing import Final

from psycopg.errors import InsufficientPrivilege, LockNotAvailable
from sqlalchemy import Connection, exc, text

from upi_risk.adapters.postgres import partition_statements as statements
from upi_risk.domain.partitions import AHEAD, Month

_PASSED: Final = (InsufficientPrivilege, LockNotAvailable)


def make_ahead(connection: Connection) -> None:
    """Make what is missing for this month and the next ones, in the transaction that is under way.

    What cannot be had at once, for somebody holds a lock or the rest holds a month's payments, is left to the worker.
    """
    listed = [statements.partition(*row) for row in connection.execute(text(statements.LISTED))]
    now = Month.of(connection.execute(text("SELECT now()")).scalar_one())
    for month in map(now.after, range(AHEAD + 1)):
        if any(each.holds(month.begins) for each in listed):
            continue
        try:
            with connection.begin_nested():
                connection.execute(text(statements.MAKE), {"month": month.begins.date(), "most": 0})
        except (exc.OperationalError, exc.ProgrammingError) as error:
            if not isinstance(error.orig, _PASSED):
                raise
