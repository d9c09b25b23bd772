"""What every store of devices' keys promises; see upi_risk.domain.account_ports.DeviceKeys."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.builders import NOON, later
from upi_risk.adapters.memory import MemoryDeviceKeys, MemoryStore
from upi_risk.adapters.postgres.device_keys import PostgresDeviceKeys
from upi_risk.domain.account_ports import DeviceKeys
from upi_risk.domain.device_key import DeviceKey
from upi_risk.domain.errors import DeviceConflictError

USER = "UID-00000000000000000001"


@pytest.fixture(params=["memory", "postgres"])
def keys(request: pytest.FixtureRequest) -> DeviceKeys:
    if request.param == "memory":
        return MemoryDeviceKeys(MemoryStore())
    return PostgresDeviceKeys(request.getfixturevalue("engine"))


def a_key(number: int, user_id: str = USER) -> DeviceKey:
    return DeviceKey(f"dev_{number}", user_id, bytes([number]) * 32, later(seconds=number))


async def test_keys_are_listed_oldest_first_and_only_to_their_user(keys: DeviceKeys) -> None:
    for number in (2, 1):
        await keys.add(a_key(number), 5)
    await keys.add(a_key(1, "UID-OTHER"), 5)
    assert await keys.of_user(USER) == [a_key(1), a_key(2)]
    assert await keys.of_user("UID-NOBODY") == []


async def test_a_key_twice_or_one_too_many_is_refused(keys: DeviceKeys) -> None:
    await keys.add(a_key(1), 2)
    with pytest.raises(DeviceConflictError):
        await keys.add(replace(a_key(1), key_id="dev_x"), 2)
    await keys.add(a_key(2), 2)
    with pytest.raises(DeviceConflictError):
        await keys.add(a_key(3), 2)
    assert await keys.revoke(USER, "dev_1", NOON)
    await keys.add(replace(a_key(1), key_id="dev_x"), 2)


async def test_of_many_that_are_added_at_once_only_so_many_are(keys: DeviceKeys) -> None:
    """Removed: the lock on the user; more than two were added."""
    done = await asyncio.gather(*(keys.add(a_key(number), 2) for number in range(1, 9)), return_exceptions=True)
    assert done.count(None) == 2
    assert len(await keys.of_user(USER)) == 2


async def test_a_use_is_noted_while_the_key_is_good(keys: DeviceKeys) -> None:
    await keys.add(a_key(1), 5)
    assert await keys.used(USER, "dev_1", later(hours=1))
    assert await keys.of_user(USER) == [replace(a_key(1), used_at=later(hours=1))]
    assert await keys.revoke(USER, "dev_1", later(hours=2))
    assert not await keys.used(USER, "dev_1", later(hours=3))
    assert await keys.of_user(USER) == []


async def test_nobody_revokes_or_uses_a_key_of_another(keys: DeviceKeys) -> None:
    await keys.add(a_key(1), 5)
    assert not await keys.revoke("UID-OTHER", "dev_1", NOON)
    assert not await keys.used("UID-OTHER", "dev_1", NOON)
    assert not await keys.revoke(USER, "dev_2", NOON)
    assert await keys.of_user(USER) == [a_key(1)]


async def test_a_key_is_revoked_once(keys: DeviceKeys) -> None:
    await keys.add(a_key(1), 5)
    assert [await keys.revoke(USER, "dev_1", NOON) for _ in range(2)] == [True, False]
