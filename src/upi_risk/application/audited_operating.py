"""What operators change beside users and keys, each of which is written down before it is done.

What was noted and then failed is done again, so that nothing is done without a record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from upi_risk.domain.audit import Deed
from upi_risk.domain.experiment import Experiment, Experiments
from upi_risk.domain.lists import Kind, ListEntry, Side
from upi_risk.domain.outbox import Answered, DeadLetter, Delivery, Outbox, Webhooks
from upi_risk.domain.rule_ports import RuleBooks, RuleLists, StoredBook
from upi_risk.domain.webhooks import Event, Webhook

Jot = Callable[[Deed, str, str], Awaitable[object]]
"""Writes down a deed, its subject and a detail, as :class:`upi_risk.application.note.NoteAs` does."""

_DIGITS: Final = 32


def fingerprint(text: str) -> str:
    """What stands for a text in the audit log: the first 32 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


class AuditedBooks:
    """See :class:`upi_risk.domain.rule_ports.RuleBooks`."""

    def __init__(self, books: RuleBooks, note: Jot) -> None:
        self._books = books
        self._note = note

    async def put(self, document: str, reason: str, author: str, at: datetime) -> int:
        """Have a text in force; the log has its fingerprint."""
        await self._note(Deed.RULES_APPLIED, fingerprint(document), "")
        return await self._books.put(document, reason, author, at)

    async def get(self, version: int) -> StoredBook | None:
        """The book of a version."""
        return await self._books.get(version)

    async def history(self) -> list[StoredBook]:
        """All books."""
        return await self._books.history()


class AuditedLists:
    """See :class:`upi_risk.domain.rule_ports.RuleLists`."""

    def __init__(self, lists: RuleLists, note: Jot) -> None:
        self._lists = lists
        self._note = note

    async def add(self, entry: ListEntry) -> None:
        """Add an entry; a UPI id has its fingerprint in the log, for it may be a phone number."""
        await self._note(Deed.LIST_ADDED, _named(entry.kind, entry.subject), f"{entry.side} {entry.kind}")
        await self._lists.add(entry)

    async def remove(self, side: Side, kind: Kind, subject: str, author: str, at: datetime) -> bool:
        """Take an entry off; noted even if there was none."""
        await self._note(Deed.LIST_REMOVED, _named(kind, subject), f"{side} {kind}")
        return await self._lists.remove(side, kind, subject, author, at)

    async def entries(self) -> list[ListEntry]:
        """What is on the lists."""
        return await self._lists.entries()


def _named(kind: Kind, subject: str) -> str:
    return fingerprint(subject) if kind is Kind.RECEIVER else subject


class AuditedExperiments:
    """See :class:`upi_risk.domain.experiment.Experiments`."""

    def __init__(self, experiments: Experiments, note: Jot) -> None:
        self._experiments = experiments
        self._note = note

    async def start(self, experiment: Experiment) -> None:
        """Begin an experiment."""
        detail = f"{experiment.challenger} beside {experiment.champion}, share {experiment.share:g}"
        await self._note(Deed.EXPERIMENT_STARTED, experiment.name, detail)
        await self._experiments.start(experiment)

    async def running(self) -> Experiment | None:
        """The one that runs."""
        return await self._experiments.running()

    async def find(self, name: str) -> Experiment | None:
        """An experiment by its name."""
        return await self._experiments.find(name)

    async def stop(self, name: str, at: datetime, outcome: str) -> Experiment:
        """End an experiment; noted even if there was none of the name."""
        await self._note(Deed.EXPERIMENT_STOPPED, name, "")
        return await self._experiments.stop(name, at, outcome)


class AuditedWebhooks:
    """See :class:`upi_risk.domain.outbox.Webhooks`."""

    def __init__(self, webhooks: Webhooks, note: Jot) -> None:
        self._webhooks = webhooks
        self._note = note

    async def add(self, webhook: Webhook) -> None:
        """Subscribe; the log has the kinds of messages, and neither where they go nor the secret."""
        await self._note(Deed.WEBHOOK_ADDED, webhook.webhook_id, " ".join(sorted(webhook.kinds)))
        await self._webhooks.add(webhook)

    async def remove(self, webhook_id: str) -> bool:
        """End a subscription; noted even if there was none."""
        await self._note(Deed.WEBHOOK_REMOVED, webhook_id, "")
        return await self._webhooks.remove(webhook_id)

    async def all(self) -> list[Webhook]:
        """Every subscription."""
        return await self._webhooks.all()


class AuditedOutbox:
    """See :class:`upi_risk.domain.outbox.Outbox`; what is done to each message is no deed of its own."""

    def __init__(self, outbox: Outbox, note: Jot) -> None:
        self._outbox = outbox
        self._note = note

    async def put(self, event: Event) -> None:
        """Put in an event."""
        await self._outbox.put(event)

    async def claim(self, now: datetime, until: datetime, most: int) -> list[Delivery]:
        """Take messages that are due."""
        return await self._outbox.claim(now, until, most)

    async def record(self, delivery: Delivery, answered: Answered, at: datetime, again: datetime | None) -> None:
        """Keep what became of an attempt."""
        await self._outbox.record(delivery, answered, at, again)

    async def dead(self) -> list[DeadLetter]:
        """Dead messages."""
        return await self._outbox.dead()

    async def replay(self, event_ids: Sequence[str], at: datetime) -> int:
        """Make dead messages due again."""
        await self._note(Deed.WEBHOOKS_REPLAYED, "dead", f"{len(event_ids)} named" if event_ids else "all")
        return await self._outbox.replay(event_ids, at)
