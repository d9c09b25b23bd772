"""What operators change is in the audit log before it is done, whatever comes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import NOON, SHOP
from tests.houses import MemoryHouse
from upi_risk.adapters.memory import MemoryExperiments, MemoryOutbox, MemoryRules, MemoryWebhooks
from upi_risk.application.audited_operating import (
    AuditedBooks,
    AuditedExperiments,
    AuditedLists,
    AuditedOutbox,
    AuditedWebhooks,
    fingerprint,
)
from upi_risk.application.note import NoteAs
from upi_risk.domain.audit import Deed, Entry, verify
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.experiment import Experiment, ExperimentConflictError
from upi_risk.domain.lists import Kind, ListEntry, Side
from upi_risk.domain.outbox import Answered
from upi_risk.domain.webhooks import EventKind, Webhook, event_of_promotion


class Noting:
    """A house whose deeds are noted."""

    def __init__(self) -> None:
        self.house = MemoryHouse()
        self.note = NoteAs(self.house.note, self.house.clock, "operator:asha")

    async def noted(self) -> list[tuple[str, str, str]]:
        """Deed, subject and detail of each entry, the first first; the chain holds."""
        await verify(self.house.audit.records())
        entries = [record.entry async for record in self.house.audit.records()]
        assert {(entry.at, entry.actor) for entry in entries} <= {(NOON, "operator:asha")}
        return [(entry.deed, entry.subject, entry.detail) for entry in entries]


async def test_rules_are_noted_by_their_fingerprint() -> None:
    noting, rules = Noting(), MemoryRules()
    books = AuditedBooks(rules, noting.note)
    assert await books.put("name = 1", "why", "asha", NOON) == 1
    assert await books.history() == await rules.history()
    assert await books.get(1) == await rules.get(1)
    assert await noting.noted() == [(Deed.RULES_APPLIED, fingerprint("name = 1"), "")]
    assert len(fingerprint("name = 1")) == 32


async def test_entries_of_lists_are_noted_without_a_upi_id() -> None:
    noting, rules = Noting(), MemoryRules()
    lists = AuditedLists(rules, noting.note)
    until = NOON + timedelta(days=1)
    for kind, subject in ((Kind.RECEIVER, SHOP), (Kind.USER, "UID-A")):
        await lists.add(ListEntry(Side.BLOCK, kind, subject, "reported", "asha", NOON, until))
    assert await lists.remove(Side.BLOCK, Kind.USER, "UID-A", "asha", NOON)
    assert not await lists.remove(Side.ALLOW, Kind.HANDLE, "okbank", "asha", NOON)
    assert [entry.subject for entry in await lists.entries()] == [SHOP]
    noted = await noting.noted()
    assert noted == [
        (Deed.LIST_ADDED, fingerprint(SHOP), "block receiver"),
        (Deed.LIST_ADDED, "UID-A", "block user"),
        (Deed.LIST_REMOVED, "UID-A", "block user"),
        (Deed.LIST_REMOVED, "okbank", "allow handle"),
    ]
    assert SHOP not in str(noted)


async def test_experiments_are_noted_and_what_failed_is_noted_too() -> None:
    noting = Noting()
    experiments = AuditedExperiments(MemoryExperiments(noting.house.store), noting.note)
    first = Experiment("one", "v1", "v2", 0.25, 5, NOON)
    await experiments.start(first)
    assert await experiments.running() == await experiments.find("one") == first
    with pytest.raises(ExperimentConflictError):
        await experiments.start(Experiment("two", "v1", "v2", 0.0, 5, NOON))
    assert (await experiments.stop("one", NOON, "by hand")).outcome == "by hand"
    assert await noting.noted() == [
        (Deed.EXPERIMENT_STARTED, "one", "v2 beside v1, share 0.25"),
        (Deed.EXPERIMENT_STARTED, "two", "v2 beside v1, share 0"),
        (Deed.EXPERIMENT_STOPPED, "one", ""),
    ]


async def test_subscriptions_are_noted_without_the_secret_or_where_messages_go() -> None:
    noting = Noting()
    webhooks = AuditedWebhooks(MemoryWebhooks(noting.house.store), noting.note)
    outbox = AuditedOutbox(MemoryOutbox(noting.house.store), noting.note)
    kinds = frozenset({EventKind.MODEL_PROMOTED, EventKind.DECISION_MADE})
    await webhooks.add(Webhook("bank", "https://bank.example/x", "whsec_" + "QUJD" * 8, kinds, "asha", NOON))
    assert [one.webhook_id for one in await webhooks.all()] == ["bank"]
    await outbox.put(event_of_promotion("v2", NOON))
    assert await outbox.dead() == []
    (delivery,) = await outbox.claim(NOON, NOON, 9)
    await outbox.record(delivery, Answered(500), NOON, None)
    assert await outbox.replay(["x"], NOON) == 0
    assert await outbox.replay([], NOON) == 1
    assert await webhooks.remove("bank")
    noted = await noting.noted()
    assert noted == [
        (Deed.WEBHOOK_ADDED, "bank", "decision.made model.promoted"),
        (Deed.WEBHOOKS_REPLAYED, "dead", "1 named"),
        (Deed.WEBHOOKS_REPLAYED, "dead", "all"),
        (Deed.WEBHOOK_REMOVED, "bank", ""),
    ]
    assert "whsec" not in str(noted)


async def test_nothing_is_done_that_cannot_be_noted() -> None:
    async def fail(_deed: Deed, _subject: str, _detail: str) -> Entry:
        raise StoreUnavailableError

    rules = MemoryRules()
    with pytest.raises(StoreUnavailableError):
        await AuditedBooks(rules, fail).put("name = 1", "why", "asha", NOON)
    with pytest.raises(StoreUnavailableError):
        await AuditedLists(rules, fail).add(ListEntry(Side.BLOCK, Kind.USER, "UID-A", "r", "a", NOON))
    assert (await rules.history(), await rules.entries()) == ([], [])
