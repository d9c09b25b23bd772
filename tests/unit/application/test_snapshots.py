"""What a decision is computed from: one moment of each user's history, wherever it was read."""

from __future__ import annotations

from tests.builders import NOON, OTHER_SHOP, SHOP, a_check, a_user, later
from upi_risk.adapters.memory import ManualClock, MemoryLedger, MemorySnapshotCache, MemoryStore, MemoryUsers
from upi_risk.application.snapshots import LoadSnapshot
from upi_risk.domain.history import CacheEntry, Snapshot, Wanted


async def test_a_users_pairs_are_never_older_than_the_user_though_only_one_payment_misses_the_cache() -> None:
    store, cache = MemoryStore(), MemorySnapshotCache(ManualClock(NOON))
    ledger, user = MemoryLedger(store), a_user()
    await MemoryUsers(store).add(user)
    await cache.write_users([CacheEntry(user, ())])
    await cache.write_receivers([(await ledger.load([Wanted(user.user_id, SHOP)])).receivers[SHOP]])
    elsewhere = a_check(user, SHOP)
    await ledger.commit([elsewhere])  # by another process, which has not told the cache yet

    wanted = [Wanted(user.user_id, SHOP), Wanted(user.user_id, OTHER_SHOP, "key")]
    snapshot = await (load := LoadSnapshot(ledger, cache))(wanted, [NOON], await load.near(wanted))

    assert snapshot.users == {user.user_id: elsewhere.user}
    assert snapshot.payees[user.user_id, SHOP] == elsewhere.payees[0]


async def test_a_copy_of_a_receiver_is_read_anew_before_a_payment_it_missed_would_count() -> None:
    store, cache = MemoryStore(), MemorySnapshotCache(ManualClock(NOON))  # its time stands still, as in a replay
    ledger, user = MemoryLedger(store), a_user()
    load = LoadSnapshot(ledger, cache)
    await MemoryUsers(store).add(user)
    wanted = [Wanted(user.user_id, SHOP)]
    await load(wanted, [NOON], await load.near(wanted))
    await load.filled()
    await ledger.commit([a_check(user, SHOP)])
    for days in (1, 7, 8, 9):
        at = later(days=days)
        receiver = (await load(wanted, [at], await load.near(wanted))).receivers[SHOP]
        await load.filled()
        assert receiver.reputation(at) == store.receivers[SHOP].reputation(at)
    assert store.receivers[SHOP].reputation(later(days=8)) > store.receivers[SHOP].reputation(NOON)


async def test_it_is_counted_what_was_read_and_what_for() -> None:
    """Red where ``for_receivers`` counts every miss."""
    cache = MemorySnapshotCache(ManualClock(NOON))
    ledger, user = MemoryLedger(store := MemoryStore()), a_user()
    load, wanted = LoadSnapshot(ledger, cache), [Wanted(user.user_id, SHOP)]
    await MemoryUsers(store).add(user)
    assert load.stats.hit_rate == 0
    for at in (
        NOON,
        NOON,
        later(hours=2),
    ):  # nobody is known; all are; the receiver is an hour old, and all that is told
        near = await load.near(wanted)
        near.added.clear()
        await load(wanted, [at], near, to_the_hour=True)
        await load.filled()
    found = load.stats
    assert (found.hits, found.misses, found.for_receivers, found.reads) == (1, 2, 1, 2)
    assert found.hit_rate == 1 / 3


async def test_without_a_cache_every_payment_is_read_for() -> None:
    cache = MemorySnapshotCache(ManualClock(NOON))
    ledger, user = MemoryLedger(store := MemoryStore()), a_user()
    load, wanted = LoadSnapshot(ledger, cache), [Wanted(user.user_id, SHOP)]
    await MemoryUsers(store).add(user)
    for _ in range(3):
        await load(wanted, [NOON], Snapshot())
    assert (load.stats.hits, load.stats.misses, load.stats.reads) == (0, 3, 3)
