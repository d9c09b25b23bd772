"""What every outbox and every store of subscriptions promises; see upi_risk.domain.webhooks."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import NOON, a_check, a_payee, a_payment, a_report, a_transaction, a_user, later
from tests.contracts.stores import VAULT, Stores
from upi_risk.adapters.cryptography.vault import AesGcmVault
from upi_risk.adapters.memory import MemoryHistory, MemoryOutbox, MemoryWebhooks
from upi_risk.adapters.postgres.ledger import PostgresLedger
from upi_risk.adapters.postgres.webhooks import PostgresOutbox, PostgresWebhooks
from upi_risk.domain.decision import Decision
from upi_risk.domain.history import Change
from upi_risk.domain.outbox import Answered, Delivery, Outbox, Webhooks
from upi_risk.domain.ports import Ledger
from upi_risk.domain.webhooks import EventKind, Webhook, event_of_promotion

SECRET = "whsec_" + "QUJD" * 8
PROMOTED = event_of_promotion("v3.0", NOON)
HOUR = timedelta(hours=1)


@dataclass
class Post:
    """The stores, and what goes out of them."""

    stores: Stores
    ledger: Ledger
    webhooks: Webhooks
    outbox: Outbox

    async def subscribe(self, name: str, *kinds: EventKind) -> None:
        await self.webhooks.add(a_webhook(name, *kinds))

    async def due(self, most: int = 50) -> list[Delivery]:
        return await self.outbox.claim(later(days=1), later(days=1) + HOUR, most)


def a_webhook(name: str, *kinds: EventKind) -> Webhook:
    return Webhook(name, f"https://{name}.example/hook", SECRET, frozenset(kinds), "asha", NOON)


@pytest.fixture
def post(stores: Stores, request: pytest.FixtureRequest) -> Post:
    if isinstance(stores.history, MemoryHistory):
        store = stores.history._store
        return Post(stores, stores.ledger, MemoryWebhooks(store), MemoryOutbox(store))
    engine: AsyncEngine = request.getfixturevalue("engine")
    ledger = PostgresLedger(engine, lambda: True)
    return Post(stores, ledger, PostgresWebhooks(engine, VAULT), PostgresOutbox(engine, VAULT))


async def test_subscriptions_are_found_replaced_and_ended(post: Post) -> None:
    await post.subscribe("b", EventKind.LABEL_ARRIVED)
    await post.subscribe("a", *EventKind)
    await post.subscribe("b", EventKind.MODEL_PROMOTED)
    assert await post.webhooks.all() == [a_webhook("a", *EventKind), a_webhook("b", EventKind.MODEL_PROMOTED)]
    assert await post.webhooks.remove("a")
    assert not await post.webhooks.remove("a")
    assert [webhook.webhook_id for webhook in await post.webhooks.all()] == ["b"]


async def test_a_decision_is_told_in_its_commit_to_those_who_want_to_hear_of_it(post: Post) -> None:
    """Removed: the part of the statement that tells; nothing was due."""
    await post.subscribe("every", EventKind.DECISION_MADE)
    await post.subscribe("review", EventKind.REVIEW_NEEDED)
    await post.subscribe("label", EventKind.LABEL_ARRIVED)
    user = a_user()
    await post.stores.users.add(user)
    allowed = a_check(user)
    assert await post.ledger.commit([allowed]) == [True]
    payment = a_payment(user.user_id, at=later(minutes=5))
    verify = a_transaction(payment, Decision.VERIFY)
    change = Change(allowed.user.checked(payment.at), allowed.user.version, added=(verify,))
    assert await post.ledger.commit([change]) == [True]
    due = await post.due()
    first, second = allowed.added[0].payment.transaction_id, payment.transaction_id
    assert [(one.webhook_id, one.event_id) for one in due] == [
        ("every", f"decision_{first}"), ("every", f"decision_{second}"), ("review", f"review_{second}"),
    ]  # fmt: skip
    body = json.loads(due[-1].body)
    assert body == {
        "type": "review.needed",
        "timestamp": payment.at.isoformat(),
        "data": {
            "transaction_id": second,
            "user_id": user.user_id,
            "amount_paise": payment.amount_paise,
            "decision": "VERIFY",
            "risk_level": "MEDIUM",
            "risk_score": 0.5,
            "factors": ["amount", "payee"],
            "model_version": "v1.0",
            "rules_version": None,
        },
    }
    assert (due[0].url, due[0].secret, due[0].attempts) == ("https://every.example/hook", SECRET, 1)


async def test_what_was_not_committed_is_not_told(post: Post) -> None:
    await post.subscribe("every", EventKind.DECISION_MADE)
    user = a_user()
    await post.stores.users.add(user)
    change = a_check(user)
    assert await post.ledger.commit([change]) == [True]
    assert await post.ledger.commit([a_check(user)]) == [False]
    assert len(await post.due()) == 1


async def test_a_label_is_told_in_its_commit(post: Post) -> None:
    await post.subscribe("label", EventKind.LABEL_ARRIVED)
    user = a_user()
    await post.stores.users.add(user)
    change = a_check(user)
    await post.ledger.commit([change])
    report = a_report(change.user, change.added[0], a_payee(user.user_id), later(hours=1))
    assert await post.ledger.commit([report]) == [True]
    (due,) = await post.due()
    body = json.loads(due.body)
    assert due.event_id == f"label_{change.added[0].payment.transaction_id}"
    assert body["type"] == "label.arrived"
    assert body["data"]["source"] == "payer"


async def test_an_event_put_in_twice_is_told_once_and_to_subscribers_alone(post: Post) -> None:
    await post.subscribe("a", EventKind.MODEL_PROMOTED)
    await post.subscribe("b", EventKind.LABEL_ARRIVED)
    await post.outbox.put(PROMOTED)
    await post.outbox.put(PROMOTED)
    (due,) = await post.due()
    assert (due.webhook_id, json.loads(due.body)) == ("a", PROMOTED.body)


async def test_what_is_claimed_is_nobody_elses_until_the_lease_ends(post: Post) -> None:
    await post.subscribe("a", EventKind.MODEL_PROMOTED)
    await post.outbox.put(PROMOTED)
    assert await post.outbox.claim(NOON - HOUR, NOON, 9) == []
    assert len(await post.outbox.claim(NOON, NOON + HOUR, 9)) == 1
    assert await post.outbox.claim(later(minutes=59), NOON + 2 * HOUR, 9) == []
    (again,) = await post.outbox.claim(NOON + HOUR, NOON + 2 * HOUR, 9)
    assert again.attempts == 2


async def test_workers_at_the_same_moment_share_what_is_due(post: Post) -> None:
    """Removed: SKIP LOCKED and the lease; messages were claimed by several."""
    await post.subscribe("a", EventKind.MODEL_PROMOTED)
    for number in range(20):
        await post.outbox.put(event_of_promotion(f"v{number}", NOON))
    claimed = await asyncio.gather(*(post.due(5) for _ in range(8)))
    ids = [one.event_id for some in claimed for one in some]
    assert len(ids) == len(set(ids))
    ids += [one.event_id for one in await post.due()]
    assert len(ids) == len(set(ids)) == 20


async def test_what_was_taken_is_forgotten_and_what_was_not_is_due_again(post: Post) -> None:
    await post.subscribe("a", EventKind.MODEL_PROMOTED)
    await post.outbox.put(PROMOTED)
    (due,) = await post.outbox.claim(NOON, NOON + HOUR, 9)
    await post.outbox.record(due, Answered(500), NOON, later(minutes=5))
    assert await post.outbox.claim(later(minutes=4), NOON + HOUR, 9) == []
    (due,) = await post.outbox.claim(later(minutes=5), NOON + HOUR, 9)
    await post.outbox.record(due, Answered(204), later(minutes=5), None)
    assert await post.due() == []
    assert await post.outbox.dead() == []


async def test_dead_letters_are_listed_and_replayed_with_all_attempts_before_them(post: Post) -> None:
    await post.subscribe("a", EventKind.MODEL_PROMOTED)
    for number in range(2):
        await post.outbox.put(event_of_promotion(f"v{number}", NOON))
    for due in await post.outbox.claim(NOON, NOON + HOUR, 9):
        await post.outbox.record(due, Answered(None, "ConnectError"), later(minutes=1), None)
    letters = await post.outbox.dead()
    assert [(letter.attempts, letter.died_at, letter.error) for letter in letters] == [
        (1, later(minutes=1), "ConnectError")
    ] * 2
    assert await post.due() == []
    assert await post.outbox.replay([letters[0].event_id], later(hours=1)) == 1
    assert await post.outbox.dead() == letters[1:]
    (due,) = await post.due()
    assert (due.event_id, due.attempts) == (letters[0].event_id, 1)
    assert await post.outbox.replay([], later(hours=1)) == 1
    assert await post.outbox.replay([], later(hours=1)) == 0


async def test_the_end_of_a_subscription_ends_its_messages(post: Post) -> None:
    await post.subscribe("a", EventKind.MODEL_PROMOTED)
    await post.outbox.put(PROMOTED)
    (due,) = await post.outbox.claim(NOON, NOON + HOUR, 9)
    await post.webhooks.remove("a")
    await post.outbox.record(due, Answered(500), NOON, NOON)
    assert await post.due() == []


async def test_a_secret_that_cannot_be_opened_stops_no_other_message(engine: AsyncEngine) -> None:
    """Red when the outbox raises: one subscription sealed under a lost key ended all delivery."""
    lost = AesGcmVault("a key that nobody has any more")
    await PostgresWebhooks(engine, lost).add(a_webhook("lost", *EventKind))
    await PostgresWebhooks(engine, VAULT).add(a_webhook("kept", *EventKind))
    outbox = PostgresOutbox(engine, VAULT)
    await outbox.put(PROMOTED)
    due = await outbox.claim(later(days=1), later(days=1) + HOUR, 50)
    assert {delivery.webhook_id: delivery.secret for delivery in due} == {"lost": None, "kept": SECRET}
