"""Signing up and in, tokens, one's own past, outcomes and reports."""

from datetime import timedelta

import pytest

from tests.builders import NOON, OTHER_SHOP, later
from tests.houses import MemoryHouse
from tests.unit.application.ledgers import OvertakenLedger
from upi_risk.adapters.memory import MemoryStore
from upi_risk.application.amend import MOST_ATTEMPTS
from upi_risk.domain.errors import (
    ContendedError,
    InvalidInputError,
    OutcomeConflictError,
    PhoneTakenError,
    UnauthenticatedError,
    UnknownTransactionError,
    UnknownUserError,
)
from upi_risk.domain.features import NAMES
from upi_risk.domain.history import Wanted
from upi_risk.domain.session import digest
from upi_risk.domain.transaction import Status


async def test_signing_up_stores_the_user_and_opens_a_session() -> None:
    house = MemoryHouse()
    user, tokens = await house.sign_up("Asha", "98765 43210")
    assert (user.name, user.phone, user.user.created_at, user.user.login_count) == ("Asha", "+919876543210", NOON, 1)
    assert await house.authenticate(tokens.access) == user.user_id
    assert tokens.expires_in == timedelta(minutes=15)
    assert await house.look_up.profile(user.user_id) == user


async def test_a_phone_signs_up_once_however_it_is_written() -> None:
    house = MemoryHouse()
    await house.sign_up("Asha", "9876543210")
    with pytest.raises(PhoneTakenError):
        await house.sign_up("Ravi", "+919876543210")
    with pytest.raises(InvalidInputError):
        await house.sign_up("Ravi", "12345")


async def test_signing_in_counts_and_gives_new_tokens() -> None:
    house = MemoryHouse()
    user, first = await house.sign_up("Asha", "9876543210")
    house.set_clock(later(days=1))
    again, second = await house.log_in("09876543210")
    assert (again.user_id, again.user.login_count, again.user.last_login_at) == (user.user_id, 2, later(days=1))
    assert first.access != second.access
    assert await house.authenticate(second.access) == user.user_id
    with pytest.raises(UnknownUserError):
        await house.log_in("9876543211")


async def test_only_a_live_access_token_authenticates() -> None:
    house = MemoryHouse()
    _, tokens = await house.sign_up("Asha", "9876543210")
    for wrong in ("", "upa_guess", tokens.refresh, tokens.access + "x"):
        with pytest.raises(UnauthenticatedError):
            await house.authenticate(wrong)
    house.set_clock(later(minutes=15))
    with pytest.raises(UnauthenticatedError):
        await house.authenticate(tokens.access)


async def test_tokens_are_kept_as_digests_alone() -> None:
    house = MemoryHouse()
    _, tokens = await house.sign_up("Asha", "9876543210")
    assert set(house.store.sessions) == {digest(tokens.access), digest(tokens.refresh)}
    assert tokens.access not in repr(house.store)


async def test_a_confirmed_payment_settles_and_the_receiver_is_no_longer_new() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    asked = await house.answer(house.payment(user, rupees=5_000))
    house.set_clock(later(minutes=2))
    done = await house.confirm(user.user_id, asked.payment.transaction_id, confirmed=True)
    assert (done.status, done.settled_at) == (Status.SETTLED, later(minutes=2))
    house.set_clock(later(minutes=3))
    following = await house.answer(house.payment(user))
    named = dict(zip(NAMES, following.features, strict=True))
    assert (named["is_first_time"], named["avg_amount"], named["time_since_last_txn"]) == (0.0, 5_000.0, 60.0)


async def test_the_same_outcome_twice_is_one_and_the_other_one_is_refused() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    asked = await house.answer(house.payment(user, rupees=5_000))
    name = asked.payment.transaction_id
    once = await house.confirm(user.user_id, name, confirmed=False)
    version = house.store.users[user.user_id].version
    assert await house.confirm(user.user_id, name, confirmed=False) == once
    assert house.store.users[user.user_id].version == version
    with pytest.raises(OutcomeConflictError):
        await house.confirm(user.user_id, name, confirmed=True)


async def test_a_report_moves_the_receiver_s_reputation_for_everybody_at_once() -> None:
    house = MemoryHouse()
    user, other = await house.a_user(), await house.a_user()
    paid = await house.answer(house.payment(user))
    await house.answer(house.payment(other))
    house.set_clock(later(hours=1))
    reported = await house.report(user.user_id, paid.payment.transaction_id)
    assert reported.reported_at == later(hours=1)
    assert [report.transaction_id for report in house.store.reports] == [paid.payment.transaction_id]
    house.set_clock(later(hours=2))
    reputation, trust = NAMES.index("receiver_reputation"), NAMES.index("trust_score")
    next_of_other = await house.answer(house.payment(other))
    assert next_of_other.features[reputation] < 2 / 3
    assert next_of_other.features[trust] == 50.0
    next_of_user = await house.answer(house.payment(user, receiver=OTHER_SHOP))
    assert (next_of_user.features[reputation], next_of_user.features[trust] < 50.0) == (2 / 3, True)


async def test_the_first_report_stands() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    paid = await house.answer(house.payment(user))
    first = await house.report(user.user_id, paid.payment.transaction_id)
    house.set_clock(later(hours=1))
    assert await house.report(user.user_id, paid.payment.transaction_id) == first
    assert len(house.store.reports) == 1


async def test_nobody_touches_or_sees_another_s_transaction() -> None:
    house = MemoryHouse()
    user, other = await house.a_user(), await house.a_user()
    name = (await house.answer(house.payment(user, rupees=5_000))).payment.transaction_id
    for attempt in (
        house.confirm(other.user_id, name, confirmed=True),
        house.report(other.user_id, name),
        house.look_up.transaction(other.user_id, name),
        house.look_up.transaction(user.user_id, "no such id"),
    ):
        with pytest.raises(UnknownTransactionError):
            await attempt
    assert (await house.look_up.transaction(user.user_id, name)).status is Status.PENDING


async def test_pages_go_back_in_time_and_end() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    for minute in range(5):
        house.set_clock(later(minutes=minute + 1))
        await house.answer(house.payment(user, rupees=minute + 1))
    first, cursor = await house.look_up.transactions(user.user_id, None, 2)
    second, cursor_2 = await house.look_up.transactions(user.user_id, cursor, 2)
    third, cursor_3 = await house.look_up.transactions(user.user_id, cursor_2, 2)
    amounts = [row.payment.amount_paise // 100 for row in (*first, *second, *third)]
    assert (amounts, cursor_3) == ([5, 4, 3, 2, 1], None)
    everything, end = await house.look_up.transactions(user.user_id, None, 10_000)
    assert (len(everything), end) == (5, None)


async def test_who_does_not_exist_has_no_profile_and_no_events() -> None:
    house = MemoryHouse()
    with pytest.raises(UnknownUserError):
        await house.look_up.profile("UID-NOBODY")
    with pytest.raises(UnknownUserError):
        await house.amend(Wanted("UID-NOBODY"), NOON, lambda draft, _, at: draft.sign_in(at))


async def test_an_event_is_applied_to_the_newest_history_or_not_at_all() -> None:
    house = MemoryHouse(ledger=OvertakenLedger(store := MemoryStore(), times=3), store=store)
    user = await house.a_user(phone_key="+919876543210")
    again, _ = await house.log_in("9876543210")
    assert again.user.login_count == 5
    busy = MemoryHouse(ledger=OvertakenLedger(store := MemoryStore(), times=MOST_ATTEMPTS), store=store)
    await busy.a_user(phone_key="+919876543210")
    with pytest.raises(ContendedError):
        await busy.log_in("9876543210")
    assert house.store.users[user.user_id].login_count == 5


async def test_a_transaction_that_vanishes_between_two_reads_is_unknown() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    asked = await house.answer(house.payment(user, rupees=5_000))
    moved = await house.history.transaction(user.user_id, asked.payment.transaction_id)
    assert moved is not None
    replica = MemoryHouse(store=MemoryStore(users=dict(house.store.users)))
    replica.confirm = type(house.confirm)(house.history, replica.clock, replica.amend)
    with pytest.raises(UnknownTransactionError):
        await replica.confirm(user.user_id, asked.payment.transaction_id, confirmed=True)
