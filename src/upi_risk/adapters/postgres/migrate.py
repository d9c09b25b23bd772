"""Bringing a database's schema up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, NullPool, create_engine, exc, text

from upi_risk.adapters.postgres.engine import driver_url
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.first_partition import ready
from upi_risk.adapters.postgres.grants import application_role, grant
from upi_risk.adapters.postgres.partitions_ahead import make_ahead
from upi_risk.domain.errors import StoreUnavailableError

MIGRATIONS: Final = Path(__file__).resolve().parents[4] / "migrations"
"""Beside ``src``, in a checkout."""

_OPTIONS: Final = "-c lock_timeout=2s -c timezone=UTC"
"""A migration that cannot get its lock gives up rather than queue everybody behind itself."""

_NOT_LET_IN: Final = ("authentication failed", "no password supplied", "no pg_hba.conf entry")

_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(7508241203)")


@contextmanager
def connect(database_url: str) -> Iterator[Connection]:
    """A connection for migrations, in a transaction that is committed at the end; see :func:`upgrade` for the URL."""
    connect_args = {"options": _OPTIONS, "connect_timeout": 5}
    engine = create_engine(driver_url(database_url), poolclass=NullPool, connect_args=connect_args)
    with engine.begin() as connection:
        yield connection


def upgrade(database_url: str, application_url: str | None = None, migrations: Path = MIGRATIONS) -> None:
    """Apply every migration not applied yet, all or none. Processes that do so at once wait for one another.

    Args:
        database_url: ``postgresql://user:password@host:port/database``, of the schema's owner.
        application_url: of the role that serves, which is made if need be and granted what it needs; None, or the same
            role, grants nothing.
        migrations: the folder with Alembic's ``env.py``.

    Raises:
        StoreUnavailableError: the database cannot be reached, or a lock was not to be had within 2 seconds; the text
            is a sentence without the password.
    """
    with (
        store_errors(),
        _sentences(database_url),
        connect(database_url) as connection,
        _autocommit(database_url) as beside,
    ):
        connection.execute(_ONE_AT_A_TIME)
        with ready(beside):
            try:
                _migrate(connection, database_url, application_url, migrations)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()


def _migrate(connection: Connection, database_url: str, application_url: str | None, migrations: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    make_ahead(connection)
    application = application_role(database_url, application_url)
    if application is not None:
        grant(connection, application)


@contextmanager
def _autocommit(database_url: str) -> Iterator[Connection]:
    """A connection whose statements are transactions of their own."""
    connect_args = {"options": _OPTIONS, "connect_timeout": 5}
    engine = create_engine(
        driver_url(database_url), poolclass=NullPool, connect_args=connect_args, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        yield connection


@contextmanager
def _sentences(database_url: str) -> Iterator[None]:
    """Say what an operator can mend in one sentence."""
    url = driver_url(database_url)
    several = url.query.get("host", ())
    place = ", ".join(several) if isinstance(several, tuple) else ""
    place = place or f"{url.host or 'localhost'}:{url.port or 5432}"
    try:
        yield
    except (exc.OperationalError, exc.ProgrammingError) as error:
        if isinstance(error, exc.OperationalError) or isinstance(error.orig, InsufficientPrivilege):
            raise StoreUnavailableError(_sentence(place, error)) from error
        raise


def _sentence(place: str, error: exc.DBAPIError) -> str:
    if isinstance(error.orig, InsufficientPrivilege):
        return f"PostgreSQL at {place} does not let this user change the schema."
    if getattr(error.orig, "sqlstate", None) is not None:
        return f"PostgreSQL at {place} gave the migration up ({type(error.orig).__name__}): try again."
    # A refused connection has a text alone, in the server's language: those that are known get a better sentence.
    _, fatal, said = str(error.orig).partition("FATAL:")
    if not fatal:
        return f"Nothing answers at {place}: start that PostgreSQL or correct DATABASE_URL."
    if any(words in said for words in _NOT_LET_IN):
        return f"PostgreSQL at {place} refuses this user or password."
    return f"PostgreSQL at {place} refuses the connection: {said.strip().splitlines()[0]}."
