"""``upi-risk serve``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import rich_click as click
import structlog
import uvicorn

from upi_risk.adapters.system import RandomIdentities, SystemClock
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.measured import measured
from upi_risk.bootstrap.settings import Settings, read_settings
from upi_risk.entrypoints.http.protocol import problem_protocol

DRAIN_SECONDS: Final = 15
BACKLOG: Final = 1_024


@click.command("serve")
def command() -> None:
    """Serve HTTP, with the DATABASE_URL and REDIS_URL of the environment."""
    settings = read_settings()
    settings.require_safe()
    with measured(settings) as settings:
        uvicorn.run(create(settings), **server_options(settings))


def server_options(settings: Settings) -> dict[str, Any]:
    """How uvicorn is to serve, in its own words."""
    return {
        "host": settings.host,
        "port": settings.port,
        "loop": "uvloop",
        "http": problem_protocol(_id_maker(), _log_refusal),
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "backlog": BACKLOG,
        "timeout_graceful_shutdown": DRAIN_SECONDS,
    }


def _id_maker() -> Callable[[], str]:
    identities, clock = RandomIdentities(), SystemClock()
    return lambda: identities.transaction_id(clock.now())


def _log_refusal(request_id: str, status: int) -> None:
    """The request had no head to tell a method or a route from."""
    structlog.get_logger("upi_risk").info("unreadable", status=status, request_id=request_id)
