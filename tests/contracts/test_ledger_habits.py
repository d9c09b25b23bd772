"""What the extended features are computed from is kept as the fold has it, in every store."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import OTHER_SHOP, SHOP, a_user, later
from tests.contracts.stores import Stores
from tests.strategies import habits
from upi_risk.domain.forward import Forward
from upi_risk.domain.habits import Habits
from upi_risk.domain.history import Change
from upi_risk.domain.receiver import Receiver, ReceiverDelta
from upi_risk.domain.user import User


def events(at: datetime) -> list[ReceiverDelta]:
    """Two payments and two reports, the second of each by a payer who is known."""
    return [
        ReceiverDelta.settled(SHOP, 100_00, at, fresh=True),
        ReceiverDelta.settled(SHOP, 250_00, at, fresh=False),
        ReceiverDelta.reported(SHOP, 100_00, at, first=True),
        ReceiverDelta.reported(SHOP, 250_00, at, first=False),
    ]


async def moved(stores: Stores, user: User, deltas: list[ReceiverDelta]) -> User:
    after = user.moved(user.instant(later()))
    await stores.apply(Change(after, user.version, deltas=tuple(deltas)))
    return after


@pytest.mark.parametrize("gaps", [(0, 1, 24, 25, 26), (0, 47, 48, 49), (0, 200, 248), (30, 3, 31)], ids=str)
async def test_a_receivers_days_and_hours_are_those_of_the_fold(stores: Stores, gaps: tuple[int, ...]) -> None:
    user, expected = a_user(), Receiver(SHOP)
    await stores.users.add(user)
    for hours in gaps:
        deltas = events(later(hours=hours))
        user = await moved(stores, user, deltas)
        for delta in deltas:
            expected = expected.plus(delta)

    held = await stores.receiver(SHOP)

    assert held == expected
    assert (held.report_count, held.payer_count) == (2 * len(gaps), len(gaps))


async def test_events_of_one_change_that_touch_two_hours_are_both_counted(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    await moved(stores, user, [*events(later(hours=1)), *events(later(hours=2))])
    assert [tile.count for tile in (await stores.receiver(SHOP)).hours] == [2, 2]


async def test_the_first_hour_is_that_of_the_first_payment_whoever_made_it(stores: Stores) -> None:
    user, expected = a_user(), Receiver(SHOP)
    await stores.users.add(user)
    for delta in (
        ReceiverDelta.reported(SHOP, 100, later(hours=1), first=True),
        ReceiverDelta.settled(SHOP, 100, later(hours=2), fresh=False),
        ReceiverDelta.settled(SHOP, 100, later(hours=3), fresh=True),
    ):
        user, expected = await moved(stores, user, [delta]), expected.plus(delta)
    assert await stores.receiver(SHOP) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(before=st.just(Habits()) | habits, after=habits)
async def test_any_habits_are_read_as_committed(stores: Stores, before: Habits, after: Habits) -> None:
    user = replace(a_user(), habits=before)
    await stores.users.add(user)
    assert await stores.user(user.user_id) == user
    changed = replace(user.moved(later(seconds=1)), habits=after)
    await stores.apply(Change(changed, user.version))
    assert await stores.user(user.user_id) == changed


def _guess(known: Receiver, *added: ReceiverDelta) -> Forward:
    hours = [each.hour for each in added if each.hour is not None]
    return Forward.of(known.copied(later(hours=1)), hours, later(hours=31))


async def test_what_rests_on_a_guess_is_applied_where_the_ledger_agrees_with_it_and_not_otherwise(
    stores: Stores,
) -> None:
    """Red in PostgreSQL where any of the four comparisons is left out of the statement."""
    deltas = [ReceiverDelta.settled(SHOP, 100_00, later(hours=hours), fresh=not hours) for hours in (0, 2, 20, 29)]
    first, early, late, latest = deltas
    user = await moved_in(stores, first)
    copy = await stores.receiver(SHOP)
    for delta in (early, late, latest):
        user = await moved(stores, user, [delta])
    right = _guess(copy, latest, early, late)
    another_hour = replace(right.receiver, first_hour=(copy.first_hour or 0) - 1)
    guesses = {
        "right": right,
        "the last hour is missing": _guess(copy, early, late),
        "an hour of the day before is missing": _guess(copy, late, latest),
        "one hour for another": _guess(copy, early, late, late),
        "twice": _guess(copy, early, late, latest, latest),
        "nobody paid it": _guess(Receiver(OTHER_SHOP)),
        "somebody paid it": _guess(Receiver(OTHER_SHOP), late),
        "another first hour": replace(right, receiver=another_hour),
        "reported": replace(right, receiver=replace(right.receiver, report_count=1)),
    }
    agreed = []
    for name, guess in guesses.items():
        after = user.moved(user.instant(later()))
        applied = await stores.ledger.commit([Change(after, user.version, relies=(guess,))])
        assert applied == [guess.holds(await stores.receiver(guess.receiver.upi_id))], name
        if applied == [True]:
            agreed.append(name)
            user = after
    assert agreed == ["right", "nobody paid it"]


async def moved_in(stores: Stores, *deltas: ReceiverDelta) -> User:
    user = a_user()
    await stores.users.add(user)
    return await moved(stores, user, list(deltas))
