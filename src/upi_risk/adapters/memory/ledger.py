"""Committed history in memory."""

from __future__ import annotations

from collections.abc import Sequence

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.adapters.memory.webhooks import put
from upi_risk.domain.history import Change, Snapshot, Wanted
from upi_risk.domain.payment import UpiId
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import Payee
from upi_risk.domain.webhooks import event_of_label, events_of_decision


class MemoryLedger:
    """See :class:`upi_risk.domain.ports.Ledger`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def load(self, wanted: Sequence[Wanted]) -> Snapshot:
        """Everything asked for, as of now."""
        snapshot = Snapshot()
        for item in wanted:
            self._look_up(item, snapshot)
        return snapshot

    async def commit(self, changes: Sequence[Change]) -> list[bool]:
        """Apply each change whose user still has the expected version."""
        return [self._apply(change) for change in changes]

    def _look_up(self, item: Wanted, snapshot: Snapshot) -> None:
        store, user_id = self._store, item.user_id
        snapshot.users[user_id] = store.users.get(user_id)
        if item.receiver is not None:
            pair = (user_id, item.receiver)
            snapshot.payees[pair] = store.payees.get(pair, Payee(*pair))
            snapshot.receivers[item.receiver] = self._receiver(item.receiver)
        if item.idempotency_key is not None:
            retry = (user_id, item.idempotency_key)
            transaction_id = store.answers.get(retry)
            snapshot.answers[retry] = store.transaction((user_id, transaction_id)) if transaction_id else None
        if item.transaction_id is not None:
            key = (user_id, item.transaction_id)
            snapshot.transactions[key] = store.transaction(key)

    def _apply(self, change: Change) -> bool:
        store, user_id = self._store, change.user.user_id
        held = store.users.get(user_id)
        if held is None or held.version != change.expected_version or self._brings_used_key(change):
            return False
        if not all(guess.holds(self._receiver(guess.receiver.upi_id)) for guess in change.relies):
            return False
        store.users[user_id] = change.user
        store.payees |= {(user_id, payee.receiver): payee for payee in change.payees}
        for transaction in (*change.added, *change.amended):
            self._keep(transaction)
        for delta in change.deltas:
            store.receivers[delta.receiver] = self._receiver(delta.receiver).plus(delta)
        cleared = {held.payment.transaction_id for held in change.amended if held.reported_at is None}
        store.reports = [
            *(held for held in store.reports if (held.user_id, held.transaction_id in cleared) != (user_id, True)),
            *change.reports,
        ]
        self._tell(change)
        return True

    def _tell(self, change: Change) -> None:
        for transaction in change.added:
            for event in events_of_decision(transaction):
                put(self._store, event)
        for report in change.reports:
            put(self._store, event_of_label(report))

    def _brings_used_key(self, change: Change) -> bool:
        return any((held.payment.user_id, held.payment.idempotency_key) in self._store.answers for held in change.added)

    def _keep(self, transaction: Transaction) -> None:
        payment = transaction.payment
        self._store.transactions.setdefault(payment.user_id, {})[payment.transaction_id] = transaction
        if payment.idempotency_key is not None:
            self._store.answers[payment.user_id, payment.idempotency_key] = payment.transaction_id

    def _receiver(self, upi_id: UpiId) -> Receiver:
        return self._store.receivers.get(upi_id, Receiver(upi_id))
