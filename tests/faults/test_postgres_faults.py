"""Whatever becomes of PostgreSQL: nothing is answered that is not saved, every refusal is in time and in shape."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg
import pytest

from tests.faults.checker import lost, saved, violations
from tests.faults.conftest import SLACK_SECONDS, phones
from tests.faults.proxy import FaultProxy
from tests.faults.servers import OwnServer, answered_again, serving
from tests.faults.wire import Payer, Reply, Wire

IN_TIME = 0.5 + SLACK_SECONDS
BACK_IN_TIME = 5 + SLACK_SECONDS
PATIENT_SECONDS = 30


@pytest.fixture
async def port(postgres: OwnServer, valkey: OwnServer, to_postgres: FaultProxy) -> AsyncIterator[int]:
    """The service with the budgets that it has in production."""
    async with serving(to_postgres.of(postgres.url), valkey.url) as made:
        yield made


@asynccontextmanager
async def paying(port: int, payers: int = 4) -> AsyncIterator[list[tuple[Wire, Payer]]]:
    """Payers who were answered once."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(payers):
            wire = await stack.enter_async_context(Wire(port))
            payer = await signed_up(wire)
            await answered_again(wire, payer.check(), PATIENT_SECONDS)
            made.append((wire, payer))
        yield made


async def signed_up(wire: Wire) -> Payer:
    for _ in range(20):  # a loaded machine may need longer than the budgets
        try:
            return await Payer.signed_up(wire, next(phones))
        except KeyError:
            await asyncio.sleep(0.1)
    raise AssertionError


async def asked(paying: list[tuple[Wire, Payer]], rounds: int) -> list[Reply]:
    """Everybody asks at once, some times."""
    replies: list[Reply] = []
    for _ in range(rounds):
        replies += await asyncio.gather(*(wire.ask(payer.check("away@upi")) for wire, payer in paying))
    return replies


async def refused(paying: list[tuple[Wire, Payer]], rounds: int = 4) -> list[Reply]:
    """Everybody asks at once, some times; all must be refused, in shape and in time."""
    replies = await asked(paying, rounds)
    assert all(reply.well_formed_refusal for reply in replies), {(reply.status, reply.body) for reply in replies}
    assert max(reply.seconds for reply in replies) < IN_TIME
    return replies


async def served_again(paying: list[tuple[Wire, Payer]]) -> None:
    for wire, payer in paying:
        _, took = await answered_again(wire, payer.check("back@upi"), BACK_IN_TIME)
        assert took < BACK_IN_TIME


async def test_a_server_that_refuses_connections(port: int, to_postgres: FaultProxy, postgres: OwnServer) -> None:
    """Red when the driver's errors are not translated (`_NOT_DONE`): 500."""
    async with paying(port) as payers:
        before = saved(postgres.url)
        await to_postgres.refuse()
        await refused(payers)
        async with Wire(port) as wire:
            ready = await wire.get("/health/ready")
            assert ready.well_formed_refusal
            assert ready.json()["checks"]["database"] is False
        assert saved(postgres.url) == before
        await to_postgres.listen()
        await served_again(payers)
    assert violations(postgres.url) == {}


async def test_a_server_that_stands_still(port: int, postgres: OwnServer) -> None:
    """Red when batches are awaited (no `within`) and nobody watches the waiting: psycopg needs 5 to 10 s to give up."""
    async with paying(port) as payers:
        with postgres.frozen():
            replies = await refused(payers, 8)
        assert min(reply.seconds for reply in replies) < 0.1 + SLACK_SECONDS  # by the breaker, at once
        await served_again(payers)
    assert violations(postgres.url) == {}


async def test_a_network_that_swallows_what_the_server_says(
    port: int, to_postgres: FaultProxy, postgres: OwnServer
) -> None:
    """Red when batches are awaited (no `within`) and nobody watches the waiting."""
    async with paying(port) as payers:
        to_postgres.to_client.swallow = True
        await refused(payers)
        to_postgres.heal()  # the connections that it happened to are lost, and nobody is told
        await served_again(payers)
    assert violations(postgres.url) == {}


@pytest.mark.parametrize("seconds", [0.1, 1.0])
async def test_a_slow_network(port: int, to_postgres: FaultProxy, postgres: OwnServer, seconds: float) -> None:
    """What fits into the deadline is served, the rest refused; nobody waits longer.

    Red with a deadline of 100 ms: at 0.1 s nothing is served.
    """
    async with paying(port) as payers:
        to_postgres.to_client.delay_seconds = seconds
        replies = await asyncio.gather(*(wire.ask(payer.check("slow@upi")) for wire, payer in payers))
        assert all(reply.status == 200 or reply.well_formed_refusal for reply in replies)
        assert max(reply.seconds for reply in replies) < IN_TIME
        if seconds == 1:
            assert {reply.status for reply in replies} == {503}
        else:
            await answered_again(payers[0][0], payers[0][1].check("slow@upi"), PATIENT_SECONDS)
        to_postgres.heal()
        await served_again(payers)
    assert violations(postgres.url) == {}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT])
async def test_a_server_that_is_killed_and_started_again(
    port: int, postgres: OwnServer, number: signal.Signals
) -> None:
    """Red with a breaker that lets no probe through."""
    async with paying(port) as payers:
        acknowledged = []
        for wire, payer in payers:
            reply, _ = await answered_again(wire, payer.check(), PATIENT_SECONDS)
            acknowledged.append(reply.json()["transaction_id"])
        await asyncio.to_thread(postgres.kill, number)
        await refused(payers, 8)
        await asyncio.to_thread(postgres.start)
        await served_again(payers)
    assert lost(postgres.url, acknowledged) == 0
    assert violations(postgres.url) == {}


async def test_somebody_elses_lock_holds_up_one_payer_alone(port: int, postgres: OwnServer) -> None:
    """Red when the error of the lock fails the batch; see also tests/contracts/test_postgres_breaker.py."""
    async with paying(port, 6) as payers:
        served = []
        async with await psycopg.AsyncConnection.connect(postgres.url) as other:
            await other.execute("SELECT 1 FROM users WHERE user_id = %s FOR UPDATE", [payers[3][1].user_id])
            for _ in range(3):
                # The first is a batch, those who come meanwhile another.
                replies = await asyncio.gather(*(wire.ask(payer.check("lock@upi")) for wire, payer in payers))
                assert replies.pop(3).well_formed_refusal
                served.append({reply.status for reply in replies} == {200})
                await asyncio.sleep(1.1)  # the next time it is waited for the lock again
        assert any(served)  # a loaded machine may need longer than the budgets
        await served_again(payers)
    assert violations(postgres.url) == {}
