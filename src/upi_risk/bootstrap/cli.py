"""The command ``upi-risk``: finds a command, and turns what we refuse into one sentence."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Final

import rich_click as click

from upi_risk.bootstrap.settings import SettingsError
from upi_risk.domain.errors import (
    ContendedError,
    DeadlineError,
    StoreUnavailableError,
    UnknownUserError,
    UpiRiskError,
)

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

_ASK_THE_OWNER: Final = "The role of DATABASE_URL may not do this: set DATABASE_OWNER_URL to the schema's owner."


SILENT: Final = {
    DeadlineError: "There was no answer in time, and nobody knows what was done: look, then try again.",
    ContendedError: "Somebody else changed the same at the same time, and nothing was saved: try again.",
    UnknownUserError: "There is no such user: give the phone, or the id as answers have it (UID-…).",
    StoreUnavailableError: "PostgreSQL cannot be reached: see that what DATABASE_URL names answers, then try again.",
}
"""What errors mean that carry no facts of their own; the first that fits."""


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
    except Exception as error:
        silent = isinstance(error, StoreUnavailableError) and " " not in str(error)  # but for a driver's name of it
        not_allowed = _is_not_allowed(error) or (silent and _is_not_allowed(error.__cause__))
        if not (not_allowed or isinstance(error, SettingsError | UpiRiskError)):
            raise
        click.echo(_ASK_THE_OWNER if not_allowed else told(error), err=True)
        sys.exit(1)


def _is_not_allowed(error: BaseException | None) -> bool:
    """Whether it is PostgreSQL's word that a role may not do something."""
    return getattr(getattr(error, "orig", error), "sqlstate", None) == _NO_RIGHT


def told(error: Exception) -> str:
    """A sentence for a terminal, which says what to do where the error itself does not."""
    for kind, sentence in SILENT.items():
        if " " not in str(error) and isinstance(error, kind):  # nothing, or a driver's name of it alone
            return sentence
    return str(error) or type(error).__name__


if __name__ == "__main__":
    main()
