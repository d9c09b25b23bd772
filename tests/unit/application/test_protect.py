"""Sealing anew, and removing what has lapsed, over memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from tests.builders import later
from tests.houses import PHONES, MemoryHouse
from upi_risk.adapters.memory import MemoryProtection, MemoryRetention
from upi_risk.application.protect import Protect
from upi_risk.application.retain import Retain
from upi_risk.domain.device_key import DeviceKey
from upi_risk.domain.erasure import is_erased
from upi_risk.domain.errors import UnknownUserError
from upi_risk.domain.payment import phone_number
from upi_risk.domain.person import NOBODY, Person, PhoneKeys
from upi_risk.domain.protection import Kept
from upi_risk.domain.retention import Lapsed

ME = "operator:test"
YEAR = timedelta(days=365)


def deeds(house: MemoryHouse) -> list[tuple[str, str, str]]:
    return [
        (each.entry.deed, each.entry.subject, each.entry.detail) for each in house.store.audit if each.entry.actor == ME
    ]


async def in_clear(house: MemoryHouse, number: int) -> str:
    phone = phone_number(f"987654321{number}")
    user = await house.a_user(phone_key=phone)
    house.store.persons[user.user_id] = Person(f"Asha {number}", phone)
    return user.user_id


async def test_all_is_sealed_in_batches_and_written_down_once() -> None:
    house, told = MemoryHouse(), list[tuple[Kept, int, int]]()
    names = [await in_clear(house, number) for number in range(5)]
    protect = Protect(MemoryProtection(house.store, PHONES), house.clock, house.note, batch=2)
    assert await protect.exposed() == {Kept.USERS: 5, Kept.SUBSCRIPTIONS: 0}
    left = await protect(ME, lambda *said: told.append(said))
    assert left == {Kept.USERS: 0, Kept.SUBSCRIPTIONS: 0}
    assert told == [(Kept.USERS, done, 5) for done in (2, 4, 5)]
    assert (await house.log_in("9876543213"))[0].name == "Asha 3"
    assert all(house.store.users[name].phone_key.startswith(PHONES.mark) for name in names)
    again = await protect(ME, lambda *said: told.append(said))
    assert again == left
    assert len(told) == 3
    assert deeds(house) == [("data-sealed", "personal data", "5 users, 0 subscriptions")]


async def test_what_cannot_be_sealed_is_told_and_not_tried_for_ever() -> None:
    house = MemoryHouse()
    await house.a_user(phone_key="p00000000.sealed-by-nobody")
    protect = Protect(MemoryProtection(house.store, PHONES), house.clock, house.note)
    assert await protect(ME, lambda *_: None) == {Kept.USERS: 1, Kept.SUBSCRIPTIONS: 0}


def a_retain(house: MemoryHouse, periods: Mapping[Lapsed, timedelta]) -> Retain:
    return Retain(MemoryRetention(house.store), house.erase, periods, house.clock, house.note, 2)


async def test_what_has_lapsed_is_counted_then_removed_and_written_down() -> None:
    """Red where users are removed without :class:`EraseUser`: there was no record of each."""
    house, told = MemoryHouse(), list[tuple[Lapsed, int]]()
    gone = [(await house.sign_up("Asha", f"987654321{number}"))[0] for number in range(3)]
    for number in range(3):
        key = DeviceKey(f"dev_{number}", "UID-1", bytes(32), house.clock.now(), None, house.clock.now())
        house.store.device_keys.setdefault("UID-1", {})[key.key_id] = key
    house.set_clock(later(days=366))
    stays, tokens = await house.sign_up("Ravi", "9876543219")
    retain = a_retain(house, {Lapsed.PERSONS: YEAR, Lapsed.DEVICES: YEAR, Lapsed.NOTES: YEAR})
    due = await retain.due()
    assert due == {Lapsed.PERSONS: 3, Lapsed.DEVICES: 3, Lapsed.NOTES: 0}
    assert len(house.store.device_keys["UID-1"]) == 3
    assert await retain(ME, lambda *said: told.append(said)) == due
    assert told == [(Lapsed.PERSONS, 1)] * 3 + [(Lapsed.DEVICES, 2), (Lapsed.DEVICES, 1)]
    for each in gone:
        assert is_erased(house.store.users[each.user_id])
        assert await house.users.person(each.user_id) == NOBODY
    with pytest.raises(UnknownUserError):
        await house.log_in("9876543210")
    assert await house.authenticate(tokens.access) == stays.user_id
    assert sorted(deeds(house)) == sorted(
        [("retention", "revoked keys of devices", "3")] + [("user-erased", each.user_id, "retention") for each in gone]
    )
    assert await retain.due() == dict.fromkeys(due, 0)


def test_a_phone_is_known_by_its_digest_and_by_no_other() -> None:
    """Red where the previous key is forgotten while the other takes over."""
    old, new = PhoneKeys("the first secret"), PhoneKeys("the second secret", "the first secret")
    phone, other = phone_number("9876543210"), phone_number("9876543211")
    assert old.kept(phone) != new.kept(phone) != new.kept(other)
    assert "9876543210" not in new.kept(phone)
    assert new.candidates(phone) == (new.kept(phone), old.kept(phone), phone)
    for kept in new.candidates(phone):
        assert new.own("9876543210@ybl", kept)
        assert not new.own("9876543211@ybl", kept)
        assert not new.own("9876543210", kept)
        assert not new.own("٩876543210@ybl", kept)
    assert not old.own("9876543210@ybl", new.kept(phone))
