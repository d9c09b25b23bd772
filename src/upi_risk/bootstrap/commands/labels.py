"""``upi-risk labels``, and what it works with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from upi_risk.adapters.polars.labels_file import read_labels
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.application.import_labels import ImportLabels
from upi_risk.bootstrap.backing_servers import command_servers
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.operating import jot
from upi_risk.bootstrap.settings import read_settings
from upi_risk.entrypoints.cli.labels import labels_command


@asynccontextmanager
async def open_house() -> AsyncIterator[ImportLabels]:
    """The PostgreSQL and Redis of the settings, or the embedded ones, which a ``make run`` may be using."""
    settings = read_settings()
    with command_servers(settings) as urls:
        upgrade(urls.owner, urls.database)
        settings = msgspec.structs.replace(settings, database_url=urls.database, redis_url=urls.redis)
        container = Container(settings=settings)
        try:
            yield ImportLabels(container.labels(), container.record_label(), jot(container))
        finally:
            await container.note().drain()
            await container.engine().dispose()
            await container.redis().aclose()


command = labels_command(read_labels, open_house)
