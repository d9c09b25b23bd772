"""Subscriptions and the outbox in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import webhook_statements as statements
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.operating_tables import webhook_messages, webhooks
from upi_risk.domain.errors import UnreadableError
from upi_risk.domain.outbox import Answered, DeadLetter, Delivery
from upi_risk.domain.person import Vault
from upi_risk.domain.webhooks import Event, EventKind, Webhook


def sealed_of(webhook_id: str) -> str:
    """What a subscription's secret is sealed as."""
    return f"webhook {webhook_id}"


class PostgresWebhooks:
    """See :class:`upi_risk.domain.outbox.Webhooks`."""

    def __init__(self, engine: AsyncEngine, vault: Vault) -> None:
        """``vault`` seals the secrets."""
        self._engine = engine
        self._vault = vault
        self._transactions = engine.execution_options(isolation_level="READ COMMITTED")

    async def add(self, webhook: Webhook) -> None:
        """Subscribe."""
        row = {
            "url": webhook.url,
            "secret": self._vault.seal(webhook.secret, sealed_of(webhook.webhook_id)),
            "kinds": sorted(webhook.kinds),
            "author": webhook.author,
            "created_at": webhook.created_at,
        }
        statement = insert(webhooks).values(webhook_id=webhook.webhook_id, **row)
        with store_errors():
            async with self._engine.connect() as connection:
                await connection.execute(statement.on_conflict_do_update(index_elements=["webhook_id"], set_=row))

    async def remove(self, webhook_id: str) -> bool:
        """End a subscription."""
        messages = delete(webhook_messages).where(webhook_messages.c.webhook_id == webhook_id)
        found = delete(webhooks).where(webhooks.c.webhook_id == webhook_id).returning(webhooks.c.webhook_id)
        with store_errors():
            async with self._transactions.begin() as connection:
                gone = (await connection.execute(found)).one_or_none() is not None
                await connection.execute(messages)
        return gone

    async def all(self) -> list[Webhook]:
        """Every subscription."""
        with store_errors():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(select(webhooks).order_by(webhooks.c.webhook_id))).all()
        return [
            Webhook(
                row.webhook_id,
                row.url,
                self._vault.open(row.secret, sealed_of(row.webhook_id)),
                frozenset(map(EventKind, row.kinds)),
                row.author,
                row.created_at,
            )
            for row in rows
        ]

    async def told_of_decisions(self) -> bool:
        """Whether anybody wants to hear of decisions, so that commits have to tell."""
        kinds = [EventKind.DECISION_MADE.value, EventKind.REVIEW_NEEDED.value]
        with store_errors():
            async with self._engine.connect() as connection:
                found = await connection.execute(select(exists().where(webhooks.c.kinds.overlap(kinds))))
                return bool(found.scalar_one())


class PostgresOutbox:
    """See :class:`upi_risk.domain.outbox.Outbox`."""

    def __init__(self, engine: AsyncEngine, vault: Vault) -> None:
        """``vault`` opens the secrets."""
        self._engine = engine
        self._vault = vault

    async def put(self, event: Event) -> None:
        """Put in a message for each subscriber."""
        values = {
            "event_id": event.event_id,
            "kind": event.kind.value,
            "body": json.dumps(event.body, separators=(",", ":")),
            "at": event.at,
        }
        await self._run(statements.PUT, values)

    async def claim(self, now: datetime, until: datetime, most: int) -> list[Delivery]:
        """Take messages that are due; two workers never get the same one."""
        rows = await self._run(statements.CLAIM, {"now": now, "until": until, "most": most}, read=True)
        claimed = sorted(rows, key=lambda row: (row[-1], row[1], row[0]))
        return [
            Delivery(hook, event, EventKind(kind), body, attempts, url, self._opened(secret, hook))
            for hook, event, kind, body, attempts, url, secret, _ in claimed
        ]

    def _opened(self, secret: str, hook: str) -> str | None:
        try:
            return self._vault.open(secret, sealed_of(hook))
        except UnreadableError:  # the messages of others go out all the same
            return None

    async def record(self, delivery: Delivery, answered: Answered, at: datetime, again: datetime | None) -> None:
        """Keep what became of an attempt."""
        named = {"webhook_id": delivery.webhook_id, "event_id": delivery.event_id}
        if answered.taken:
            await self._run(statements.FORGET, named)
        else:
            await self._run(statements.FAILED, {**named, "again": again, "at": at, "error": str(answered)})

    async def dead(self) -> list[DeadLetter]:
        """Dead messages."""
        rows = await self._run(statements.DEAD, {}, read=True)
        return [DeadLetter(row[0], row[1], EventKind(row[2]), *row[3:]) for row in rows]

    async def replay(self, event_ids: Sequence[str], at: datetime) -> int:
        """Make dead messages due."""
        with store_errors():
            async with self._engine.connect() as connection:
                values = {"event_ids": list(event_ids), "at": at}
                done: CursorResult[Any] = await connection.exec_driver_sql(statements.REPLAY, values)
                return done.rowcount

    async def _run(self, statement: str, values: Mapping[str, Any], *, read: bool = False) -> Sequence[Any]:
        with store_errors():
            async with self._engine.connect() as connection:
                result = await connection.exec_driver_sql(statement, dict(values))
                return result.all() if read else ()
