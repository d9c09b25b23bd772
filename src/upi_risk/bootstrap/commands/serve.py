"""``upi-risk serve``."""

from __future__ import annotations

import resource
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
from upi_risk.bootstrap.logging import configure
from upi_risk.bootstrap.measured import measured
from upi_risk.bootstrap.one_time_codes import peppers
from upi_risk.bootstrap.settings import Settings, SettingsError, environment, read_settings
from upi_risk.bootstrap.workers import Worker, Workers, listening_address, taken_over
from upi_risk.entrypoints.http.express_protocol import express_protocol
from upi_risk.entrypoints.http.protocol import WireOptions
from upi_risk.entrypoints.http.slow import Slowness

DRAIN_SECONDS: Final = 15
BACKLOG: Final = 1_024
SPARE_DESCRIPTORS: Final = 512
"""For everything that is no caller's connection."""


@click.command("serve")
@click.option("--shared", hidden=True, help="The descriptors that a supervisor gives its workers.")
def command(shared: str | None) -> None:
    """Serve HTTP, with the DATABASE_URL and REDIS_URL of the environment."""
    settings = read_settings()
    settings.require_safe()
    if shared is not None:
        _prepare(settings)
        line, alive, ready = map(int, shared.split(","))
        config = uvicorn.Config(create(settings), **server_options(settings))
        listening = taken_over(line)
        if listening is None:
            sys.exit("The supervisor is gone.")
        Worker(config, alive, ready).run([listening])
        return
    bound = _bound(settings.host, settings.port)
    _prepare(settings)
    with bound, measured(settings) as settings:
        if settings.workers == 1:
            bound.close()
            uvicorn.run(create(settings), **server_options(settings))
            return
        configure(settings.log_level, settings.log_format)
        pepper = peppers(settings).current  # one for all of them, also where it is drawn
        environ = {**environment(), "METRICS_PORT": "0", "METRICS_DIR": settings.metrics_dir, "OTP_PEPPER": pepper}
        sys.exit(Workers(settings.workers, bound, environ, DRAIN_SECONDS + 1).run())


def _prepare(settings: Settings) -> None:
    _allow_descriptors(settings.max_connections + SPARE_DESCRIPTORS)
    _end_in_order_with_the_terminal()


def _bound(host: str, port: int) -> socket.socket:
    """The address to serve on.

    Raises:
        SettingsError: somebody else has it, or it is none of this machine's.
    """
    try:
        return listening_address(host, port)
    except OSError as error:
        raise SettingsError(
            f"Port {port} of {host} cannot be served: {error.strerror}. Choose another HOST or PORT."
        ) from None


def server_options(settings: Settings) -> dict[str, Any]:
    """How uvicorn is to serve, in its own words."""
    return {
        "host": settings.host,
        "port": settings.port,
        "loop": "uvloop",
        "http": express_protocol(_wire_options(settings)),
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "backlog": BACKLOG,
        "timeout_graceful_shutdown": DRAIN_SECONDS,
    }


def _wire_options(settings: Settings) -> WireOptions:
    return WireOptions(
        new_id=_id_maker(),
        log_refusal=_log_refusal,
        slowness=Slowness(
            head=settings.head_timeout_ms / 1000,
            body=settings.body_timeout_ms / 1000,
            reading=settings.send_timeout_ms / 1000,
        ),
        most_connections=settings.max_connections,
        hsts=settings.sends_hsts,
    )


def _allow_descriptors(wanted: int) -> None:
    """Let the process hold so many connections, as far as it may; shells often start it with room for a thousand."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if soft != resource.RLIM_INFINITY and soft < enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, most))


def _end_in_order_with_the_terminal() -> None:
    """A terminal that closes tells all processes in it, the workers too; who is told is to drain, as by SIGTERM.

    Where somebody asked for it not to matter (nohup), it does not.
    """
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def _id_maker() -> Callable[[], str]:
    identities, clock = RandomIdentities(), SystemClock()
    return lambda: identities.transaction_id(clock.now())


def _log_refusal(request_id: str, status: int) -> None:
    """The request had no head to tell a method or a route from."""
    structlog.get_logger("upi_risk").info("unreadable", status=status, request_id=request_id)
