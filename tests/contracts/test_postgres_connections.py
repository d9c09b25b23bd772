"""When PostgreSQL is slow, full, gone or back: every wait is bounded, and the error is ours."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import psycopg
import pytest
from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy import text
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import a_check, a_session, a_user
from tests.contracts.stores import Stores
from upi_risk.adapters.postgres.engine import Deadlines, create_engine
from upi_risk.adapters.postgres.errors import MOST_ATTEMPTS, again, store_errors
from upi_risk.adapters.postgres.sessions import PostgresSessions
from upi_risk.adapters.postgres.straight import Statement, Straight
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.payment import Phone
from upi_risk.domain.session import digest

NOWHERE = "postgresql://nobody:nothing@127.0.0.1:1/nowhere"


@pytest.fixture
async def hasty(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine with a single connection and waits as short as a loaded machine bears."""
    made = create_engine(database_url, pool_size=1, pool_timeout_seconds=0.05, deadlines=Deadlines(1_000, 500, 1_500))
    yield made
    await made.dispose()


async def test_a_server_that_is_not_there_is_our_error_from_every_store() -> None:
    engine = create_engine(NOWHERE)
    stores, sessions = Stores.in_postgres(engine), PostgresSessions(engine)
    user = a_user()
    for call in (
        lambda: stores.users.add(user),
        lambda: stores.users.by_phone(Phone(user.phone_key)),
        lambda: stores.user(user.user_id),
        lambda: stores.ledger.commit([a_check(user)]),
        lambda: stores.history.page(user.user_id, None, 1),
        lambda: sessions.find([digest("")]),
        lambda: sessions.add([a_session("upa_1")]),
    ):
        with pytest.raises(StoreUnavailableError):
            await call()
    await engine.dispose()


async def test_the_error_names_no_value(hasty: AsyncEngine) -> None:
    with pytest.raises(StoreUnavailableError) as caught, store_errors():
        async with hasty.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(60), :secret"), {"secret": "+919000000000"})
    assert str(caught.value) == "QueryCanceled"


async def test_what_the_server_was_told_is_in_force(hasty: AsyncEngine) -> None:
    names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone"]
    async with hasty.connect() as connection:
        told = [(await connection.execute(text(f"SHOW {name}"))).scalar_one() for name in names]
    assert told == ["1s", "500ms", "1500ms", "UTC"]


async def test_a_full_pool_is_said_to_be_at_once(hasty: AsyncEngine) -> None:
    stores = Stores.in_postgres(hasty)
    async with hasty.connect():
        began = time.monotonic()
        with pytest.raises(StoreUnavailableError):
            await stores.user("UID-NOBODY")
        assert time.monotonic() - began < 2  # SQLAlchemy's own patience is 30 s, and the machine may be loaded
    assert await stores.user("UID-NOBODY") is None


async def test_somebody_elses_lock_is_not_waited_for_long(hasty: AsyncEngine, database_url: str) -> None:
    stores = Stores.in_postgres(hasty)
    user = a_user()
    await stores.users.add(user)
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        await other.execute("SELECT 1 FROM users FOR UPDATE")
        assert await stores.ledger.commit([a_check(user)]) == [False]
    assert await stores.user(user.user_id) == user


async def test_connections_that_the_server_ended_are_renewed_unnoticed(engine: AsyncEngine, database_url: str) -> None:
    stores = Stores.in_postgres(engine)
    await asyncio.gather(*(stores.user("UID-NOBODY") for _ in range(10)))
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
        await other.execute(
            "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    user = a_user()
    await stores.users.add(user)
    await stores.apply(a_check(user))


async def test_no_connection_is_lost_to_cancelled_callers(engine: AsyncEngine) -> None:
    stores = Stores.in_postgres(engine)
    for delay in range(30):
        task = asyncio.create_task(stores.user("UID-NOBODY"))
        await asyncio.sleep(delay / 10_000)
        task.cancel()
        await asyncio.wait({task})
    del task
    gc.collect()  # a connection that was being made hangs in a cycle of its exception; the server would wait for it
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert await stores.user("UID-NOBODY") is None


async def test_a_value_that_no_column_can_hold_is_our_own_mistake(engine: AsyncEngine) -> None:
    with pytest.raises(DataError):
        await Stores.in_postgres(engine).users.add(a_user(phone_key="NUL \0"))


@pytest.mark.parametrize("undone", [DeadlockDetected(), SerializationFailure()])
async def test_what_the_server_undid_is_run_again(undone: psycopg.Error) -> None:
    left = [undone] * (MOST_ATTEMPTS - 1)

    async def statement(answer: str) -> str:
        if left:
            raise OperationalError("", {}, left.pop())
        return answer

    assert await again(statement, "done") == "done"


async def test_what_is_undone_every_time_is_unavailable() -> None:
    calls = []

    async def statement(call: int) -> None:
        calls.append(call)
        raise OperationalError("", {}, DeadlockDetected())

    with pytest.raises(StoreUnavailableError), store_errors():
        await again(statement, 1)
    assert len(calls) == MOST_ATTEMPTS


async def test_other_failures_are_not_run_again() -> None:
    calls = []

    async def statement(call: int) -> None:
        calls.append(call)
        raise OperationalError("", {}, psycopg.OperationalError("the connection was lost"))

    with pytest.raises(StoreUnavailableError), store_errors():
        await again(statement, 1)
    assert len(calls) == 1


async def test_the_values_of_a_failed_statement_are_not_in_its_error(engine: AsyncEngine) -> None:
    with pytest.raises(DataError) as failure:
        async with engine.connect() as connection:
            await connection.execute(text("select 1 / 0, cast(:phone as text)"), {"phone": "+919876543210"})
    assert "919876543210" not in str(failure.value)


async def _backend(straight: Straight) -> int:
    ((number,),) = await straight.run(Statement("SELECT pg_backend_pid()"), {})
    return int(number)


async def test_statements_of_the_hot_path_stay_on_their_connection(engine: AsyncEngine) -> None:
    straight = Straight(engine)
    assert await _backend(straight) == await _backend(straight)
    ((one, two),) = await straight.run(Statement("SELECT %(a)s::int + %(b)s, %(a)s::int % 2"), {"a": 5, "b": 2})
    assert (one, two) == (7, 1)


async def test_a_kept_connection_that_the_server_has_ended_is_replaced(engine: AsyncEngine) -> None:
    """Red when a kept connection is not looked at before it is used: the statement fails then."""
    straight = Straight(engine)
    number = await _backend(straight)
    async with engine.connect() as other:
        await other.exec_driver_sql(f"SELECT pg_terminate_backend({number})")
    await asyncio.sleep(0.1)
    assert await _backend(straight) != number


async def test_a_statement_that_fails_leaves_its_connection_in_order(engine: AsyncEngine) -> None:
    straight = Straight(engine)
    number = await _backend(straight)
    with pytest.raises(DataError):
        await straight.run(Statement("SELECT 1 / %(zero)s::int"), {"zero": 0})
    assert await _backend(straight) == number


async def test_a_statement_that_is_given_up_costs_its_connection_and_no_more(engine: AsyncEngine) -> None:
    straight = Straight(engine)
    number = await _backend(straight)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await straight.run(Statement("SELECT pg_sleep(20)"), {})
    assert await _backend(straight) != number
    pool = cast("Any", engine.sync_engine.pool)
    assert pool.checkedout() == 1
    await engine.dispose()
    assert not straight._kept


async def test_no_more_than_half_of_a_pool_is_kept(database_url: str) -> None:
    engine = create_engine(database_url, pool_size=1)
    straight = Straight(engine)
    await _backend(straight)
    async with engine.connect() as connection:
        await connection.exec_driver_sql("SELECT 1")
    await engine.dispose()
