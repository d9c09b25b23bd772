"""What every ledger promises; see upi_risk.domain.ports.Ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import (
    NOON,
    OTHER_SHOP,
    SHOP,
    a_check,
    a_delta,
    a_payee,
    a_payment,
    a_report,
    a_transaction,
    a_user,
    later,
)
from tests.contracts.stores import Stores
from upi_risk.domain.decision import Decision
from upi_risk.domain.history import Change, Snapshot, Wanted
from upi_risk.domain.indian_time import indian_day
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.track_record import REACH_DAYS, Day, TrackRecord
from upi_risk.domain.user import Payee

TODAY = indian_day(NOON)


async def test_what_nobody_has_dealt_with_is_empty_and_a_user_who_does_not_exist_is_none(stores: Stores) -> None:
    snapshot = await stores.ledger.load([Wanted("UID-NOBODY", SHOP, "key", "0198a3d0-0000-7000-8000-000000000000")])

    assert snapshot == Snapshot(
        users={"UID-NOBODY": None},
        payees={("UID-NOBODY", SHOP): Payee("UID-NOBODY", SHOP)},
        receivers={SHOP: Receiver(SHOP)},
        answers={("UID-NOBODY", "key"): None},
        transactions={("UID-NOBODY", "0198a3d0-0000-7000-8000-000000000000"): None},
    )


async def test_nothing_wanted_is_nothing_found(stores: Stores) -> None:
    assert await stores.ledger.load([]) == Snapshot()


async def test_what_was_not_asked_for_is_absent(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    assert await stores.ledger.load([Wanted(user.user_id)]) == Snapshot(users={user.user_id: user})


async def test_a_check_is_found_by_user_pair_receiver_key_and_id(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    change = a_check(user, SHOP, idempotency_key="order 17")
    await stores.apply(change)
    (added,) = change.added
    transaction_id = added.payment.transaction_id

    snapshot = await stores.ledger.load([Wanted(user.user_id, SHOP, "order 17", transaction_id)])

    assert snapshot == Snapshot(
        users={user.user_id: change.user},
        payees={(user.user_id, SHOP): change.payees[0]},
        receivers={SHOP: Receiver(SHOP, 0, TrackRecord((Day(TODAY, settled=1),)))},
        answers={(user.user_id, "order 17"): added},
        transactions={(user.user_id, transaction_id): added},
    )


async def test_many_things_are_found_at_once(stores: Stores) -> None:
    changes = []
    for number in range(5):
        user = a_user()
        await stores.users.add(user)
        changes.append(a_check(user, f"shop{number % 2}@okbank", idempotency_key="same key"))
    assert await stores.ledger.commit(changes) == [True] * 5

    wanted = [Wanted(change.user.user_id, change.payees[0].receiver, "same key") for change in changes]
    snapshot = await stores.ledger.load([*wanted, *wanted])

    assert snapshot.users == {change.user.user_id: change.user for change in changes}
    assert list(snapshot.answers.values()) == [change.added[0] for change in changes]
    assert sorted(receiver.track.days[0].settled for receiver in snapshot.receivers.values()) == [2, 3]


@pytest.mark.parametrize("unknown", ["no-uuid", "", "{0198a3d0-0000-7000-8000-000000000000}", "\N{SNOWMAN}"])
async def test_an_id_that_cannot_be_ours_is_no_transaction(stores: Stores, unknown: str) -> None:
    snapshot = await stores.ledger.load([Wanted("UID-NOBODY", transaction_id=unknown)])
    assert snapshot.transactions == {("UID-NOBODY", unknown): None}


async def test_another_users_transaction_and_key_are_not_found(stores: Stores) -> None:
    user, other = a_user(), a_user()
    await stores.users.add(user)
    await stores.users.add(other)
    change = a_check(user, idempotency_key="key")
    await stores.apply(change)
    transaction_id = change.added[0].payment.transaction_id

    snapshot = await stores.ledger.load([Wanted(other.user_id, SHOP, "key", transaction_id)])

    assert snapshot.answers == {(other.user_id, "key"): None}
    assert snapshot.transactions == {(other.user_id, transaction_id): None}
    assert snapshot.payees == {(other.user_id, SHOP): Payee(other.user_id, SHOP)}


async def test_a_change_on_another_version_leaves_everything_as_it_was(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    first = a_check(user)
    await stores.apply(first)

    assert await stores.ledger.commit([a_check(user, OTHER_SHOP, idempotency_key="late")]) == [False]

    snapshot = await stores.ledger.load([Wanted(user.user_id, OTHER_SHOP, "late")])
    assert snapshot.users == {user.user_id: first.user}
    assert snapshot.payees == {(user.user_id, OTHER_SHOP): Payee(user.user_id, OTHER_SHOP)}
    assert snapshot.receivers == {OTHER_SHOP: Receiver(OTHER_SHOP)}
    assert snapshot.answers == {(user.user_id, "late"): None}
    assert await stores.history.page(user.user_id, None, 10) == list(first.added)


async def test_a_change_of_a_user_who_does_not_exist_is_not_applied(stores: Stores) -> None:
    change = a_check(a_user())
    assert await stores.ledger.commit([change]) == [False]
    assert await stores.user(change.user.user_id) is None


async def test_the_answer_tells_in_order_which_changes_were_applied(stores: Stores) -> None:
    here, gone, moved, reporting = a_user("UID-D"), a_user("UID-C"), a_user("UID-B"), a_user("UID-A")
    for user in (here, moved, reporting):
        await stores.users.add(user)
    await stores.apply(a_check(moved))
    earlier = a_check(reporting)
    await stores.apply(earlier)

    applied = await stores.ledger.commit(
        [a_check(here), a_check(gone), a_report(earlier.user, earlier.added[0], earlier.payees[0]), a_check(moved)]
    )

    assert applied == [True, False, True, False]
    assert (await stores.receiver(SHOP)).track == TrackRecord((Day(TODAY, settled=3, reports=1, reported=1),))


async def test_no_changes_are_no_work(stores: Stores) -> None:
    assert await stores.ledger.commit([]) == []


async def test_several_events_of_one_user_are_one_change(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    first = a_check(user, SHOP)
    second = a_check(first.user, SHOP, first.payees[0])
    both = replace(
        second,
        expected_version=user.version,
        added=first.added + second.added,
        deltas=first.deltas + second.deltas,
    )

    await stores.apply(both)

    assert await stores.payee(user.user_id, SHOP) == second.payees[0]
    assert (await stores.receiver(SHOP)).track == TrackRecord((Day(TODAY, settled=2),))
    assert await stores.history.page(user.user_id, None, 10) == [second.added[0], first.added[0]]


async def test_a_change_without_payments_moves_the_user_alone(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    signed_in = user.signed_in(later(seconds=1))
    await stores.apply(Change(signed_in, user.version))
    assert await stores.user(user.user_id) == signed_in


async def test_an_outcome_replaces_the_transaction_and_settles_the_payment(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    pending = a_transaction(a_payment(user.user_id, at=later(seconds=1), idempotency_key="key"), Decision.VERIFY)
    asked = Change(user.checked(later(seconds=1)), user.version, added=(pending,))
    await stores.apply(asked)
    instant = later(seconds=2)
    settled = pending.outcome(confirmed=True, at=instant)
    payee = a_payee(user.user_id, first_settled_at=instant)
    confirmed = Change(
        user=asked.user.settled(pending.payment.amount_paise, instant, fresh=True, met=True),
        expected_version=asked.user.version,
        payees=(payee,),
        amended=(settled,),
        deltas=(a_delta(at=instant),),
    )
    await stores.apply(confirmed)

    snapshot = await stores.ledger.load([Wanted(user.user_id, SHOP, "key", pending.payment.transaction_id)])

    assert snapshot.answers == {(user.user_id, "key"): settled}
    assert snapshot.transactions == {(user.user_id, pending.payment.transaction_id): settled}
    assert snapshot.payees == {(user.user_id, SHOP): payee}
    assert snapshot.receivers == {SHOP: Receiver(SHOP, 0, TrackRecord((Day(TODAY, settled=1),)))}


async def test_a_report_marks_transaction_pair_and_receiver(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    paid = a_check(user)
    await stores.apply(paid)
    report = a_report(paid.user, paid.added[0], paid.payees[0])
    await stores.apply(report)

    assert await stores.history.page(user.user_id, None, 1) == [report.amended[0]]
    assert await stores.payee(user.user_id, SHOP) == report.payees[0]
    assert await stores.receiver(SHOP) == Receiver(
        SHOP, 1, TrackRecord((Day(TODAY, settled=1, reports=1, reported=1),))
    )
    assert await stores.user(user.user_id) == report.user


async def test_a_receiver_may_be_reported_before_anybody_paid_it(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    blocked = a_transaction(a_payment(user.user_id, at=later(seconds=1)), Decision.BLOCK)
    asked = Change(user.checked(later(seconds=1)), user.version, added=(blocked,))
    await stores.apply(asked)
    await stores.apply(a_report(asked.user, blocked, Payee(user.user_id, SHOP)))

    assert await stores.receiver(SHOP) == Receiver(SHOP, 1, TrackRecord((Day(TODAY, reports=1, reported=1),)))
    assert await stores.payee(user.user_id, SHOP) == Payee(user.user_id, SHOP, disputed=True)


async def test_a_report_on_another_version_leaves_everything_as_it_was(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    paid = a_check(user)
    await stores.apply(paid)

    stale = replace(a_report(paid.user, paid.added[0], paid.payees[0]), expected_version=user.version)

    assert await stores.ledger.commit([stale]) == [False]
    assert await stores.history.page(user.user_id, None, 1) == list(paid.added)
    assert (await stores.receiver(SHOP)).report_count == 0


async def test_a_receivers_record_reaches_as_far_back_from_its_newest_day_as_any_track_record(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    expected = TrackRecord()
    for days in (-60, -40, -REACH_DAYS, -1, 0, -50, -3):
        delta = a_delta(at=later(days=days))
        moved = user.moved(user.instant(NOON))
        await stores.apply(Change(moved, user.version, deltas=(delta,)))
        user, expected = moved, expected.plus(delta.day)

    assert len(expected.days) == 4
    assert (await stores.receiver(SHOP)).track == expected


async def test_a_change_that_brings_a_used_key_is_not_applied_and_does_not_hinder_the_others(stores: Stores) -> None:
    user, other = a_user(), a_user()
    for known in (user, other):
        await stores.users.add(known)
    first = a_check(user, idempotency_key="key")
    await stores.apply(first)

    again = a_check(first.user, payee=first.payees[0], idempotency_key="key")
    same_key_of_another = a_check(other, idempotency_key="key")
    assert await stores.ledger.commit([again, same_key_of_another]) == [False, True]

    assert await stores.user(user.user_id) == first.user
    assert len(await stores.history.page(user.user_id, None, 10)) == 1
    fresh = a_check(first.user, payee=first.payees[0], idempotency_key="new key")
    assert await stores.ledger.commit([fresh]) == [True]
