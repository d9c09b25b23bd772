"""What the stores in memory share: one committed history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from upi_risk.domain.access import ApiKey, Role
from upi_risk.domain.audit import Record
from upi_risk.domain.challenge import Challenge
from upi_risk.domain.device_key import DeviceKey
from upi_risk.domain.history import FraudReport, PairKey, RetryKey, TransactionKey
from upi_risk.domain.outbox import Delivery
from upi_risk.domain.payment import UpiId
from upi_risk.domain.person import Person
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.review import Review
from upi_risk.domain.session import Session
from upi_risk.domain.sign_in import Family
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import Payee, User
from upi_risk.domain.webhooks import Webhook


@dataclass(slots=True)
class Waiting:
    """A message that waits.

    Attributes:
        message: what is sent.
        created_at: when it was put in.
        next_at: when it is due; None for a dead one.
        died_at: when it was given up; None for one that was not.
        error: what went wrong last.
    """

    message: Delivery
    created_at: datetime
    next_at: datetime | None
    died_at: datetime | None = None
    error: str = ""


@dataclass(slots=True)
class MemoryStore:
    """Committed state. The values are immutable, so nobody who holds one can change what is stored.

    Nothing here awaits, and all of it runs on one event loop: whatever a store does between two awaits is atomic.

    Attributes:
        users: by id.
        phones: the id of each phone's user, by what is kept of the phone.
        persons: who each user is.
        payees: what each pair has been.
        receivers: what is known of each receiver.
        transactions: by user and id.
        answers: the id of the transaction that each idempotency key led to.
        reports: labels, in the order they were made.
        sessions: by the token's digest.
        sign_ins: by the family's name, the ones not ended.
        roles: of the users that were given one.
        keys: of services, in the order they were made, by their id.
        audit: the chain.
        reviews: by user and transaction.
        webhooks: subscriptions, by id.
        messages: what waits for subscribers, by subscription and event.
        challenges: by their slot, the ones not used.
        device_keys: of each user, by the key's id.
    """

    users: dict[str, User] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    payees: dict[PairKey, Payee] = field(default_factory=dict)
    receivers: dict[UpiId, Receiver] = field(default_factory=dict)
    transactions: dict[str, dict[str, Transaction]] = field(default_factory=dict)
    answers: dict[RetryKey, str] = field(default_factory=dict)
    reports: list[FraudReport] = field(default_factory=list)
    sessions: dict[bytes, Session] = field(default_factory=dict)
    sign_ins: dict[str, Family] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    audit: list[Record] = field(default_factory=list)
    reviews: dict[TransactionKey, Review] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    messages: dict[tuple[str, str], Waiting] = field(default_factory=dict)
    challenges: dict[bytes, Challenge] = field(default_factory=dict)
    device_keys: dict[str, dict[str, DeviceKey]] = field(default_factory=dict)

    def transaction(self, key: TransactionKey) -> Transaction | None:
        """A user's transaction; None if the user has none such."""
        user_id, transaction_id = key
        return self.transactions.get(user_id, {}).get(transaction_id)
