"""``upi-risk serve``."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, Final

import rich_click as click
import structlog
import uvicorn

from upi_risk.adapters.system import RandomIdentities, SystemClock
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.settings import Settings, read_settings
from upi_risk.bootstrap.workers import Workers
from upi_risk.entrypoints.http.protocol import problem_protocol

DRAIN_SECONDS: Final = 15
BACKLOG: Final = 1_024


@click.command("serve")
def command() -> None:
    """Serve HTTP, with the DATABASE_URL and REDIS_URL of the environment."""
    settings = read_settings()
    settings.require_safe()
    if settings.workers == 1:
        uvicorn.run(create(settings), **server_options(settings))
        return
    _end_as(Workers(settings, _listening(settings), serve_on).run())


def serve_on(settings: Settings, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serve as one of several processes on a socket they share."""
    _Server(uvicorn.Config(create(settings), **server_options(settings)), ready).run(sockets=[listening])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)


def _end_as(code: int) -> None:
    """Exit with a code, or for a negative one by that signal, as a lone server does."""
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


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
