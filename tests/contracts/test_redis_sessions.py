"""Copies of tokens in Redis beyond what the port shows."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from tests.builders import a_session, later
from tests.contracts.stores import found
from upi_risk.adapters.memory import MemorySessions, MemoryStore
from upi_risk.adapters.redis.client import create_client
from upi_risk.adapters.redis.sessions import CachedSessions
from upi_risk.domain.session import digest

NOWHERE = "redis://127.0.0.1:1/0"


async def test_a_session_is_copied_until_it_expires_and_at_most_a_quarter_of_an_hour(client: Redis) -> None:
    sessions = CachedSessions(MemorySessions(MemoryStore()), client)
    await sessions.add(
        [a_session("upa_short", expires_at=later(seconds=60)), a_session("upa_long", expires_at=later(days=30))]
    )
    assert 50_000 < await client.pttl(f"upi:s:{digest('upa_short').hex()}") <= 60_000
    assert 890_000 < await client.pttl(f"upi:s:{digest('upa_long').hex()}") <= 900_000


async def test_a_copied_session_needs_no_store(client: Redis) -> None:
    store = MemoryStore()
    sessions = CachedSessions(MemorySessions(store), client)
    await sessions.add([a_session("upa_1")])
    store.sessions.clear()
    assert await found(sessions, "upa_1") == a_session("upa_1")


async def test_a_session_without_a_copy_is_found_in_the_store_and_copied(client: Redis) -> None:
    store = MemoryStore()
    sessions = CachedSessions(MemorySessions(store), client)
    await sessions.add([a_session("upa_1")])
    await client.flushdb()
    assert await found(sessions, "upa_1") == a_session("upa_1")
    store.sessions.clear()
    assert await found(sessions, "upa_1") == a_session("upa_1")


@pytest.mark.parametrize("garbage", [b"", b"\xc1", b"garbage"])
async def test_a_sessions_garbage_is_replaced_from_the_store(client: Redis, garbage: bytes) -> None:
    sessions = CachedSessions(MemorySessions(MemoryStore()), client)
    await sessions.add([a_session("upa_1")])
    await client.set(f"upi:s:{digest('upa_1').hex()}", garbage)
    assert [await found(sessions, "upa_1") for _ in range(2)] == [a_session("upa_1")] * 2
    assert sessions.garbage == 1


async def test_another_tokens_session_is_garbage(client: Redis) -> None:
    sessions = CachedSessions(MemorySessions(MemoryStore()), client)
    await sessions.add([a_session("upa_1")])
    await client.copy(f"upi:s:{digest('upa_1').hex()}", f"upi:s:{digest('upa_2').hex()}")
    assert await found(sessions, "upa_2") is None


@pytest.mark.parametrize("kind", ["hset", "rpush"])
async def test_another_kind_of_key_is_garbage(client: Redis, kind: str) -> None:
    sessions = CachedSessions(MemorySessions(MemoryStore()), client)
    key = f"upi:s:{digest('upa_1').hex()}"
    await {"hset": lambda: client.hset(key, "a", "b"), "rpush": lambda: client.rpush(key, "a")}[kind]()
    assert await found(sessions, "upa_1") is None
    assert await client.exists(key) == 0


async def test_sessions_work_without_redis() -> None:
    client = create_client(NOWHERE)
    sessions = CachedSessions(MemorySessions(MemoryStore()), client)
    await sessions.add([a_session("upa_1")])
    assert await found(sessions, "upa_1") == a_session("upa_1")
    assert sessions.failures == 3
    await client.aclose()
