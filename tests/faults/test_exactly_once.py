"""One payment a key, whatever becomes of its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.faults.checker import lost, violations
from tests.faults.conftest import phones
from tests.faults.hung_up import hang_up
from tests.faults.proxy import FaultProxy
from tests.faults.servers import OwnServer, answered_again, serving, started
from tests.faults.wire import Payer, Wire
from tests.servers import rows

COMMITS = b'"expected_version"'
"""What goes to PostgreSQL with a commit, and with nothing else."""

PATIENT = {"request_deadline_ms": 3_000, "admission_wait_ms": 3_000} | dict.fromkeys(
    ("pool_timeout_ms", "statement_timeout_ms", "lock_timeout_ms"), 20_000
)


@pytest.fixture
async def port(postgres: OwnServer, valkey: OwnServer, to_postgres: FaultProxy) -> AsyncIterator[int]:
    async with serving(to_postgres.of(postgres.url), valkey.url, **PATIENT) as made:
        yield made


def of_user(postgres: OwnServer, payer: Payer) -> int:
    return int(rows(postgres.url, f"select count(*) from transactions where user_id = '{payer.user_id}'")[0][0])


@pytest.mark.parametrize("silently", [False, True])
async def test_a_commit_whose_acknowledgement_is_lost_is_found_by_the_retry(
    port: int, to_postgres: FaultProxy, postgres: OwnServer, silently: bool
) -> None:
    """Red without `idempotency_keys`: the retry is a second payment."""

    def lose(piece: bytes) -> None:
        if COMMITS in piece:
            if silently:
                to_postgres.to_client.swallow = True
            else:
                to_postgres.to_client.cut_after = 0

    async with Wire(port) as wire:
        payer = await Payer.signed_up(wire, next(phones))
        for number in range(3):
            key = f"pay-{number}"
            request = payer.check(f"shop{number}@upi", key=key)
            to_postgres.to_server.when = lose
            told = await wire.ask(request)
            assert told.well_formed_refusal
            to_postgres.heal()
            to_postgres.reset()
            first, _ = await answered_again(wire, request, 20)
            second = await wire.ask(request)
            assert first.body == second.body
            assert b"\r\nidempotent-replayed: true" in second.head
            assert of_user(postgres, payer) == number + 1
    assert violations(postgres.url) == {}


async def test_one_delivery_in_twenty_that_comes_twice_makes_no_second_payment(port: int, postgres: OwnServer) -> None:
    """Red without `idempotency_keys`; both deliveries are on their way at once, on connections of their own."""
    async with Wire(port) as wire, Wire(port) as other:
        payer = await Payer.signed_up(wire, next(phones))
        for number in range(100):
            request = payer.check(f"shop{number % 5}@upi", key=f"order-{number}")
            if number % 20:
                assert (await wire.ask(request)).status == 200
            else:
                one, two = await asyncio.gather(wire.ask(request), other.ask(request))
                assert one.status == two.status == 200
                assert one.body == two.body
    assert of_user(postgres, payer) == 100
    assert violations(postgres.url) == {}


async def test_a_process_that_dies_between_commit_and_answer_leaves_the_answer_to_the_retry(
    to_postgres: FaultProxy, postgres: OwnServer, valkey: OwnServer
) -> None:
    """Red without `idempotency_keys`: the retry is a second payment."""
    environ = {"REQUEST_DEADLINE_MS": "20000", "ADMISSION_WAIT_MS": "20000", "WORKERS": "2"}
    async with (
        started(to_postgres.of(postgres.url), valkey.url, **environ) as (port, master),
        Wire(port) as wire,
    ):
        reached = asyncio.Event()

        def hold(piece: bytes) -> None:
            if COMMITS in piece:
                to_postgres.to_client.swallow = True
                reached.set()

        payer = await Payer.signed_up(wire, next(phones))
        request = payer.check(key="once")
        to_postgres.to_server.when = hold
        asking = asyncio.create_task(wire.ask(request))
        await asyncio.wait_for(reached.wait(), 20)
        while not of_user(postgres, payer):  # noqa: ASYNC110 - another process commits
            await asyncio.sleep(0.01)
        for worker in master.children():
            worker.kill()
        with pytest.raises((OSError, EOFError)):
            await asking
        to_postgres.heal()
        first, _ = await answered_again(wire, request, 60)
        second = await wire.ask(request)
        assert first.body == second.body
        assert of_user(postgres, payer) == 1
        assert lost(postgres.url, [first.json()["transaction_id"]]) == 0
    assert violations(postgres.url) == {}


async def test_callers_who_hang_up_at_any_byte_leave_one_payment_at_most_and_nothing_else(
    postgres: OwnServer, valkey: OwnServer
) -> None:
    """Red without `idempotency_keys`: what was sent whole is paid twice; ``make faults`` lets 10,000 go."""
    told = await hang_up(postgres, valkey, 96)
    assert told.problems() == []
    assert told.whole > told.gone / 3
