"""``upi-risk replay``, and what it works with."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
from dependency_injector import providers

from upi_risk.adapters.polars.stream import StreamSlice, read_slice
from upi_risk.adapters.postgres.forget import forget_users
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.adapters.sklearn.ranking import rank
from upi_risk.adapters.system import SystemClock
from upi_risk.application.replay import Outcomes, Replay
from upi_risk.bootstrap.backing_servers import command_servers
from upi_risk.bootstrap.container import CACHE_PREFIX, Container
from upi_risk.bootstrap.settings import read_settings
from upi_risk.domain.errors import PhoneTakenError, UnusableDataError
from upi_risk.entrypoints.cli.replay import ReplayHouse, Stream, StreamOptions, replay_command


def read_stream(file: Path, options: StreamOptions) -> Stream:
    """The rows of a file that can be sent."""
    name = stream_name(file)
    form = replace(options.form, now=SystemClock().now())
    wanted = StreamSlice(options.begin, options.end, options.limit, options.label_delay, form)
    rows = read_slice(file, wanted, user_prefix=_prefix(name), handle=name)
    return Stream(rows.count, rows.left_out, rows.payments, rows.notes)


@asynccontextmanager
async def open_house(file: Path, fresh: bool) -> AsyncIterator[ReplayHouse]:  # noqa: FBT001 - see OpenHouse
    """The real PostgreSQL and Redis, embedded ones where none are named, migrated.

    Raises:
        UnusableDataError: the file was replayed into this database before, and ``fresh`` is not set.
    """
    settings = read_settings().in_bulk()
    name = stream_name(file)
    with command_servers(settings) as urls:
        upgrade(urls.owner, urls.database)
        settings = msgspec.structs.replace(settings, database_url=urls.owner, redis_url=urls.redis)
        container = Container(settings=settings)
        # Keys of its own: nothing of an earlier replay may be taken for this one's.
        container.cache_prefix.override(providers.Object(f"{CACHE_PREFIX}{container.identities().user_id()}:"))
        try:
            if fresh:
                await forget_users(container.engine(), _prefix(name), name)
            await container.follow_rules().look()
            yield _house(container)
        except PhoneTakenError as error:
            message = f"{file.name} was replayed into this database before: add --fresh to remove that first."
            raise UnusableDataError(message) from error
        finally:
            await container.check_batch().settle()
            await container.engine().dispose()
            await container.redis().aclose()


def stream_name(file: Path) -> str:
    """A file's name as the handle of a UPI id: lower-case letters and digits, a letter first."""
    letters = re.sub(r"[^a-z0-9]", "", file.stem.lower())
    return (letters if letters[:1].isalpha() else f"s{letters}")[:64].ljust(2, "s")


def _house(container: Container) -> ReplayHouse:
    replay = Replay(
        container.users(),
        container.identities(),
        container.check_batch(),
        Outcomes(container.confirm(), container.report_fraud()),
    )
    return ReplayHouse(replay, container.verify_saved(), container.load().stats, container.scorer().card.version)


def _prefix(name: str) -> str:
    return f"REPLAY-{name.upper()}-"


command = replay_command(read_stream, open_house, rank)
