"""The cache, the tokens and the limits over a real Redis Cluster of six nodes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.builders import SHOP, a_session, a_user
from tests.contracts.cluster import Cluster, cluster, wait_for
from upi_risk.adapters.memory import MemorySessions, MemoryStore
from upi_risk.adapters.redis.best_effort import Guard
from upi_risk.adapters.redis.client import Client, create_client
from upi_risk.adapters.redis.rate_limiter import RedisRateLimiter
from upi_risk.adapters.redis.sessions import CachedSessions
from upi_risk.adapters.redis.snapshot_cache import RedisSnapshotCache
from upi_risk.domain.history import CacheEntry, Wanted
from upi_risk.domain.payment import UpiId
from upi_risk.domain.rate_limit import Ask
from upi_risk.domain.receiver import Receiver


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture
async def client(nodes: Cluster) -> AsyncIterator[Client]:
    made = create_client(nodes.url, timeout_seconds=5)
    yield made
    await made.aclose()


async def test_users_and_receivers_are_spread_and_found(client: Client) -> None:
    cache = RedisSnapshotCache(client, guard=Guard(10))
    users = [a_user() for _ in range(60)]
    receivers = [Receiver(UpiId(f"shop{number}@upi")) for number in range(60)]
    await cache.write_users([CacheEntry(user, ()) for user in users])
    await cache.write_receivers(receivers)
    wanted = [Wanted(user.user_id, receiver.upi_id) for user, receiver in zip(users, receivers, strict=True)]
    snapshot = await cache.read(wanted)
    assert snapshot.users == {user.user_id: user for user in users}
    assert snapshot.receivers == {receiver.upi_id: receiver for receiver in receivers}
    assert (cache.failures, cache.garbage) == (0, 0)


async def test_tokens_are_found_in_their_copies(client: Client) -> None:
    store = MemorySessions(MemoryStore())
    sessions = [a_session(f"token {number}") for number in range(30)]
    await CachedSessions(store, client, guard=Guard(10)).add(sessions)
    elsewhere = CachedSessions(MemorySessions(MemoryStore()), client, guard=Guard(10))
    assert await elsewhere.find([session.token_digest for session in sessions]) == sessions


async def test_limits_hold_over_several_clients(nodes: Cluster) -> None:
    clients = [create_client(nodes.url, timeout_seconds=5) for _ in range(3)]
    limiters = [RedisRateLimiter(client, guard=Guard(10)) for client in clients]
    asks = [Ask(f"minute 192.0.2.{number % 10}", 20, 60) for number in range(100)]
    verdicts = await asyncio.gather(*[limiter.admit(asks) for limiter in limiters for _ in range(2)])
    admitted = [verdict.admitted for batch in verdicts for verdict in batch]
    assert (admitted.count(True), admitted.count(False)) == (200, 400)
    for client in clients:
        await client.aclose()


async def test_a_replica_takes_the_place_of_a_master_that_dies(nodes: Cluster, client: Client) -> None:
    """Stays last: the cluster has five nodes afterwards."""
    cache = RedisSnapshotCache(client, guard=Guard(10))
    users = [a_user() for _ in range(30)]
    await cache.write_users([CacheEntry(user, ()) for user in users])
    nodes.kill(0)
    await asyncio.to_thread(wait_for, lambda: nodes.gone(0))
    survivor = create_client(nodes.url, timeout_seconds=5)
    again = RedisSnapshotCache(survivor, guard=Guard(10))
    await again.write_users([CacheEntry(user, ()) for user in users])
    snapshot = await again.read([Wanted(user.user_id, SHOP) for user in users])
    assert snapshot.users == {user.user_id: user for user in users}
    await survivor.aclose()
