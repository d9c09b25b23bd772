"""Whatever becomes of Redis, every check is answered, and rightly, from PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import redis.asyncio

from tests.faults.checker import violations
from tests.faults.conftest import SLACK_SECONDS, phones
from tests.faults.proxy import FaultProxy
from tests.faults.servers import OwnServer, serving
from tests.faults.wire import Payer, Wire

CHECKS = 15
PATIENT = {"request_deadline_ms": 20_000, "admission_wait_ms": 20_000} | dict.fromkeys(
    ("pool_timeout_ms", "statement_timeout_ms", "lock_timeout_ms"), 20_000
)
"""PostgreSQL is given time here, as the machine may be loaded; Redis is not."""


@pytest.fixture
async def port(postgres: OwnServer, valkey: OwnServer, to_redis: FaultProxy) -> AsyncIterator[int]:
    async with serving(postgres.url, to_redis.of(valkey.url), **PATIENT) as made:
        yield made


async def pay(wire: Wire, payer: Payer, checks: int = CHECKS) -> list[float]:
    """Ask about payments, which must all be answered; how long each took."""
    took = []
    for number in range(checks):
        reply = await wire.ask(payer.check(f"shop{number % 4}@upi", 100 + number))
        assert reply.status == 200, reply.body
        took.append(reply.seconds)
    return took


def slowed(seconds: float) -> Callable[[FaultProxy], None]:
    def do(proxy: FaultProxy) -> None:
        proxy.to_client.delay_seconds = seconds

    return do


def swallowing(proxy: FaultProxy) -> None:
    proxy.to_client.swallow = True


def garbling(proxy: FaultProxy) -> None:
    proxy.to_client.garbage = True


def trickling(proxy: FaultProxy) -> None:
    proxy.to_client.bytes_per_second = 100


def cutting(proxy: FaultProxy) -> None:
    proxy.to_client.cut_after = 100


@pytest.mark.parametrize("fault", [slowed(0.02), slowed(0.2), slowed(2), swallowing, garbling, trickling, cutting])
async def test_a_connection_to_redis_that_misbehaves_changes_no_answer(
    port: int, to_redis: FaultProxy, postgres: OwnServer, fault: Callable[[FaultProxy], None]
) -> None:
    """Red when a call that fails raises (each), and without the deadline of a call (2 s, swallowed, trickled)."""
    async with Wire(port) as wire:
        payer = await Payer.signed_up(wire, next(phones))
        await pay(wire, payer, 4)
        fault(to_redis)
        took = await pay(wire, payer)
        to_redis.heal()
        to_redis.reset()
        await pay(wire, payer, 4)
    assert max(took) < 0.45 + SLACK_SECONDS
    assert sum(sorted(took)[: CHECKS // 2]) < CHECKS / 2 * (0.1 + SLACK_SECONDS / 10)
    assert violations(postgres.url) == {}


async def test_a_redis_that_is_gone_and_one_that_comes_back_change_no_answer(
    port: int, to_redis: FaultProxy, postgres: OwnServer
) -> None:
    """Red when a call that fails raises."""
    async with Wire(port) as wire:
        payer = await Payer.signed_up(wire, next(phones))
        await pay(wire, payer, 4)
        await to_redis.refuse()
        took = await pay(wire, payer)
        await to_redis.listen()
        await asyncio.sleep(1.1)
        await pay(wire, payer)
    assert max(took) < 0.45 + SLACK_SECONDS
    assert violations(postgres.url) == {}


async def test_a_redis_that_stands_still_changes_no_answer(port: int, valkey: OwnServer, postgres: OwnServer) -> None:
    """Red without the deadline of a call."""
    async with Wire(port) as wire:
        payer = await Payer.signed_up(wire, next(phones))
        await pay(wire, payer, 4)
        with valkey.frozen():
            took = await pay(wire, payer)
        await pay(wire, payer)
    assert max(took) < 0.45 + SLACK_SECONDS
    assert violations(postgres.url) == {}


async def test_a_redis_that_was_flushed_or_killed_changes_no_answer(
    port: int, valkey: OwnServer, postgres: OwnServer
) -> None:
    """Red when a call that fails raises."""
    async with Wire(port) as wire:
        payer = await Payer.signed_up(wire, next(phones))
        async with redis.asyncio.Redis.from_url(valkey.url) as other:
            for _ in range(5):
                await pay(wire, payer, 3)
                await other.flushall()
        await asyncio.to_thread(valkey.kill)
        took = await pay(wire, payer)
        await asyncio.to_thread(valkey.start)
        await asyncio.sleep(1.1)
        await pay(wire, payer)
    assert max(took) < 0.45 + SLACK_SECONDS
    assert violations(postgres.url) == {}


async def test_keys_that_hold_anything_at_all_change_no_answer(
    port: int, valkey: OwnServer, postgres: OwnServer
) -> None:
    """Red when what cannot be read is an error rather than a miss."""
    async with Wire(port) as wire, redis.asyncio.Redis.from_url(valkey.url) as other:
        payers = [await Payer.signed_up(wire, next(phones)) for _ in range(2)]
        for turn in range(12):
            for payer in payers:
                await pay(wire, payer, 1)
            first, second = (f"upi:u:{{{payer.user_id}}}" for payer in payers)
            match turn % 4:
                case 0:
                    await other.copy(first, second, replace=True)
                case 1:
                    await other.set(first, b"\xff\x00garbage")
                case 2:
                    await other.hset(first, mapping={"s": b"{}", "v": "x", "n": "-1"})
                case 3:
                    await other.hset("upi:r:shop0@upi", mapping={"s": b"\x93", "v": "1"})
    assert violations(postgres.url) == {}
