"""The whole service in this process: real PostgreSQL, real Redis, the shipped model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.conftest import DATA_KEY, PHONE_INDEX_KEY
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.cli import cli
from upi_risk.bootstrap.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(application_url: str, database_url: str, redis_url: str) -> Settings:
    """What the service needs, as the role that serves; slower to give up than in service, on a loaded machine."""
    return Settings(
        database_url=application_url,
        database_owner_url=database_url,  # for commands
        redis_url=redis_url,
        artifacts_dir=str(ROOT / "artifacts"),
        request_deadline_ms=20_000,
        admission_wait_ms=20_000,
        pool_timeout_ms=20_000,
        statement_timeout_ms=20_000,
        lock_timeout_ms=20_000,
        redis_timeout_ms=2_000,
        log_level="error",
        allowed_hosts="testserver.local,upi.test",
        data_key=DATA_KEY,
        phone_index_key=PHONE_INDEX_KEY,
        rate_limit_per_minute=0,
        signup_limit_per_hour=0,
        login_limit_per_hour=0,
    )


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[AsyncTestClient[Litestar]]:
    """The app's view of the service."""
    async with AsyncTestClient(create(settings)) as made:
        yield made


class Say(Protocol):
    """An operator at the command line."""

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """What a command prints, which has to end with this exit code."""


@pytest.fixture
def say(database_url: str, application_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Commands of an operator, who knows the schema's owner."""
    urls = {"DATABASE_URL": application_url, "DATABASE_OWNER_URL": database_url, "REDIS_URL": redis_url}
    for name, value in urls.items():
        monkeypatch.setenv(name, value)

    def typed(*arguments: str, code: int = 0) -> str:
        told = CliRunner().invoke(cli, arguments)
        assert told.exit_code == code, (told.output, told.exception)
        return told.output

    return typed
