"""``upi-risk migrate``."""

from __future__ import annotations

import rich_click as click

from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.bootstrap.settings import read_settings


@click.command("migrate")
def command() -> None:
    """Bring the schema of DATABASE_URL up to date, and let its user serve.

    With DATABASE_OWNER_URL the schema is that user's, and DATABASE_URL's gets what serving needs and no more.
    """
    settings = read_settings()
    settings.require_database()
    upgrade(settings.database_owner_url or settings.database_url, settings.database_url)
