"""The command ``upi-risk``: joins the commands with what they need, and turns our errors into one sentence."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

import rich_click as click
import uvicorn

from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.adapters.sklearn.ranking import rank
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.launch import LaunchOptions, run
from upi_risk.bootstrap.learning import build_trainer
from upi_risk.bootstrap.replaying import open_house, read_stream
from upi_risk.bootstrap.settings import Settings, SettingsError, environment, read_settings
from upi_risk.domain.errors import UpiRiskError
from upi_risk.entrypoints.cli.replay import replay_command
from upi_risk.entrypoints.cli.train import train_command

VAR: Final = Path("var")
DRAIN_SECONDS: Final = 15
BACKLOG: Final = 1_024


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("upi-risk"), prog_name="upi-risk")
def cli() -> None:
    """Tells a payment app, before money moves, how risky a payment looks."""


@cli.command("run")
def run_command() -> None:
    """Serve with all it needs: starts PostgreSQL and Redis unless DATABASE_URL and REDIS_URL name yours."""
    settings = read_settings()
    settings.require_safe()
    sys.exit(
        run(
            LaunchOptions(
                host=settings.host,
                port=settings.port,
                database_url=settings.database_url or None,
                redis_url=settings.redis_url or None,
                var_dir=VAR,
                environ=environment(),
            )
        )
    )


@cli.command("serve")
def serve_command() -> None:
    """Serve HTTP, with the DATABASE_URL and REDIS_URL of the environment."""
    settings = read_settings()
    settings.require_safe()
    _serve(settings)


@cli.command("migrate")
def migrate_command() -> None:
    """Bring the schema of DATABASE_URL up to date."""
    settings = read_settings()
    if not settings.database_url:
        raise SettingsError("DATABASE_URL is not set: set it, or use make run, which brings its own server.")
    upgrade(settings.database_url)


cli.add_command(train_command(build_trainer))
cli.add_command(replay_command(read_stream, open_house, rank))


def _serve(settings: Settings) -> None:
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
        date_header=True,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def main() -> None:
    """Run a command; what we refuse is one sentence on stderr and exit code 1."""
    try:
        cli(prog_name="upi-risk")
    except (SettingsError, UpiRiskError) as error:
        click.echo(str(error) or type(error).__name__, err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
