"""``upi-risk serve``."""

from __future__ import annotations

from typing import Final

import rich_click as click
import uvicorn

from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.settings import read_settings

DRAIN_SECONDS: Final = 15
BACKLOG: Final = 1_024


@click.command("serve")
def command() -> None:
    """Serve HTTP, with the DATABASE_URL and REDIS_URL of the environment."""
    settings = read_settings()
    settings.require_safe()
    uvicorn.run(
        create(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
