"""What every cache of snapshots promises; see upi_risk.domain.ports.SnapshotCache."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from tests import strategies
from tests.builders import NOON, OTHER_SHOP, SHOP, a_payee, a_receiver, a_user
from upi_risk.domain.history import CacheEntry, Snapshot, Wanted
from upi_risk.domain.payment import UpiId
from upi_risk.domain.ports import SnapshotCache
from upi_risk.domain.receiver import Receiver, ReceiverDelta
from upi_risk.domain.tiles import Tiles
from upi_risk.domain.user import Payee, User

USER = a_user("UID-CACHED")
THIRD_SHOP = UpiId("third@okbank")


def _user(version: int, payee_count: int = 9) -> User:
    """By default one with more pairs than any test writes, so that an absent pair is not known to be empty."""
    return replace(USER, version=version, payee_count=payee_count)


def _pair(receiver: UpiId, count: int = 1) -> Payee:
    return a_payee(USER.user_id, receiver, settled_count=count)


async def _fill(cache: SnapshotCache, user: User, *payees: Payee) -> None:
    await cache.write_users([CacheEntry(user, payees)])


async def _follow(cache: SnapshotCache, user: User, previous: int, *payees: Payee) -> None:
    await cache.write_users([CacheEntry(user, payees, previous)])


async def _version(cache: SnapshotCache) -> int | None:
    user = (await cache.read([Wanted(USER.user_id)])).users.get(USER.user_id)
    return user.version if user else None


async def _pairs(cache: SnapshotCache, *receivers: UpiId) -> dict[UpiId, Payee]:
    snapshot = await cache.read([Wanted(USER.user_id, receiver) for receiver in receivers])
    return {receiver: payee for (_, receiver), payee in snapshot.payees.items()}


async def _added(cache: SnapshotCache) -> Tiles | None:
    told = (await cache.read([Wanted(USER.user_id, SHOP)])).added.get(SHOP)
    return told() if told else None


async def test_an_empty_cache_knows_nothing(cache: SnapshotCache) -> None:
    assert await cache.read([Wanted(USER.user_id, SHOP, "key", "id")]) == Snapshot()
    assert await cache.read([]) == Snapshot()


async def test_what_was_written_is_read_and_answers_and_transactions_are_not(cache: SnapshotCache) -> None:
    user, pair, receiver = _user(5), _pair(SHOP), a_receiver(SHOP, (20_000, 3, 1))
    await _fill(cache, user, pair)
    await cache.write_receivers([receiver])

    assert await cache.read([Wanted(USER.user_id, SHOP, "key", "id")]) == Snapshot(
        users={USER.user_id: user}, payees={(USER.user_id, SHOP): pair}, receivers={SHOP: receiver}
    )


async def test_many_things_are_read_at_once_and_what_is_not_held_is_absent(cache: SnapshotCache) -> None:
    other = a_user("UID-OTHER", payee_count=9)
    pair = a_payee(other.user_id, OTHER_SHOP)
    await cache.write_users([CacheEntry(_user(5), (_pair(SHOP),)), CacheEntry(other, (pair,))])
    await cache.write_receivers([a_receiver(OTHER_SHOP)])

    wanted = [Wanted(name, shop) for name in (USER.user_id, other.user_id, "UID-X") for shop in (SHOP, OTHER_SHOP)]
    snapshot = await cache.read(wanted)

    assert snapshot.users == {USER.user_id: _user(5), other.user_id: other}
    assert snapshot.payees == {(USER.user_id, SHOP): _pair(SHOP), (other.user_id, OTHER_SHOP): pair}
    assert snapshot.receivers == {OTHER_SHOP: a_receiver(OTHER_SHOP)}


async def test_an_older_state_changes_nothing(cache: SnapshotCache) -> None:
    await _fill(cache, _user(5), _pair(SHOP, 2))
    await _fill(cache, _user(4), _pair(SHOP, 1), _pair(OTHER_SHOP))
    await _follow(cache, _user(4), 3, _pair(SHOP, 1))
    await _follow(cache, _user(5), 4, _pair(SHOP, 1))
    assert await _version(cache) == 5
    assert await _pairs(cache, SHOP, OTHER_SHOP) == {SHOP: _pair(SHOP, 2)}


async def test_a_state_that_follows_directly_keeps_the_other_pairs(cache: SnapshotCache) -> None:
    await _fill(cache, _user(5), _pair(SHOP), _pair(OTHER_SHOP))
    await _follow(cache, _user(7), 5, _pair(SHOP, 2))
    assert await _version(cache) == 7
    assert await _pairs(cache, SHOP, OTHER_SHOP) == {SHOP: _pair(SHOP, 2), OTHER_SHOP: _pair(OTHER_SHOP)}


async def test_a_state_that_leaves_a_gap_forgets_the_other_pairs(cache: SnapshotCache) -> None:
    await _fill(cache, _user(5), _pair(SHOP), _pair(OTHER_SHOP))
    await _follow(cache, _user(8), 6, _pair(SHOP, 2))
    assert await _version(cache) == 8
    assert await _pairs(cache, SHOP, OTHER_SHOP) == {SHOP: _pair(SHOP, 2)}


async def test_a_newer_state_from_the_ledger_forgets_the_other_pairs(cache: SnapshotCache) -> None:
    await _fill(cache, _user(5), _pair(SHOP), _pair(OTHER_SHOP))
    await _fill(cache, _user(6), _pair(SHOP, 2))
    assert await _pairs(cache, SHOP, OTHER_SHOP) == {SHOP: _pair(SHOP, 2)}


async def test_the_held_state_read_from_the_ledger_again_adds_pairs(cache: SnapshotCache) -> None:
    await _fill(cache, _user(5), _pair(SHOP))
    await _fill(cache, _user(5), _pair(OTHER_SHOP))
    assert await _pairs(cache, SHOP, OTHER_SHOP) == {SHOP: _pair(SHOP), OTHER_SHOP: _pair(OTHER_SHOP)}


async def test_a_state_that_follows_on_nothing_held_is_kept(cache: SnapshotCache) -> None:
    await _follow(cache, _user(5), 4, _pair(SHOP))
    assert await _version(cache) == 5
    assert await _pairs(cache, SHOP, OTHER_SHOP) == {SHOP: _pair(SHOP)}


async def test_a_user_that_holds_every_payee_answers_an_empty_one_for_a_stranger(cache: SnapshotCache) -> None:
    await _fill(cache, _user(5, payee_count=1), _pair(SHOP))
    assert await _pairs(cache, SHOP, OTHER_SHOP) == {SHOP: _pair(SHOP), OTHER_SHOP: Payee(USER.user_id, OTHER_SHOP)}


async def test_a_user_without_payees_answers_an_empty_one_for_anybody(cache: SnapshotCache) -> None:
    await _fill(cache, _user(5, payee_count=0), Payee(USER.user_id, SHOP))
    assert await _pairs(cache, SHOP, OTHER_SHOP) == {
        SHOP: Payee(USER.user_id, SHOP),
        OTHER_SHOP: Payee(USER.user_id, OTHER_SHOP),
    }


async def test_a_user_that_may_lack_a_payee_answers_nothing_for_a_stranger(cache: SnapshotCache) -> None:
    await _fill(cache, _user(5, payee_count=2), _pair(SHOP))
    assert await _pairs(cache, SHOP, OTHER_SHOP) == {SHOP: _pair(SHOP)}


async def test_every_payee_stays_held_along_a_chain_of_checks(cache: SnapshotCache) -> None:
    await _fill(cache, _user(1, payee_count=0))
    await _follow(cache, _user(3, payee_count=1), 1, _pair(SHOP))
    await _follow(cache, _user(5, payee_count=2), 3, _pair(OTHER_SHOP))
    await _follow(cache, _user(7, payee_count=2), 5, _pair(SHOP, 2))
    assert await _pairs(cache, SHOP, OTHER_SHOP, THIRD_SHOP) == {
        SHOP: _pair(SHOP, 2),
        OTHER_SHOP: _pair(OTHER_SHOP),
        THIRD_SHOP: Payee(USER.user_id, THIRD_SHOP),
    }


async def test_after_a_gap_an_absent_pair_is_not_taken_for_an_empty_one(cache: SnapshotCache) -> None:
    await _fill(cache, _user(1, payee_count=1), _pair(SHOP))
    await _follow(cache, _user(9, payee_count=2), 7, _pair(OTHER_SHOP))
    assert await _pairs(cache, SHOP, OTHER_SHOP) == {OTHER_SHOP: _pair(OTHER_SHOP)}


async def test_a_receiver_with_fewer_reports_changes_nothing(cache: SnapshotCache) -> None:
    newer, older = a_receiver(SHOP, (20_000, 3, 2)), a_receiver(SHOP, (20_000, 9, 1))
    await cache.write_receivers([newer])
    await cache.write_receivers([older])
    assert (await cache.read([Wanted("UID-X", SHOP)])).receivers == {SHOP: newer}


async def test_a_receiver_with_as_many_reports_or_more_is_kept(cache: SnapshotCache) -> None:
    for receiver in (Receiver(SHOP), a_receiver(SHOP, (20_000, 9, 0)), a_receiver(SHOP, (20_000, 3, 2))):
        await cache.write_receivers([receiver])
        assert (await cache.read([Wanted("UID-X", SHOP)])).receivers == {SHOP: receiver}


async def test_what_settled_is_told_beside_the_copy_until_that_is_written_anew(cache: SnapshotCache) -> None:
    first, second = (ReceiverDelta.settled(SHOP, paise, NOON, fresh=paise == 7_00) for paise in (5_00, 7_00))
    report = ReceiverDelta.reported(SHOP, 5_00, NOON, first=True)
    elsewhere = ReceiverDelta.settled(OTHER_SHOP, 5_00, NOON, fresh=True)
    await cache.write_users([], [first])  # beside nothing
    assert (await cache.read([Wanted(USER.user_id, SHOP)])).receivers == {}
    await cache.write_receivers([a_receiver()])
    assert await _added(cache) == ()
    await cache.write_users([CacheEntry(USER, ())], [first, report, elsewhere, second])
    assert await _added(cache) == (first.hour, second.hour)
    await cache.write_receivers([a_receiver()])
    assert await _added(cache) == ()


async def test_of_a_busy_receiver_nothing_is_told_any_more(cache: SnapshotCache) -> None:
    delta = ReceiverDelta.settled(SHOP, 5_00, NOON, fresh=False)
    await cache.write_receivers([a_receiver()])
    await cache.write_users([], [delta] * 32)
    assert await _added(cache) == (delta.hour,) * 32
    await cache.write_users([], [delta])
    assert await _added(cache) is None
    await cache.write_users([], [delta])
    assert await _added(cache) is None
    assert (await cache.read([Wanted(USER.user_id, SHOP)])).receivers == {SHOP: a_receiver()}


async def test_writing_nothing_is_no_work(cache: SnapshotCache) -> None:
    await cache.write_users([])
    await cache.write_receivers([])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(user=strategies.users(), payee=strategies.payees(), receiver=strategies.receivers())
async def test_any_user_pair_and_receiver_are_read_as_written(
    cache: SnapshotCache, user: User, payee: Payee, receiver: Receiver
) -> None:
    user = replace(user, user_id=a_user().user_id)
    payee = replace(payee, user_id=user.user_id)
    receiver = replace(receiver, upi_id=UpiId(f"r{user.user_id[4:]}@okbank"))
    await cache.write_users([CacheEntry(user, (payee,))])
    await cache.write_receivers([receiver])

    snapshot = await cache.read([Wanted(user.user_id, payee.receiver), Wanted(user.user_id, receiver.upi_id)])

    assert snapshot.users == {user.user_id: user}
    assert snapshot.payees[user.user_id, payee.receiver] == payee
    assert snapshot.receivers == {receiver.upi_id: receiver}
