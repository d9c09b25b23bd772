"""What every store of users promises; see upi_risk.domain.ports.Users."""

from __future__ import annotations

import asyncio

import pytest

from tests.builders import a_check, a_phone, a_user
from tests.contracts.stores import Stores
from upi_risk.domain.errors import PhoneTakenError
from upi_risk.domain.payment import Phone
from upi_risk.domain.user import User


async def test_a_phone_nobody_has_leads_to_nobody(stores: Stores) -> None:
    assert await stores.users.by_phone(a_phone()) is None


async def test_an_added_user_is_found_by_phone(stores: Stores) -> None:
    user, other = a_user(), a_user()
    await stores.users.add(user)
    await stores.users.add(other)
    assert await stores.users.by_phone(Phone(user.phone_key)) == user


async def test_a_user_is_found_by_phone_as_last_committed(stores: Stores) -> None:
    user = a_user()
    await stores.users.add(user)
    change = a_check(user)
    await stores.apply(change)
    assert await stores.users.by_phone(Phone(user.phone_key)) == change.user


async def test_a_phone_that_is_taken_stays_its_first_users_and_nothing_is_stored(stores: Stores) -> None:
    first = a_user()
    second = a_user(phone_key=first.phone_key)
    await stores.users.add(first)

    with pytest.raises(PhoneTakenError):
        await stores.users.add(second)

    assert await stores.users.by_phone(Phone(first.phone_key)) == first
    assert await stores.user(second.user_id) is None


async def test_of_twenty_who_take_one_phone_at_once_exactly_one_gets_it(stores: Stores) -> None:
    phone = a_phone()
    rivals = [a_user(phone_key=phone) for _ in range(20)]

    async def add(user: User) -> bool:
        try:
            await stores.users.add(user)
        except PhoneTakenError:
            return False
        return True

    added = await asyncio.gather(*(add(user) for user in rivals))

    assert sum(added) == 1
    assert await stores.users.by_phone(phone) == rivals[added.index(True)]
