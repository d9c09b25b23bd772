"""Connections: a small pool whose every wait is bounded."""

from __future__ import annotations

import re
import select
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from upi_risk.adapters.postgres.guard import GUARD, Guard
from upi_risk.domain.breaker import Breaker
from upi_risk.domain.errors import StoreUnavailableError

_SEVERAL_HOSTS: Final = re.compile(r"(\w[\w+]*://(?:[^/?#]*@)?)([^/?#@]*,[^/?#@]*)(.*)", re.DOTALL)
_SCHEMES: Final = ("postgresql", "postgres")


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long things may take, in milliseconds; the server enforces them.

    Attributes:
        statement: one statement.
        lock: waiting for somebody else's lock.
        idle_in_transaction: doing nothing while holding locks.
    """

    statement: int = 200
    lock: int = 100
    idle_in_transaction: int = 5_000


_PLANNER: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "jit": "off",
}
"""Every statement here goes by keys, so that one plan serves all values of its parameters. A plan is kept with its
prepared statement, and one that was made while a table was small must not read all of it when it has grown."""


def driver_url(database_url: str) -> URL:
    """The URL with the driver we use, whatever driver it names.

    libpq's several hosts, ``postgresql://user:password@one:5432,other:5432/name``, become SQLAlchemy's.

    Raises:
        StoreUnavailableError: it is no URL of PostgreSQL; the text says so without its password.
    """
    try:
        url = _url(database_url)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in _SCHEMES:
        raise StoreUnavailableError("DATABASE_URL is no postgresql:// URL: postgresql://user:password@host:port/name.")
    return url.set(drivername="postgresql+psycopg")


def _url(database_url: str) -> URL:
    several = _SEVERAL_HOSTS.fullmatch(database_url)
    if several is None:
        return make_url(database_url)
    before, hosts, after = several.groups()
    return make_url(before + after).update_query_dict({"host": tuple(hosts.split(","))})


def create_engine(  # noqa: PLR0913 - each is a setting
    database_url: str,
    *,
    pool_size: int = 4,
    pool_timeout_seconds: float = 0.1,
    connect_timeout_seconds: int = 2,
    deadlines: Deadlines = Deadlines(),
    prepare_threshold: int | None = 0,
    breaker: Breaker | None = None,
) -> AsyncEngine:
    """An engine in autocommit: a statement is a transaction, and costs one round trip.

    It belongs to one event loop, and is closed with ``await engine.dispose()``.

    Args:
        database_url: ``postgresql://user:password@host:port/database``.
        pool_size: most connections at a time, in this process.
        pool_timeout_seconds: how long to wait for one of them.
        connect_timeout_seconds: how long to wait for a new one.
        deadlines: what the server is told.
        prepare_threshold: how often a connection runs a statement before it prepares it; None for a proxy that cannot.
        breaker: counts failures, see :mod:`upi_risk.adapters.postgres.guard`; None for an engine that is always asked.
    """
    settings = {
        "statement_timeout": deadlines.statement,
        "lock_timeout": deadlines.lock,
        "idle_in_transaction_session_timeout": deadlines.idle_in_transaction,
        "timezone": "UTC",
        **_PLANNER,
    }
    patience = pool_timeout_seconds + deadlines.statement / 1000
    engine = create_async_engine(
        driver_url(database_url),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout_seconds,
        use_native_hstore=False,
        execution_options={} if breaker is None else {GUARD: Guard(breaker, patience)},
        hide_parameters=True,  # they are personal data, and an error ends up in a log
        connect_args={
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            "connect_timeout": connect_timeout_seconds,
            "prepare_threshold": prepare_threshold,
            "application_name": "upi-risk",
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    if breaker is not None:
        _renew_after_outages(engine, breaker)
    return engine


def _renew_after_outages(engine: AsyncEngine, breaker: Breaker) -> None:
    """Use no connection that is older than the last outage: it may lead nowhere, and say so only after minutes."""

    def note(_connection: object, record: Any) -> None:  # noqa: ANN401 - the pool's own
        record.info[GUARD] = breaker.opened

    def refuse_older(_connection: object, record: Any, _proxy: object) -> None:  # noqa: ANN401 - the pool's own
        if record.info[GUARD] != breaker.opened:
            raise InvalidatePoolError

    event.listen(engine.sync_engine, "connect", note)
    event.listen(engine.sync_engine, "checkout", refuse_older)


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401 - the driver's own
    """Renew the pool when the server has closed a connection meanwhile.

    An idle connection with something to read was ended by the server. To look costs microseconds; a pre-ping would
    cost a round trip before every statement.
    """
    poll = select.poll()
    poll.register(connection.driver_connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise InvalidatePoolError
