"""What every ledger promises to those who use it at once; see upi_risk.domain.ports.Ledger."""

from __future__ import annotations

import asyncio

from tests.builders import (
    NOON,
    SHOP,
    a_check,
    a_payee,
    a_report,
    a_user,
)
from tests.contracts.stores import Stores
from upi_risk.domain.history import Wanted
from upi_risk.domain.indian_time import indian_day
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.track_record import Day, TrackRecord
from upi_risk.domain.user import Payee, User

TODAY = indian_day(NOON)


async def test_of_many_changes_on_one_version_exactly_one_is_applied(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    changes = [a_check(user, f"shop{number}@okbank") for number in range(20)]

    applied = await asyncio.gather(*(stores.ledger.commit([change]) for change in changes))

    assert sorted(applied) == [[False]] * 19 + [[True]]
    winner = changes[applied.index([True])]
    assert await stores.user(user.user_id) == winner.user
    assert await stores.history.page(user.user_id, None, 100) == list(winner.added)


async def test_a_user_counts_every_applied_check_under_contention(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)

    async def pay() -> None:
        while True:
            snapshot = await stores.ledger.load([Wanted(user.user_id, SHOP)])
            held = snapshot.users[user.user_id]
            assert held is not None
            if await stores.ledger.commit([a_check(held, SHOP, snapshot.payees[user.user_id, SHOP])]) == [True]:
                return

    await asyncio.gather(*(pay() for _ in range(12)))

    paid = await stores.user(user.user_id)
    assert paid is not None
    assert (paid.transaction_count, paid.settled_count, paid.payee_count) == (12, 12, 1)
    assert (await stores.payee(user.user_id, SHOP)).settled_count == 12
    assert len(await stores.history.page(user.user_id, None, 100)) == 12
    assert (await stores.receiver(SHOP)).track == TrackRecord((Day(TODAY, settled=12),))


async def test_concurrent_batches_over_the_same_users_and_receivers_add_up_exactly(stores: Stores) -> None:
    users: dict[str, User] = {}
    for _ in range(24):
        user = a_user()
        await stores.users.add(user)
        users[user.user_id] = user
    receivers = [f"shop{number}@okbank" for number in range(3)]
    settled = dict.fromkeys(receivers, 0)

    async def batch(turn: int) -> None:
        ids = list(users)[turn % 3 :: 2]
        ordered = ids if turn % 2 else ids[::-1]
        changes = [a_check(users[user_id], receivers[(turn + place) % 3]) for place, user_id in enumerate(ordered)]
        for change, applied in zip(changes, await stores.ledger.commit(changes), strict=True):
            settled[change.payees[0].receiver] += applied

    await asyncio.gather(*(batch(turn) for turn in range(12)))

    assert sum(settled.values()) == len(users)
    for receiver, count in settled.items():
        days = (await stores.receiver(a_payee("", receiver).receiver)).track.days
        assert sum(day.settled for day in days) == count


async def test_concurrent_reports_against_one_receiver_are_all_counted(stores: Stores) -> None:
    reports = []
    for _ in range(10):
        user = a_user()
        await stores.users.add(user)
        paid = a_check(user)
        await stores.apply(paid)
        reports.append(a_report(paid.user, paid.added[0], paid.payees[0]))

    assert await asyncio.gather(*(stores.ledger.commit([report]) for report in reports)) == [[True]] * 10

    assert await stores.receiver(SHOP) == Receiver(
        SHOP, 10, TrackRecord((Day(TODAY, settled=10, reports=10, reported=10),))
    )


async def test_a_snapshot_is_of_one_moment(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)

    async def pay() -> None:
        held, payee = user, Payee(user.user_id, SHOP)
        for _ in range(30):
            change = a_check(held, SHOP, payee)
            await stores.apply(change)
            held, payee = change.user, change.payees[0]

    paying = asyncio.create_task(pay())
    while not paying.done():
        snapshot = await stores.ledger.load([Wanted(user.user_id, SHOP)])
        held = snapshot.users[user.user_id]
        assert held is not None
        assert held.settled_count == snapshot.payees[user.user_id, SHOP].settled_count
        assert held.settled_count == sum(day.settled for day in snapshot.receivers[SHOP].track.days)
        await asyncio.sleep(0)
    await paying
