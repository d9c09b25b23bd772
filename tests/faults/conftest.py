"""Servers that faults are done to, and the service between them and a payer."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.faults.proxy import FaultProxy, between
from tests.faults.servers import OwnServer, own_servers
from tests.faults.wire import Wire

SLACK_SECONDS = float(os.environ.get("FAULTS_SLACK_SECONDS", "1.5"))
"""Added to each bound on time: the machine may be loaded. Without the defence it were 5 seconds and more."""

phones = itertools.count(1)


@pytest.fixture(scope="session")
def own() -> Iterator[tuple[OwnServer, OwnServer]]:
    """PostgreSQL and Valkey for the tests of faults alone."""
    with own_servers() as made:
        yield made


@pytest.fixture
def postgres(own: tuple[OwnServer, OwnServer]) -> OwnServer:
    return own[0]


@pytest.fixture
def valkey(own: tuple[OwnServer, OwnServer]) -> OwnServer:
    return own[1]


@pytest.fixture
async def to_postgres(postgres: OwnServer) -> AsyncIterator[FaultProxy]:
    async with between(postgres.url) as proxy:
        yield proxy


@pytest.fixture
async def to_redis(valkey: OwnServer) -> AsyncIterator[FaultProxy]:
    async with between(valkey.url) as proxy:
        yield proxy


async def ready(port: int) -> Wire:
    """A connection to a service that has been asked once, so that nothing is done for the first time."""
    wire = Wire(port)
    await wire.get("/health/ready")
    return wire
