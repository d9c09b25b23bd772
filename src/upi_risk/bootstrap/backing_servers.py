"""PostgreSQL and Redis for a command: the ones that are named, embedded ones for the rest."""

import contextlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from upi_risk.adapters.embedded import (
    DirectoryInUseError,
    EmbeddedPostgres,
    EmbeddedServer,
    EmbeddedValkey,
    find_postgres,
    find_valkey,
)
from upi_risk.bootstrap.settings import Settings

VAR: Final = Path("var")
"""Where the embedded servers keep their data, below the directory that a command is called in."""

_FILE: Final = "dev.env"


@dataclass(frozen=True, slots=True)
class ServerUrls:
    """Where PostgreSQL (`postgresql://...`) and Redis (`redis://...`) are; they carry passwords.

    Attributes:
        database: PostgreSQL's URL, of the role that serves.
        redis: Redis's URL.
        owner: PostgreSQL's URL, of the schema's owner; the same as the first where one role does all.
        started: the servers among them that were started for this.
    """

    database: str
    redis: str
    owner: str
    started: tuple[EmbeddedServer, ...] = field(default=(), compare=False)


@contextlib.contextmanager
def backing_servers(
    var_dir: Path,
    database_url: str | None,
    redis_url: str | None,
    *,
    owner_url: str | None = None,
    share: bool = False,
) -> Iterator[ServerUrls]:
    """Both servers while the block runs; what was started for it is stopped after it.

    Embedded servers keep their data in `var_dir`, one folder a product and major version. The URLs are in
    `var_dir/dev.env` (mode 0600) for a shell beside it, as long as the block runs.

    Args:
        var_dir: the folder for data and `dev.env`.
        database_url: a PostgreSQL of yours; None starts an embedded one.
        redis_url: a Redis or Valkey of yours; None starts an embedded one.
        owner_url: your PostgreSQL as its schema's owner; None where one role does all.
        share: join the servers that another process (`make run`) has started on this folder rather than be refused.

    Raises:
        EmbeddedServerError: a server cannot be started; the message says what to do.
    """
    if database_url is not None and redis_url is not None:
        yield ServerUrls(database_url, redis_url, owner_url or database_url)
        return
    file = var_dir / _FILE
    with contextlib.ExitStack() as stack:
        try:
            postgres = stack.enter_context(_postgres(var_dir)) if database_url is None else None
            valkey = stack.enter_context(_valkey(var_dir)) if redis_url is None else None
            urls = ServerUrls(
                postgres.application_url if postgres else database_url or "",
                valkey.url if valkey else redis_url or "",
                postgres.url if postgres else owner_url or database_url or "",
                tuple(server for server in (postgres, valkey) if server),
            )
        except DirectoryInUseError:
            if not share or not file.exists():
                raise
            stack.close()
            theirs = _read(file)
            urls = ServerUrls(
                database_url or theirs.database, redis_url or theirs.redis, owner_url or database_url or theirs.owner
            )
        else:
            _write(file, urls)
            stack.callback(file.unlink, missing_ok=True)
        yield urls


def _postgres(var_dir: Path) -> EmbeddedPostgres:
    binary = find_postgres()
    return EmbeddedPostgres(var_dir / f"pg{binary.major}", binary=binary)


def _valkey(var_dir: Path) -> EmbeddedValkey:
    binary = find_valkey()
    return EmbeddedValkey(var_dir / f"{binary.product}{binary.major}", binary=binary)


def _write(file: Path, urls: ServerUrls) -> None:
    """As lines that a shell can read (`. var/dev.env`), for its owner alone."""
    file.unlink(missing_ok=True)
    file.touch(0o600, exist_ok=False)
    named = {"DATABASE_URL": urls.database, "REDIS_URL": urls.redis, "DATABASE_OWNER_URL": urls.owner}
    lines = [f"{name}={shlex.quote(url)}\n" for name, url in named.items()]
    file.write_text("".join(lines), encoding="utf-8")


def _read(file: Path) -> ServerUrls:
    pairs = dict(line.split("=", 1) for line in shlex.split(file.read_text(encoding="utf-8")))
    return ServerUrls(pairs["DATABASE_URL"], pairs["REDIS_URL"], pairs["DATABASE_OWNER_URL"])


def command_servers(settings: Settings) -> contextlib.AbstractContextManager[ServerUrls]:
    """The servers that the settings name, and for the rest the embedded ones, which a `make run` may be using.

    Raises:
        EmbeddedServerError: a server cannot be started; the message says what to do.
        SettingsError: one of them must not be reached like that; likewise.
    """
    settings.require_safe_ways()
    owner = settings.database_owner_url or None
    return backing_servers(
        VAR, settings.database_url or None, settings.redis_url or None, owner_url=owner, share=True
    )  # fmt: skip


def running_servers(settings: Settings) -> str | None:
    """The URL of the PostgreSQL that is named, or that runs in `var/` here; None if there is neither.

    Raises:
        SettingsError: it must not be reached like that; the message says what to do.
    """
    settings.require_safe_ways()
    if settings.database_owner_url or settings.database_url:
        return settings.database_owner_url or settings.database_url
    file = VAR / _FILE
    return _read(file).database if file.exists() else None
