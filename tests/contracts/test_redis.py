"""The copies in Redis beyond what the ports show: how long they live, what garbage does, what a dead Redis costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest
from redis.asyncio import Redis

from tests.builders import NOON, OTHER_SHOP, SHOP, a_payee, a_receiver, a_session, a_user
from tests.faults.cancelled import cancel_at_random
from upi_risk.adapters.memory import MemorySessions, MemoryStore
from upi_risk.adapters.redis.best_effort import BestEffort, Guard
from upi_risk.adapters.redis.client import create_client
from upi_risk.adapters.redis.sessions import CachedSessions
from upi_risk.adapters.redis.snapshot_cache import RedisSnapshotCache
from upi_risk.domain.breaker import Breaker
from upi_risk.domain.history import CacheEntry, Snapshot, Wanted
from upi_risk.domain.payment import MAX_AMOUNT_PAISE
from upi_risk.domain.receiver import ReceiverDelta
from upi_risk.domain.session import digest

USER = a_user("UID-CACHED", version=5, payee_count=1)
PAYEE = a_payee(USER.user_id)
WANTED = [Wanted(USER.user_id, SHOP)]
USER_KEY = "upi:u:{UID-CACHED}"
RECEIVER_KEY = f"upi:r:{SHOP}"
FAILURES_TO_OPEN = 5
NOWHERE = "redis://127.0.0.1:1/0"

Plant = Callable[[Redis], Awaitable[object]]


@pytest.fixture
async def cache(client: Redis) -> RedisSnapshotCache:
    """A cache that holds a user, their only payee and the receiver."""
    made = RedisSnapshotCache(client)
    await made.write_users([CacheEntry(USER, (PAYEE,))])
    await made.write_receivers([a_receiver()])
    return made


@pytest.fixture
async def frozen() -> AsyncIterator[str]:
    """The address of a server that accepts connections and never answers."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"redis://127.0.0.1:{port}/0"
    server.close()


async def test_every_key_has_a_life_a_little_below_its_limit(client: Redis, cache: RedisSnapshotCache) -> None:
    users = [a_user() for _ in range(50)]
    await cache.write_users([CacheEntry(user, ()) for user in users])
    await cache.write_receivers([a_receiver(f"shop{number}@okbank") for number in range(50)])

    lives = {key.decode(): await client.pttl(key) async for key in client.scan_iter()}

    assert len(lives) == 102
    of_users = [life for key, life in lives.items() if key.startswith("upi:u:")]
    of_receivers = [life for key, life in lives.items() if key.startswith("upi:r:")]
    assert 1_610_000 < min(of_users) < max(of_users) <= 1_800_000
    assert 3_230_000 < min(of_receivers) < max(of_receivers) <= 3_600_000
    assert len({life // 1000 for life in of_users}) > 20


async def test_a_write_begins_a_new_life(client: Redis, cache: RedisSnapshotCache) -> None:
    await client.expire(USER_KEY, 10)
    await cache.write_users([CacheEntry(a_user(USER.user_id, version=6), (), 5)])
    assert await client.ttl(USER_KEY) > 1_600


async def test_keys_begin_with_the_prefix_and_hold_a_users_data_together(client: Redis) -> None:
    cache = RedisSnapshotCache(client, prefix="other:")
    await cache.write_users([CacheEntry(USER, (PAYEE,))])
    await cache.write_receivers([a_receiver()])
    await CachedSessions(MemorySessions(MemoryStore()), client, prefix="other:").add([a_session("upa_1")])
    keys = {key.decode() async for key in client.scan_iter()}
    assert keys == {"other:u:{UID-CACHED}", f"other:r:{SHOP}", f"other:s:{digest('upa_1').hex()}"}
    assert await RedisSnapshotCache(client).read(WANTED) == Snapshot()


async def test_a_server_that_forgot_the_script_learns_it_again(client: Redis, cache: RedisSnapshotCache) -> None:
    await client.script_flush()
    newer = a_user(USER.user_id, version=6, payee_count=1)
    await cache.write_users([CacheEntry(newer, (), 5), CacheEntry(a_user("UID-2"), ())])
    assert (await cache.read(WANTED)).users == {USER.user_id: newer}
    assert (await cache.read([Wanted("UID-2")])).users.keys() == {"UID-2"}
    assert cache.failures == cache.garbage == 0


async def test_a_connection_that_the_server_closed_is_renewed_unnoticed(
    client: Redis, cache: RedisSnapshotCache, redis_url: str
) -> None:
    async with Redis.from_url(redis_url) as other:
        await other.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")  # type: ignore[no-untyped-call]  # redis-py
    await asyncio.sleep(0.1)
    assert (await cache.read(WANTED)).users == {USER.user_id: USER}
    assert cache.failures == 0


async def _another_users_state(client: Redis) -> None:
    await RedisSnapshotCache(client).write_users([CacheEntry(a_user("UID-OTHER"), ())])
    await client.copy("upi:u:{UID-OTHER}", USER_KEY, replace=True)


async def _another_users_pair(client: Redis) -> None:
    await RedisSnapshotCache(client).write_users([CacheEntry(a_user("UID-OTHER"), (a_payee("UID-OTHER"),))])
    pair = await client.hget("upi:u:{UID-OTHER}", f"p:{SHOP}")
    assert pair is not None
    await client.hset(USER_KEY, f"p:{SHOP}", pair)


async def _state(client: Redis) -> list[object]:
    state = await client.hget(USER_KEY, "s")
    assert isinstance(state, bytes)
    fields: list[object] = msgspec.msgpack.decode(state)
    return fields


async def _another_schema(client: Redis) -> None:
    await client.hset(USER_KEY, "s", msgspec.msgpack.encode(["user0", *(await _state(client))[1:]]))


async def _a_field_too_many(client: Redis) -> None:
    await client.hset(USER_KEY, "s", msgspec.msgpack.encode([*await _state(client), 1]))


async def _a_negative_count(client: Redis) -> None:
    fields = await _state(client)
    fields[-3] = -1
    await client.hset(USER_KEY, "s", msgspec.msgpack.encode(fields))


async def _replace_by_list(client: Redis) -> None:
    await client.delete(USER_KEY)
    await client.rpush(USER_KEY, "garbage")


GARBAGE: dict[str, Plant] = {
    "a string in place of the hash": lambda client: client.set(USER_KEY, "garbage"),
    "a list in place of the hash": _replace_by_list,
    "a state that is no MessagePack": lambda client: client.hset(USER_KEY, "s", b"\xc1\x00"),
    "a state that is JSON": lambda client: client.hset(USER_KEY, "s", '{"user_id": "UID-CACHED"}'),
    "an empty state": lambda client: client.hset(USER_KEY, "s", b""),
    "a truncated state": lambda client: client.hset(USER_KEY, "s", b"\x9f\xa5user1\xaaUID-CACHED"),
    "bytes that are no text": lambda client: client.hset(
        USER_KEY, f"p:{SHOP}", b"\x96\xa6payee1\xa1\xff\xa1a\x00\xc0\xc2"
    ),
    "a pair that is none": lambda client: client.hset(USER_KEY, f"p:{SHOP}", b"?"),
    "a number of pairs that is none": lambda client: client.hset(USER_KEY, "n", "many"),
    "no number of pairs": lambda client: client.hdel(USER_KEY, "n"),
    "the state of another user": _another_users_state,
    "the pair of another user": _another_users_pair,
    "another schema": _another_schema,
    "a field too many": _a_field_too_many,
    "a negative count": _a_negative_count,
}


@pytest.mark.parametrize("plant", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_is_a_miss_and_removed_and_counted(
    client: Redis, cache: RedisSnapshotCache, plant: Plant
) -> None:
    await plant(client)

    snapshot = await cache.read(WANTED)

    assert snapshot.users == {}
    assert snapshot.payees == {}
    assert snapshot.receivers == {SHOP: a_receiver()}
    assert await client.exists(USER_KEY) == 0
    assert (cache.garbage, cache.failures) == (1, 0)


@pytest.mark.parametrize("value", [b"", b"\xc1", msgspec.msgpack.encode(["receiver1", OTHER_SHOP, 0, []])])
async def test_a_receivers_garbage_is_a_miss_and_removed(
    client: Redis, cache: RedisSnapshotCache, value: bytes
) -> None:
    await client.hset(RECEIVER_KEY, "s", value)
    assert await cache.read(WANTED) == Snapshot(users={USER.user_id: USER}, payees={(USER.user_id, SHOP): PAYEE})
    assert await client.exists(RECEIVER_KEY) == 0
    assert cache.garbage == 1


async def test_garbage_beside_a_receiver_is_a_miss_or_a_payment_that_never_was(
    client: Redis, cache: RedisSnapshotCache
) -> None:
    await client.hset(RECEIVER_KEY, "d", b"\xff" * 13)
    (made_up,) = (await cache.read(WANTED)).added[SHOP]()
    assert made_up.paise == MAX_AMOUNT_PAISE
    await client.hset(RECEIVER_KEY, "d", b"?")
    assert (await cache.read(WANTED)).receivers == {}
    assert await client.exists(RECEIVER_KEY) == 0


async def test_a_busy_receivers_payments_are_not_sent_until_its_copy_takes_some_again(
    client: Redis, cache: RedisSnapshotCache
) -> None:
    """Red when they are sent: where few receivers get most of the payments, nearly all are sent for nothing."""
    delta = ReceiverDelta.settled(SHOP, 5_00, NOON, fresh=False)
    await client.hdel(RECEIVER_KEY, "d")
    assert SHOP not in (await cache.read(WANTED)).added
    await client.hset(RECEIVER_KEY, "d", b"")  # as another process writes it anew
    await cache.write_users([], [delta])
    assert (await cache.read(WANTED)).added[SHOP]() == ()
    await cache.write_users([], [delta])
    assert (await cache.read(WANTED)).added[SHOP]() == (delta.hour,)
    await client.hdel(RECEIVER_KEY, "d")
    await cache.read(WANTED)
    await cache.write_receivers([a_receiver()])
    await cache.write_users([], [delta])
    assert (await cache.read(WANTED)).added[SHOP]() == (delta.hour,)


async def test_writing_over_another_kind_of_key_removes_it_and_the_next_write_holds(
    client: Redis, cache: RedisSnapshotCache
) -> None:
    await client.set(USER_KEY, "garbage")
    entry = CacheEntry(USER, (PAYEE,))
    await cache.write_users([entry])
    assert cache.garbage == 1
    await cache.write_users([entry])
    assert (await cache.read(WANTED)).users == {USER.user_id: USER}


async def test_a_version_that_is_no_number_is_overwritten(client: Redis, cache: RedisSnapshotCache) -> None:
    await client.hset(USER_KEY, "v", "latest")
    older = a_user(USER.user_id, version=2, payee_count=9)
    await cache.write_users([CacheEntry(older, ())])
    assert await cache.read([Wanted(USER.user_id, SHOP)]) == Snapshot(
        users={USER.user_id: older}, receivers={SHOP: a_receiver()}
    )


async def _quickly(call: Awaitable[object]) -> object:
    began = time.monotonic()
    result = await call
    assert time.monotonic() - began < 0.5  # 0.1 s by the deadline; the machine may be loaded
    return result


async def _everything_misses(url: str) -> None:
    client = create_client(url)
    cache = RedisSnapshotCache(client)
    assert await _quickly(cache.read(WANTED)) == Snapshot()
    await _quickly(cache.write_users([CacheEntry(USER, ())]))
    await _quickly(cache.write_receivers([a_receiver()]))
    assert cache.failures == 3
    await client.aclose()


async def test_a_redis_that_is_not_there_is_a_quick_miss() -> None:
    await _everything_misses(NOWHERE)


async def test_a_redis_that_does_not_answer_is_a_quick_miss(frozen: str) -> None:
    await _everything_misses(frozen)


async def test_after_some_failures_redis_is_left_alone_for_a_while_by_all_that_use_it(frozen: str) -> None:
    """Red without `breaker.lets`, and with a breaker for each."""
    client = create_client(frozen)
    guard = Guard()
    redis, another = BestEffort(client, guard), BestEffort(client, guard)
    for _ in range(FAILURES_TO_OPEN):
        assert await redis.run([("PING",)]) is None
    began = time.monotonic()
    for _ in range(100):
        assert await another.run([("PING",)]) is None
    assert time.monotonic() - began < 0.5  # with each asked it were 5 s
    assert (redis.failures, another.failures, another.skipped) == (FAILURES_TO_OPEN, 0, 100)
    await client.aclose()


async def test_redis_is_used_again_once_it_answers(client: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = Guard(breaker=Breaker(FAILURES_TO_OPEN, period_seconds=0.2))
    redis = BestEffort(client, guard)
    with monkeypatch.context() as broken:
        broken.setattr(client.connection_pool, "get_connection", _refuse)
        for _ in range(FAILURES_TO_OPEN):
            assert await redis.run([("PING",)]) is None
    assert await redis.run([("PING",)]) is None
    await asyncio.sleep(0.2)
    assert await redis.run([("PING",)]) in ([b"PONG"], [True])


async def _refuse(*_arguments: object) -> None:
    raise OSError


async def test_calls_that_are_given_up_mix_no_replies_up(client: Redis) -> None:
    """Red when neither `Line` nor redis-py closes a connection whose replies were not all read; each is enough.

    ``make faults PART=cancelled`` makes 20,000 calls.
    """
    told = await cancel_at_random(client, 2_000)
    assert told.wrong == 0
    assert min(told.answered, told.cancelled, told.cut) > 10
