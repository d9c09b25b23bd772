"""What long runs attack: a service that is named or, if none is, one with servers of its own, gone afterwards."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from urllib.parse import urlsplit

from tests.attacks.runner import call
from tests.attacks.serving import Serving, served
from upi_risk.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from upi_risk.adapters.postgres.migrate import upgrade

_LONG = {"ACCESS_TOKEN_SECONDS": "86400"}
_TRACES = ("Traceback", "worker died", '"error":')


@dataclass(frozen=True, slots=True)
class Target:
    """A service to attack.

    Attributes:
        address: where it is.
        database_url: its PostgreSQL; empty for one that is named, which keeps that to itself.
        redis_url: its Redis; likewise.
        own: the process, if it is one of ours.
    """

    address: tuple[str, int]
    database_url: str = ""
    redis_url: str = ""
    own: Serving | None = None

    @property
    def url(self) -> str:
        return f"http://{self.address[0]}:{self.address[1]}"

    def harm(self) -> list[str]:
        """What can be seen to have happened to it."""
        try:
            ready = call(self.address, "GET", "/health/ready").status
        except (OSError, AssertionError):
            ready = 0
        found = [] if ready == 200 else [f"/health/ready answers {ready}"]
        if self.own is None:
            return found
        if self.own.process.poll() is not None:
            found.append("the process has ended")
        said = self.own.said()
        return found + [f"the log has {trace!r}" for trace in _TRACES if trace in said]


@contextlib.contextmanager
def target(url: str = "", **settings: str) -> Iterator[Target]:
    """The service at a URL; with none, one without limits, which a worker that dies would end."""
    if url:
        place = urlsplit(url)
        yield Target((place.hostname or "127.0.0.1", place.port or 80))
        return
    folder = Path(tempfile.mkdtemp(prefix="upi-risk-attacks-"))
    folder.chmod(0o711)
    with contextlib.ExitStack() as stack:
        stack.callback(rmtree, folder, ignore_errors=True)
        database = stack.enter_context(EmbeddedPostgres(folder / "pg", durable=False)).url
        redis = stack.enter_context(EmbeddedValkey(folder / "valkey", durable=False)).url
        upgrade(database)
        own = stack.enter_context(served(database, redis, folder / "log", LOG_LEVEL="warning", **_LONG, **settings))
        yield Target(own.address, database, redis, own)
