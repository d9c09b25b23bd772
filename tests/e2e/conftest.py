"""The whole service in this process: real PostgreSQL, real Redis, the shipped model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.conftest import DATA_KEY, PHONE_INDEX_KEY
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(application_url: str, redis_url: str) -> Settings:
    """What the service needs, as the role that serves; slower to give up than in service, on a loaded machine."""
    return Settings(
        database_url=application_url,
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
