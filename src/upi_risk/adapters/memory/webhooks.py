"""Subscriptions and the outbox in memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from upi_risk.adapters.memory.store import MemoryStore, Waiting
from upi_risk.domain.outbox import Answered, DeadLetter, Delivery
from upi_risk.domain.webhooks import Event, Webhook


def put(store: MemoryStore, event: Event) -> None:
    """Put in a message for each subscriber of an event."""
    body = json.dumps(event.body, separators=(",", ":"))
    for webhook in store.webhooks.values():
        key = (webhook.webhook_id, event.event_id)
        if event.kind in webhook.kinds and key not in store.messages:
            message = Delivery(*key, event.kind, body, 0, webhook.url, webhook.secret)
            store.messages[key] = Waiting(message, event.at, event.at)


class MemoryWebhooks:
    """See :class:`upi_risk.domain.outbox.Webhooks`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def add(self, webhook: Webhook) -> None:
        """Subscribe."""
        self._store.webhooks[webhook.webhook_id] = webhook

    async def remove(self, webhook_id: str) -> bool:
        """End a subscription."""
        for key in [key for key in self._store.messages if key[0] == webhook_id]:
            del self._store.messages[key]
        return self._store.webhooks.pop(webhook_id, None) is not None

    async def all(self) -> list[Webhook]:
        """Every subscription."""
        return [self._store.webhooks[webhook_id] for webhook_id in sorted(self._store.webhooks)]


class MemoryOutbox:
    """See :class:`upi_risk.domain.outbox.Outbox`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def put(self, event: Event) -> None:
        """Put in a message for each subscriber."""
        put(self._store, event)

    async def claim(self, now: datetime, until: datetime, most: int) -> list[Delivery]:
        """Take messages that are due."""
        due = [held for held in self._store.messages.values() if held.next_at is not None and held.next_at <= now]
        due.sort(key=lambda held: held.next_at or now)
        claimed = due[:most]
        for held in claimed:
            webhook = self._store.webhooks[held.message.webhook_id]
            attempts = held.message.attempts + 1
            held.message = replace(held.message, attempts=attempts, url=webhook.url, secret=webhook.secret)
            held.next_at = until
        claimed.sort(key=lambda held: (held.created_at, held.message.event_id, held.message.webhook_id))
        return [held.message for held in claimed]

    async def record(self, delivery: Delivery, answered: Answered, at: datetime, again: datetime | None) -> None:
        """Keep what became of an attempt."""
        key = (delivery.webhook_id, delivery.event_id)
        held = self._store.messages.get(key)
        if held is None:
            return
        if answered.taken:
            del self._store.messages[key]
            return
        held.next_at, held.error = again, str(answered)
        held.died_at = at if again is None else None

    async def dead(self) -> list[DeadLetter]:
        """Dead messages."""
        found = [
            DeadLetter(m.webhook_id, m.event_id, m.kind, m.attempts, held.died_at, held.error)
            for held in self._store.messages.values()
            for m in (held.message,)
            if held.died_at is not None
        ]
        return sorted(found, key=lambda letter: (letter.died_at, letter.webhook_id, letter.event_id))

    async def replay(self, event_ids: Sequence[str], at: datetime) -> int:
        """Make dead messages due."""
        again = [
            held
            for held in self._store.messages.values()
            if held.died_at is not None and (not event_ids or held.message.event_id in event_ids)
        ]
        for held in again:
            held.next_at, held.died_at = at, None
            held.message = replace(held.message, attempts=0)
        return len(again)
