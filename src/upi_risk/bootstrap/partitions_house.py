"""What keeps and archives partitions: the database as its owner, and a folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from upi_risk.adapters.polars.partition_archive import ParquetArchive
from upi_risk.adapters.postgres.engine import Deadlines, create_engine
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.adapters.postgres.partitions import PostgresPartitions
from upi_risk.adapters.system import SystemClock
from upi_risk.application.archive_partitions import ArchivePartitions
from upi_risk.application.keep_partitions import KeepPartitions
from upi_risk.bootstrap.backing_servers import command_servers
from upi_risk.bootstrap.settings import Settings, SettingsError, read_settings
from upi_risk.entrypoints.cli.partitions import PartitionsHouse

_DEADLINES = Deadlines(statement=60_000, lock=2_000)


@asynccontextmanager
async def partitions_house(owner_url: str, settings: Settings) -> AsyncIterator[PartitionsHouse]:
    """A house over a database that is up to date."""
    engine = create_engine(owner_url, pool_size=2, pool_timeout_seconds=5, deadlines=_DEADLINES)
    partitions, clock = PostgresPartitions(engine), SystemClock()

    def archive(folder: Path | None, months: int | None) -> ArchivePartitions:
        if folder is None and not settings.archive_dir:
            raise SettingsError("No folder is named: set ARCHIVE_DIR, or say --out.")
        kept = settings.transactions_kept_months if months is None else months
        return ArchivePartitions(partitions, ParquetArchive(folder or Path(settings.archive_dir)), clock, kept)

    try:
        yield PartitionsHouse(partitions, KeepPartitions(partitions, clock), archive)
    finally:
        await engine.dispose()


@asynccontextmanager
async def open_house() -> AsyncIterator[PartitionsHouse]:
    """The PostgreSQL that is named, or the embedded one, which a ``make run`` may be using."""
    settings = read_settings()
    with command_servers(settings) as urls:
        upgrade(urls.owner, urls.database)
        async with partitions_house(urls.owner, settings) as house:
            yield house
