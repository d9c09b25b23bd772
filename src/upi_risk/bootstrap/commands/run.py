"""``upi-risk run``."""

from __future__ import annotations

import sys

import rich_click as click

from upi_risk.bootstrap.backing_servers import VAR
from upi_risk.bootstrap.launch import LaunchOptions, run
from upi_risk.bootstrap.settings import environment, read_settings


@click.command("run")
def command() -> None:
    """Serve with all it needs: starts PostgreSQL and Redis unless DATABASE_URL and REDIS_URL name yours."""
    settings = read_settings()
    settings.require_safe()
    options = LaunchOptions(
        host=settings.host,
        port=settings.port,
        database_url=settings.database_url or None,
        redis_url=settings.redis_url or None,
        owner_url=settings.database_owner_url or None,
        var_dir=VAR,
        environ=environment(),
        proven=settings.auth_mode == "otp",
    )
    sys.exit(run(options))
