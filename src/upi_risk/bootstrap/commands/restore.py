"""``upi-risk restore``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

import redis
import rich_click as click

from upi_risk.adapters.postgres.backup import holds_users, restore
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.bootstrap.backing_servers import command_servers
from upi_risk.bootstrap.commands.backup import program
from upi_risk.bootstrap.container import CACHE_PREFIX
from upi_risk.bootstrap.settings import SettingsError, read_settings

_BY: Final = 1_000


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Even if somebody has signed up in the database: what it holds is lost.")
def command(file: Path, replace: bool) -> None:  # noqa: FBT001 - click's
    """Put a backup in the place of the database, all of it or nothing; then bring its schema up to date."""
    settings = read_settings()
    with command_servers(settings) as urls:
        if not replace and holds_users(urls.owner):
            raise SettingsError("The database holds users: add --replace to lose them, or name an empty one.")
        restore(urls.owner, program("pg_restore"), program("psql"), file)
        upgrade(urls.owner, urls.database)
        forgotten = _forget_copies(urls.redis)
    click.echo(f"The database is what {file} holds; {forgotten:,} copies in Redis were removed.")


def _forget_copies(redis_url: str) -> int:
    """Remove copies, which may be newer than what was restored; returns how many keys went."""
    gone = 0
    with contextlib.suppress(redis.RedisError), redis.Redis.from_url(redis_url, socket_timeout=5) as client:
        for key in client.scan_iter(match=f"{CACHE_PREFIX}*", count=_BY):
            gone += int(client.unlink(key))
    return gone
