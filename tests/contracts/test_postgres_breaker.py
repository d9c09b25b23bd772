"""A PostgreSQL that does not answer is not asked on and on, and a locked row holds up nobody but its owner."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import OTHER_SHOP, SHOP, a_check, a_session, a_user
from tests.contracts.stores import Stores
from tests.faults.proxy import FaultProxy, between
from upi_risk.adapters.postgres.engine import Deadlines, create_engine
from upi_risk.adapters.postgres.guard import guard_of
from upi_risk.adapters.postgres.sessions import PostgresSessions
from upi_risk.adapters.postgres.straight import Statement, Straight
from upi_risk.domain.breaker import Breaker
from upi_risk.domain.errors import PhoneTakenError, StoreUnavailableError
from upi_risk.domain.history import Change
from upi_risk.domain.receiver import ReceiverDelta

PERIOD = 0.3


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[FaultProxy]:
    async with between(database_url) as made:
        yield made


@pytest.fixture
def breaker() -> Breaker:
    return Breaker(3, PERIOD)


@pytest.fixture
async def guarded(proxy: FaultProxy, database_url: str, breaker: Breaker) -> AsyncIterator[AsyncEngine]:
    """An engine behind a proxy; a call counts as failed after a second and a half."""
    deadlines = Deadlines(statement=1_000, lock=500)
    made = create_engine(proxy.of(database_url), pool_timeout_seconds=0.5, deadlines=deadlines, breaker=breaker)
    yield made
    proxy.reset()
    await made.dispose()


@pytest.fixture
async def hasty(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine that waits for locks but shortly."""
    made = create_engine(database_url, deadlines=Deadlines(20_000, 200))
    yield made
    await made.dispose()


async def refused(stores: Stores) -> str:
    with pytest.raises(StoreUnavailableError) as caught:
        await stores.user("UID-NOBODY")
    return str(caught.value)


async def test_a_server_that_refuses_is_left_alone_and_found_again(
    guarded: AsyncEngine, proxy: FaultProxy, breaker: Breaker
) -> None:
    """Red without `guard.begin()` in `store_errors`: the server is asked every time."""
    stores = Stores.in_postgres(guarded)
    await proxy.refuse()
    assert [await refused(stores) for _ in range(5)][2:] == ["OperationalError", "BreakerOpen", "BreakerOpen"]
    with pytest.raises(StoreUnavailableError, match="BreakerOpen"):
        await PostgresSessions(guarded).add([a_session("upa_1")])  # an engine's stores share its breaker
    await proxy.listen()
    await asyncio.sleep(PERIOD)
    assert await stores.user("UID-NOBODY") is None
    assert breaker.closed


async def test_a_server_that_stands_still_counts_before_the_driver_says_so(
    guarded: AsyncEngine, proxy: FaultProxy, breaker: Breaker
) -> None:
    """Red without the timer of a call: the driver takes five seconds and more to give up."""
    stores = Stores.in_postgres(guarded)
    await stores.user("UID-NOBODY")
    proxy.to_client.swallow = True
    began = time.monotonic()
    hanging = [asyncio.create_task(stores.user("UID-NOBODY")) for _ in range(3)]
    while breaker.closed and time.monotonic() - began < 4:  # noqa: ASYNC110 - a breaker sets no event
        await asyncio.sleep(0.05)
    assert not breaker.closed
    assert await refused(stores) == "BreakerOpen"
    for task in hanging:
        task.cancel()
    proxy.heal()
    proxy.reset()
    await asyncio.wait(hanging)
    await asyncio.sleep(PERIOD)
    assert await stores.user("UID-NOBODY") is None


async def test_connections_from_before_an_outage_are_not_used_again(guarded: AsyncEngine, breaker: Breaker) -> None:
    """As after a failover behind one address: they lead nowhere, and do not say so for minutes.

    Red without `refuse_older` (the pool's), and without dropping those that are kept for the hot statements.
    """
    straight = Straight(guarded)

    async def pooled() -> int:
        async with guarded.connect() as connection:
            return int((await connection.execute(text("select pg_backend_pid()"))).scalar_one())

    async def kept() -> int:
        ((number,),) = await straight.run(Statement("SELECT pg_backend_pid()"), {})
        return int(number)

    before = await kept(), await pooled()
    assert (await kept(), await pooled()) == before
    for _ in range(3):
        breaker.failed(asyncio.get_running_loop().time())
    await asyncio.sleep(PERIOD)
    assert not {await kept(), await pooled()} & {*before}


async def test_what_the_server_refuses_for_a_reason_shows_that_it_works(guarded: AsyncEngine, breaker: Breaker) -> None:
    stores = Stores.in_postgres(guarded)
    user = a_user()
    await stores.users.add(user)
    breaker.failed(0)
    breaker.failed(0)
    with pytest.raises(PhoneTakenError):
        await stores.users.add(user)
    breaker.failed(0)
    assert breaker.closed


async def test_statements_that_take_too_long_open_it(guarded: AsyncEngine, breaker: Breaker) -> None:
    guard = guard_of(guarded)
    assert guard is not None
    assert guard.breaker is breaker
    assert guard.patience_seconds == 1.5

    async def slow() -> None:
        async with guarded.connect() as connection:
            await connection.execute(text("select pg_sleep(30)"))

    for _ in range(3):
        call = guard.begin()
        try:
            await slow()
        except Exception as error:  # noqa: BLE001 - whatever the driver makes of it
            call.failed(error)
    assert not breaker.closed


async def test_a_locked_user_does_not_fail_the_others_of_a_batch(database_url: str, hasty: AsyncEngine) -> None:
    """Red when the error of the lock is raised instead of going around it: nobody of the batch is served."""
    stores = Stores.in_postgres(hasty)
    users = [a_user() for _ in range(5)]
    for user in users:
        await stores.users.add(user)
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        await other.execute("SELECT 1 FROM users WHERE user_id = %s FOR UPDATE", [users[2].user_id])
        applied = await stores.ledger.commit([a_check(user) for user in users])
        assert applied == [True, True, False, True, True]
        began = time.monotonic()
        for _ in range(3):  # those that try again at once are not made to wait again
            assert await stores.ledger.commit([a_check(users[2])]) == [False]
        assert time.monotonic() - began < 0.6
    assert await stores.ledger.commit([a_check(users[2])]) == [True]
    for user in users:
        assert await stores.user(user.user_id) == a_check(user).user


@pytest.mark.parametrize("table", ["receiver_reputation", "receiver_days", "receiver_hours"])
async def test_a_locked_receiver_fails_those_alone_who_pay_it(
    database_url: str, hasty: AsyncEngine, table: str
) -> None:
    """Red when the statement that goes around locked users does not look at this table: nobody is served."""
    stores = Stores.in_postgres(hasty)
    users = [a_user() for _ in range(5)]
    for user in users:
        await stores.users.add(user)
    first = _paying(a_check(users[0]))
    assert await stores.ledger.commit([first]) == [True]
    others = [a_check(users[1], OTHER_SHOP), a_check(users[2], OTHER_SHOP), a_check(users[3], OTHER_SHOP)]
    changes = [a_check(first.user, SHOP, first.payees[0]), *others, a_check(users[4])]
    checks = [_paying(change) for change in changes]
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        await other.execute(f"SELECT 1 FROM {table} WHERE receiver_upi = %s FOR UPDATE", [SHOP])
        assert await stores.ledger.commit(checks) == [False, True, True, True, False]
        assert await stores.ledger.commit(checks[4:]) == [False]
    assert await stores.ledger.commit([checks[0], checks[4]]) == [True, True]
    assert sum(day.settled for day in (await stores.receiver(SHOP)).track.days) == 3


def _paying(change: Change) -> Change:
    """The change with all that a settled payment adds to its receiver."""
    payment = change.added[0].payment
    delta = ReceiverDelta.settled(payment.receiver, payment.amount_paise, payment.at, fresh=True)
    return replace(change, deltas=(delta,))
