"""``upi-risk migrate``."""

from __future__ import annotations

import rich_click as click

from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.bootstrap.settings import read_settings


@click.command("migrate")
def command() -> None:
    """Bring the schema of DATABASE_URL up to date."""
    settings = read_settings()
    settings.require_database()
    upgrade(settings.database_url)
