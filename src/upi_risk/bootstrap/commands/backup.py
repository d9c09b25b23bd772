"""``upi-risk backup``."""

from __future__ import annotations

import shutil
from pathlib import Path

import rich_click as click

from upi_risk.adapters.embedded import EmbeddedServerError, find_postgres
from upi_risk.adapters.postgres.backup import dump
from upi_risk.bootstrap.backing_servers import command_servers
from upi_risk.bootstrap.settings import read_settings


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def command(file: Path) -> None:
    """Write all of the database to FILE, while everything goes on; it holds personal data."""
    settings = read_settings()
    with command_servers(settings) as urls:
        dump(urls.owner, program("pg_dump"), file)
    click.echo(f"{file} holds the database: {file.stat().st_size:,} bytes.")


def program(name: str) -> Path:
    """One of PostgreSQL's programs: the embedded server's neighbour, or the one that the machine has."""
    try:
        beside = find_postgres().path.with_name(name)
    except EmbeddedServerError:
        beside = Path()
    return beside if beside.is_file() else Path(shutil.which(name) or name)
