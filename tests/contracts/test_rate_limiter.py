"""What every rate limiter promises. Time is pushed by moving the memory's clock, or by ageing what Redis holds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from tests.builders import NOON
from upi_risk.adapters.memory import ManualClock, MemoryRateLimiter
from upi_risk.adapters.redis.client import create_client
from upi_risk.adapters.redis.rate_limiter import RedisRateLimiter
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.rate_limit import Ask, RateLimiter, Verdict


@dataclass
class Limiting:
    """A limiter, and ways to let time pass and to begin anew."""

    limiter: RateLimiter
    pass_seconds: Callable[[int], Awaitable[None]]
    forget: Callable[[], Awaitable[Any]]

    async def admitted(self, *asks: Ask) -> list[bool]:
        return [verdict.admitted for verdict in await self.limiter.admit(asks)]


def in_memory() -> Limiting:
    clock = ManualClock(NOON)
    made = Limiting(MemoryRateLimiter(clock), _none, _none)

    async def pass_seconds(seconds: int) -> None:
        clock.advance(timedelta(seconds=seconds))

    async def forget() -> None:
        made.limiter = MemoryRateLimiter(clock)

    made.pass_seconds, made.forget = pass_seconds, forget
    return made


async def _none(*_: object) -> None: ...


def in_redis(client: Redis) -> Limiting:
    async def pass_seconds(seconds: int) -> None:
        for key in await client.keys("upi:l:*"):
            life = await client.pttl(key) - seconds * 1000
            held = [int(at) - seconds * 1_000_000 for at in await client.lrange(key, 0, -1)]
            await client.delete(key)
            if life > 0:
                await client.rpush(key, *map(str, held))
                await client.pexpire(key, life)

    return Limiting(RedisRateLimiter(client), pass_seconds, client.flushdb)


@pytest.fixture(params=["memory", "redis"])
def limiting(request: pytest.FixtureRequest) -> Limiting:
    return in_memory() if request.param == "memory" else in_redis(request.getfixturevalue("client"))


def ask(bucket: str = "a", limit: int = 3, window: int = 60) -> Ask:
    return Ask(bucket, limit, window)


async def test_as_many_as_the_limit_are_let_in_and_the_rest_told_when_to_come_back(limiting: Limiting) -> None:
    verdicts = await limiting.limiter.admit([ask()] * 5)
    assert [verdict.admitted for verdict in verdicts] == [True] * 3 + [False] * 2
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0, 0]
    assert [verdict.retry_after_seconds for verdict in verdicts[:3]] == [0] * 3
    assert verdicts[3] == verdicts[4] == Verdict(admitted=False, remaining=0, retry_after_seconds=60)


async def test_buckets_are_counted_apart_and_answered_in_order(limiting: Limiting) -> None:
    asks = [ask("a", 1), ask("b", 2), ask("a", 1), ask("b", 2), ask("b", 2)]
    assert await limiting.admitted(*asks) == [True, True, False, True, False]


async def test_the_window_slides(limiting: Limiting) -> None:
    assert await limiting.admitted(ask()) == [True]
    await limiting.pass_seconds(40)
    assert await limiting.admitted(ask(), ask(), ask()) == [True, True, False]
    await limiting.pass_seconds(20)  # the first has left the window, the two others have not
    assert await limiting.admitted(ask(), ask()) == [True, False]


async def test_a_refused_ask_does_not_make_the_wait_longer(limiting: Limiting) -> None:
    await limiting.limiter.admit([ask(limit=1)])
    for _ in range(5):
        await limiting.pass_seconds(10)
        assert await limiting.admitted(ask(limit=1)) == [False]
    await limiting.pass_seconds(10)
    assert await limiting.admitted(ask(limit=1)) == [True]


async def test_a_limit_of_nothing_lets_nobody_in(limiting: Limiting) -> None:
    assert await limiting.limiter.admit([ask(limit=0)]) == [Verdict(False, 0, 60)]


async def test_no_asks_have_no_verdicts(limiting: Limiting) -> None:
    assert await limiting.limiter.admit([]) == []


Steps = list[tuple[int, list[str]]]
LIMITS = {"a": 3, "b": 5}


async def run_against_a_naive_count(limiting: Limiting, steps: Steps) -> None:
    await limiting.forget()
    now, let_in = 0, [(-1000, "a")]
    for seconds, buckets in steps:
        now += seconds
        if seconds:
            await limiting.pass_seconds(seconds)
        expected = []
        for bucket in buckets:
            held = sum(1 for at, name in let_in if name == bucket and at > now - 10)
            expected.append(held < LIMITS[bucket])
            if expected[-1]:
                let_in.append((now, bucket))
        assert await limiting.admitted(*[ask(bucket, LIMITS[bucket], 10) for bucket in buckets]) == expected


@given(
    steps=st.lists(st.tuples(st.integers(0, 12), st.lists(st.sampled_from("ab"), max_size=7)), min_size=1, max_size=12)
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_it_agrees_with_a_naive_count_whatever_comes_when(limiting: Limiting, steps: Steps) -> None:
    await run_against_a_naive_count(limiting, steps)


async def test_many_clients_at_once_get_exactly_the_limit(client: Redis, redis_url: str) -> None:
    clients = [create_client(redis_url, timeout_seconds=10) for _ in range(8)]
    limiters = [RedisRateLimiter(each) for each in clients]

    async def storm(limiter: RedisRateLimiter) -> int:
        let = 0
        for _ in range(25):
            let += sum(verdict.admitted for verdict in await limiter.admit([ask(limit=100)] * 50))
        return let

    try:
        assert sum(await asyncio.gather(*map(storm, limiters))) == 100
    finally:
        for each in clients:
            await each.aclose()


async def test_a_key_is_bounded_lives_for_the_window_and_names_nobody(client: Redis) -> None:
    limiter = RedisRateLimiter(client)
    for _ in range(3):
        await limiter.admit([ask("192.0.2.7", 100, 60)] * 90)
    (key,) = await client.keys("*")
    assert await client.llen(key) == 100
    assert 59_000 < await client.pttl(key) <= 60_000
    assert b"192" not in key


async def test_the_script_is_sent_again_to_a_server_that_has_forgotten_it(client: Redis) -> None:
    limiter = RedisRateLimiter(client)
    await limiter.admit([ask()])
    await client.script_flush()
    assert [verdict.remaining for verdict in await limiter.admit([ask(), ask("b")])] == [1, 2]


@pytest.mark.parametrize("plant", ["set", "hset", "rpush"])
async def test_a_key_of_another_kind_is_an_outage_and_not_a_pass_and_is_removed(client: Redis, plant: str) -> None:
    """Red without its removal: the bucket is counted by each process alone for as long as the key is there."""
    limiter = RedisRateLimiter(client)
    await limiter.admit([ask()])
    (key,) = await client.keys("*")
    await client.delete(key)
    garbage = {"set": ("x",), "hset": ("a", "b"), "rpush": ("no number",)}[plant]
    await client.execute_command(plant, key, *garbage)  # type: ignore[no-untyped-call]  # redis-py
    with pytest.raises(StoreUnavailableError):
        await limiter.admit([ask()])
    assert [verdict.admitted for verdict in await limiter.admit([ask()])] == [True]


async def test_without_redis_nothing_is_decided() -> None:
    client = create_client("redis://127.0.0.1:1/0")
    limiter = RedisRateLimiter(client)
    with pytest.raises(StoreUnavailableError):
        await limiter.admit([ask()])
    assert limiter.failures == 1
    await client.aclose()


async def test_the_memory_forgets_the_oldest_bucket_when_there_are_too_many() -> None:
    limiter = MemoryRateLimiter(ManualClock(NOON), most_buckets=2)
    asks: Sequence[Ask] = [ask(name, 1) for name in "abcab"]
    assert [verdict.admitted for verdict in await limiter.admit(asks)] == [True] * 5
