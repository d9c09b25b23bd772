"""What commands of operators work with: the database as its owner."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click
import msgspec

from upi_risk.adapters.postgres.audit import PostgresAuditLog
from upi_risk.adapters.postgres.engine import Deadlines, create_engine
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.adapters.system import SystemClock
from upi_risk.application.note import NoteAs
from upi_risk.bootstrap.backing_servers import command_servers, running_servers
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.settings import Settings, read_settings
from upi_risk.domain.audit import Deed, Entry
from upi_risk.entrypoints.cli.operators import OperatorHouse


def actor() -> str:
    """Who is at the command line, as the audit log names them; by number where the machine has no name for them."""
    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"operator:uid-{os.getuid()}"


def jot(container: Container) -> NoteAs:
    """Writes down what whoever is at the command line does."""
    return NoteAs(container.note(), container.clock(), actor())


@asynccontextmanager
async def open_house() -> AsyncIterator[OperatorHouse]:
    """The PostgreSQL and Redis that are named, or the embedded ones, which a ``make run`` may be using."""
    settings = read_settings().in_bulk()
    with command_servers(settings) as urls:
        upgrade(urls.owner, urls.database)
        container = Container(
            settings=msgspec.structs.replace(settings, database_url=urls.owner, redis_url=urls.redis)
        )  # fmt: skip
        try:
            yield OperatorHouse(
                actor(),
                container.set_role(),
                container.manage_keys(),
                container.erase_user(),
                container.audit(),
                container.protect(),
                container.retain(),
            )
        finally:
            await container.note().drain()
            await container.engine().dispose()
            await container.redis().aclose()


def note_deed(settings: Settings, deed: Deed, subject: str) -> None:
    """Write down what is done to files, where a database is known; say so where none is.

    Raises:
        StoreUnavailableError: it is known, and did not take it.
    """
    url = running_servers(settings)
    if url is None:
        click.echo("Not in the audit log: no DATABASE_URL is set, and no make run is under way here.", err=True)
        return

    async def append() -> None:
        engine = create_engine(url, pool_timeout_seconds=5, deadlines=Deadlines(statement=5_000, lock=2_000))
        try:
            await PostgresAuditLog(engine).append([Entry(SystemClock().now(), actor(), deed, subject)])
        finally:
            await engine.dispose()

    asyncio.run(append())
