"""What every store promises of what lapses; see upi_risk.domain.retention.Retention."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import NOON, a_user, later
from tests.contracts.stores import PHONES, VAULT, Stores
from upi_risk.adapters.memory import (
    MemoryCases,
    MemoryDeviceKeys,
    MemoryErasure,
    MemoryHistory,
    MemoryLedger,
    MemoryOutbox,
    MemoryPastChecks,
    MemoryRetention,
    MemoryStore,
    MemoryUsers,
    MemoryWebhooks,
)
from upi_risk.adapters.postgres.cases import PostgresCases
from upi_risk.adapters.postgres.device_keys import PostgresDeviceKeys
from upi_risk.adapters.postgres.erasure import PostgresErasure
from upi_risk.adapters.postgres.retention import PostgresRetention
from upi_risk.adapters.postgres.webhooks import PostgresOutbox, PostgresWebhooks
from upi_risk.domain.account_ports import DeviceKeys
from upi_risk.domain.device_key import DeviceKey
from upi_risk.domain.erasure import Erasure
from upi_risk.domain.outbox import Answered, Outbox, Webhooks
from upi_risk.domain.retention import Lapsed, Retention
from upi_risk.domain.review import Cases, Finding, Review
from upi_risk.domain.webhooks import EventKind, Webhook, event_of_promotion

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "019bc0f1-6d0b-7c3e-9a51-2f4b8d6e7a9"


@dataclass
class House:
    stores: Stores
    retention: Retention
    erasure: Erasure
    devices: DeviceKeys
    cases: Cases
    webhooks: Webhooks
    outbox: Outbox


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    """All that may lapse, over one store."""
    if request.param == "memory":
        store = MemoryStore()
        stores = Stores(MemoryUsers(store, PHONES), MemoryLedger(store), MemoryHistory(store), MemoryPastChecks(store))
        return House(
            stores, MemoryRetention(store), MemoryErasure(store), MemoryDeviceKeys(store), MemoryCases(store),
            MemoryWebhooks(store), MemoryOutbox(store),
        )  # fmt: skip
    engine: AsyncEngine = request.getfixturevalue("engine")
    return House(
        Stores.in_postgres(engine), PostgresRetention(engine), PostgresErasure(engine), PostgresDeviceKeys(engine),
        PostgresCases(engine), PostgresWebhooks(engine, VAULT), PostgresOutbox(engine, VAULT),
    )  # fmt: skip


async def test_users_without_an_event_for_long_are_inactive_if_they_are_anybody(house: House) -> None:
    old = [a_user(f"UID-{number}", later(days=-number)) for number in (3, 2, 1)]
    for user in (*old, a_user("UID-0", NOON), a_user("UID-9", later(days=-9))):
        await house.stores.users.add(user)
    await house.erasure.erase("UID-9")
    assert await house.retention.count(Lapsed.PERSONS, NOON) == 3
    assert await house.retention.inactive(NOON, "", 2) == ["UID-1", "UID-2"]
    assert await house.retention.inactive(NOON, "UID-2", 2) == ["UID-3"]
    assert await house.retention.inactive(later(days=-2), "", 9) == ["UID-3"]


async def test_revoked_keys_of_devices_lapse_and_live_ones_do_not(house: House) -> None:
    for number in range(3):
        await house.devices.add(DeviceKey(f"dev_{number}", "UID-1", bytes([number]) * 32, later(days=-9)), 5)
    await house.devices.revoke("UID-1", "dev_0", later(days=-2))
    await house.devices.revoke("UID-1", "dev_1", later(days=-1))
    assert await house.retention.count(Lapsed.DEVICES, later(days=-1)) == 1
    assert await house.retention.remove(Lapsed.DEVICES, NOON, 1) == 1
    assert await house.retention.remove(Lapsed.DEVICES, NOON, 5) == 1
    assert await house.retention.count(Lapsed.DEVICES, NOON) == 0
    assert [key.key_id for key in await house.devices.of_user("UID-1")] == ["dev_2"]


async def test_words_of_reviews_lapse_and_their_findings_stay(house: House) -> None:
    for number, note in enumerate(("asked her", "", "called him")):
        await house.cases.record(
            Review("UID-1", f"{ID}{number}", Finding.GENUINE, "UID-2", later(days=number - 3), note)
        )
    assert await house.retention.count(Lapsed.NOTES, NOON) == 2
    assert await house.retention.remove(Lapsed.NOTES, later(days=-2), 5) == 1
    found = [await house.cases.review_of("UID-1", f"{ID}{number}") for number in range(3)]
    assert [(each.finding, each.note) for each in found if each] == [
        (Finding.GENUINE, ""), (Finding.GENUINE, ""), (Finding.GENUINE, "called him"),
    ]  # fmt: skip


async def test_messages_that_were_given_up_lapse_and_those_that_wait_do_not(house: House) -> None:
    await house.webhooks.add(Webhook("w", "https://a.example/", SECRET, frozenset(EventKind), "me", NOON))
    for number in range(3):
        await house.outbox.put(event_of_promotion(f"v{number}", later(days=-9)))
    for number, held in enumerate(await house.outbox.claim(NOON, later(days=1), 2)):
        assert json.loads(held.body)["type"] == "model.promoted"
        await house.outbox.record(held, Answered(500), later(days=number - 2), None)
    assert await house.retention.count(Lapsed.MESSAGES, later(days=-1)) == 1
    assert await house.retention.remove(Lapsed.MESSAGES, later(days=-1), 5) == 1
    assert len(await house.outbox.dead()) == 1
    assert await house.retention.remove(Lapsed.MESSAGES, NOON, 5) == 1
    assert await house.outbox.dead() == []
    assert len(await house.outbox.claim(later(days=3), later(days=4), 5)) == 1
