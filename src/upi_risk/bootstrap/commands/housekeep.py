"""``upi-risk housekeep``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec
import rich_click as click

from upi_risk.bootstrap.backing_servers import running_servers
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.settings import Settings, read_settings
from upi_risk.domain.housekeeping import Kind


@click.command("housekeep")
def command() -> None:
    """Remove challenges, sign-ins and tokens that are over; to be run every hour or so, while the service runs."""
    settings = read_settings()
    if not settings.database_url:
        settings = msgspec.structs.replace(settings, database_url=running_servers(settings) or "")
    settings.require_database()
    removed = asyncio.run(_housekeep(settings))
    click.echo("Removed " + ", ".join(f"{count} {kind.value}" for kind, count in removed.items()) + ".")


async def _housekeep(settings: Settings) -> Mapping[Kind, int]:
    container = Container(settings=settings)
    try:
        return await container.housekeep()()
    finally:
        await container.engine().dispose()
