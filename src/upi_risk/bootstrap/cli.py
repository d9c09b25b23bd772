"""The command ``upi-risk``: finds a command, and turns what we refuse into one sentence."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Final

import rich_click as click

from upi_risk.bootstrap.settings import SettingsError
from upi_risk.domain.errors import UpiRiskError

COMMANDS: Final = (
    "run",
    "serve",
    "migrate",
    "backup",
    "restore",
    "housekeep",
    "partitions",
    "collect",
    "train",
    "models",
    "experiments",
    "labels",
    "retrain",
    "monitor",
    "worker",
    "rules",
    "lists",
    "backtest",
    "webhooks",
    "simulate",
    "replay",
    "users",
    "keys",
    "erase-user",
    "protect",
    "retention",
    "audit",
)

_NO_RIGHT: Final = "42501"
"""PostgreSQL's code for what a role is not allowed."""


class CommandModules(click.RichGroup):
    """Each command is the ``command`` of its module in ``bootstrap/commands``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"upi_risk.bootstrap.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.group(cls=CommandModules, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("upi-risk"), prog_name="upi-risk")
def cli() -> None:
    """Tells a payment app, before money moves, how risky a payment looks."""


def main() -> None:
    """Run a command; what we refuse is one sentence on stderr and exit code 1."""
    try:
        cli(prog_name="upi-risk")
    except (SettingsError, UpiRiskError) as error:
        click.echo(str(error) or type(error).__name__, err=True)
        sys.exit(1)
    except Exception as error:
        if getattr(getattr(error, "orig", error), "sqlstate", None) != _NO_RIGHT:
            raise
        click.echo("The role of DATABASE_URL may not do this: set DATABASE_OWNER_URL to the schema's owner.", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
