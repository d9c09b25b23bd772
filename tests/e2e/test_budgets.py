"""The budgets that the settings name are those that connections and calls have."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from tests.doubles import AmountScorer
from tests.faults.proxy import between
from tests.faults.servers import serving
from tests.faults.wire import Payer, Wire, request
from upi_risk.adapters.postgres.guard import guard_of
from upi_risk.bootstrap import serving_models
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.serving_models import model_store
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.history import Wanted


@pytest.fixture
async def container(database_url: str, redis_url: str) -> AsyncIterator[Container]:
    """Everything as it is when nothing is set but where the servers are."""
    made = Container(settings=Settings(database_url=database_url, redis_url=redis_url, database_pool_size=1))
    yield made
    await made.engine().dispose()
    await made.redis().aclose()


async def test_the_server_is_told_the_budgets(container: Container) -> None:
    """Red without any one of the three among the engine's options."""
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    async with container.engine().connect() as connection:
        told = [(await connection.execute(text(f"SHOW {name}"))).scalar_one() for name in names]
    assert told == ["200ms", "100ms", "5s"]


async def test_a_connection_is_waited_for_as_long_as_it_says(container: Container) -> None:
    """Red without the engine's `pool_timeout`."""
    async with container.engine().connect():
        began = time.monotonic()
        with pytest.raises(StoreUnavailableError, match="TimeoutError"):
            await container.ledger().load([Wanted("UID-NOBODY")])
        assert 0.09 < time.monotonic() - began < 2  # SQLAlchemy's own patience is 30 s


async def test_both_breakers_are_as_the_settings_say(database_url: str, redis_url: str) -> None:
    """Red when a breaker has figures of its own."""
    settings = Settings(database_url=database_url, redis_url=redis_url, breaker_failures=2, breaker_open_ms=60_000)
    container = Container(settings=settings)
    guard = guard_of(container.engine())
    assert guard is not None
    assert guard.patience_seconds == pytest.approx(0.3)
    for breaker in (guard.breaker, container.redis_guard().breaker):
        breaker.failed(0)
        breaker.failed(0)
        assert (breaker.lets(59), breaker.lets(60)) == (False, True)
    assert guard.breaker is not container.redis_guard().breaker
    await container.engine().dispose()


async def test_a_request_ends_in_time_whatever_it_waits_for(database_url: str, redis_url: str) -> None:
    """Red when either deadline is a constant: that of checks (`_patience`), and that of all else (the edge's)."""
    patient = dict.fromkeys(("pool_timeout_ms", "statement_timeout_ms", "admission_wait_ms"), 20_000)
    async with between(database_url) as proxy:
        for number, milliseconds in enumerate((300, 1_200)):
            chosen = {**patient, "request_deadline_ms": milliseconds, "breaker_failures": 1_000}
            async with serving(proxy.of(database_url), redis_url, **chosen) as port, Wire(port) as wire:
                payer = await signed_up(wire, number)
                proxy.to_client.swallow = True
                for asked in (payer.check(), request("GET", "/transactions", token=payer.token)):
                    refused = await wire.ask(asked)
                    assert refused.well_formed_refusal
                    assert refused.json()["type"] == "urn:upi-risk:timeout"
                    assert milliseconds / 1000 * 0.95 < refused.seconds < milliseconds / 1000 + 0.85
                proxy.heal()
                proxy.reset()


async def signed_up(wire: Wire, number: int) -> Payer:
    """A payer; a busy machine may need longer for it than a request has."""
    for more in range(50):
        with contextlib.suppress(KeyError):
            return await Payer.signed_up(wire, 555_000 + 100 * number + more)
    raise AssertionError


def test_what_checks_may_wait_for_and_models_take_is_what_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when the admission's wait, or the model's time or rest, is a constant."""
    settings = Settings(admission_wait_ms=70, model_timeout_ms=30, breaker_open_ms=2_000)
    assert Container(settings=settings).patience_of_checks().waiting_seconds == pytest.approx(0.07)
    scorer = AmountScorer()
    monkeypatch.setattr(serving_models, "open_scorer", lambda *_: scorer)
    bounded = model_store(settings)._folders._open(b"", scorer.card)  # type: ignore[attr-defined]
    assert (bounded._seconds, bounded._breaker._period_seconds) == (pytest.approx(0.03), 2.0)


async def test_a_call_of_redis_ends_in_time_whatever_it_waits_for(database_url: str, redis_url: str) -> None:
    """Red when the deadline is a constant: two calls of the same Redis, told differently, take equally long."""
    async with between(redis_url) as proxy:
        took = []
        for milliseconds in (50, 700):
            settings = Settings(database_url=database_url, redis_url=proxy.of(redis_url), redis_timeout_ms=milliseconds)
            container = Container(settings=settings)
            await container.cache().read([Wanted("UID-NOBODY")])
            proxy.to_client.swallow = True
            began = time.monotonic()
            await container.cache().read([Wanted("UID-NOBODY")])
            took.append(time.monotonic() - began)
            proxy.heal()
            await container.redis().aclose()
        assert 0.045 < took[0] < 0.7 < took[1] < 5


def test_work_in_bulk_has_longer_ones_and_never_shorter() -> None:
    bulk = Settings(statement_timeout_ms=60_000).in_bulk()
    budgets = (bulk.pool_timeout_ms, bulk.statement_timeout_ms, bulk.lock_timeout_ms, bulk.redis_timeout_ms)
    assert (*budgets, bulk.model_timeout_ms) == (2_000, 60_000, 2_000, 100, 5_000)
