"""``upi-risk collect``, and what it works with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from upi_risk.adapters.polars.export_folder import ParquetExport
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.adapters.postgres.past_checks import PostgresPastChecks
from upi_risk.application.collect import Collect
from upi_risk.bootstrap.backing_servers import command_servers
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.settings import read_settings
from upi_risk.entrypoints.cli.collect import CollectHouse, collect_command


@asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[CollectHouse]:
    """The PostgreSQL of DATABASE_URL, or the embedded one, which a ``make run`` may be using."""
    settings = read_settings().in_bulk()
    with command_servers(settings) as urls:
        upgrade(urls.owner, urls.database)
        container = Container(settings=msgspec.structs.replace(settings, database_url=urls.database))
        collect = Collect(PostgresPastChecks(container.engine()), container.clock(), container.identities())
        try:
            yield CollectHouse(collect, ParquetExport(folder), settings.collect_key)
        finally:
            await container.engine().dispose()


command = collect_command(open_house)
