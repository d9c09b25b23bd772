"""What the driver says went wrong, in the words of the domain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from psycopg.errors import (
    CheckViolation,
    DeadlockDetected,
    SerializationFailure,
    UndefinedColumn,
    UndefinedFunction,
    UndefinedTable,
)
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres.guard import found_closed, guard_of
from upi_risk.domain.errors import StoreUnavailableError

MOST_ATTEMPTS: Final = 4

_NOT_DONE: Final = (exc.TimeoutError, exc.OperationalError, exc.InterfaceError, exc.InternalError)

_ANOTHER_SCHEMA: Final = (UndefinedTable, UndefinedColumn, UndefinedFunction)
"""A migration has not run, or was undone."""

_REST: Final = "transactions_rest"

A = TypeVar("A")
T = TypeVar("T")


@contextmanager
def store_errors(engine: AsyncEngine | None = None) -> Iterator[None]:
    """Translate whatever means that the store did not do it, and do not even ask one that has kept failing.

    Refused or broken connections, a full pool, deadlines, a server that is shutting down, read-only or out of disk, a
    schema that is not the one this release needs: all are StoreUnavailableError. What only our own mistake can cause (a
    value out of range, a broken constraint) passes as it is.

    Args:
        engine: the one that is called; its breaker is kept to, if it has one.
    """
    guard = guard_of(engine)
    call = None if guard is None else guard.begin()
    try:
        yield
    except BaseException as error:
        if call is not None:
            call.failed(error)
        if _not_done(error):
            raise StoreUnavailableError(type(error.__cause__ or error).__name__) from error
        raise
    if call is not None:
        call.answered()


def _not_done(error: BaseException) -> bool:
    if isinstance(error, exc.ProgrammingError):
        return isinstance(error.orig, _ANOTHER_SCHEMA)
    return isinstance(error, _NOT_DONE) or found_closed(error)


async def again(statement: Callable[[A], Awaitable[T]], argument: A) -> T:
    """Run what the server may undo because of others, up to four times.

    That is a deadlock, or a partition that was made for a row on its way into the rest of them.

    An undone statement has left nothing behind, so that running it once more is safe.
    """
    for _ in range(MOST_ATTEMPTS - 1):
        try:
            return await statement(argument)
        except exc.DBAPIError as error:
            if not _undone(error.orig):
                raise
    return await statement(argument)


def _undone(error: BaseException | None) -> bool:
    if isinstance(error, CheckViolation):
        return error.diag.table_name == _REST and error.diag.constraint_name is None
    return isinstance(error, DeadlockDetected | SerializationFailure)
