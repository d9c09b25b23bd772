"""What is read before a decision, and what an event writes: the vocabulary of the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from upi_risk.domain.forward import Forward
from upi_risk.domain.payment import UpiId
from upi_risk.domain.receiver import Receiver, ReceiverDelta
from upi_risk.domain.tiles import Tiles
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import Payee, User

PairKey = tuple[str, UpiId]
"""A user's id and a receiver."""

RetryKey = tuple[str, str]
"""A user's id and an idempotency key."""

TransactionKey = tuple[str, str]
"""A user's id and a transaction's."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one event needs to know.

    Attributes:
        user_id: whose event it is.
        receiver: the payee; None for an event that has none, as a sign-in.
        idempotency_key: the key whose stored answer is asked for, if any.
        transaction_id: the user's transaction that the event is about, if any.
    """

    user_id: str
    receiver: UpiId | None = None
    idempotency_key: str | None = None
    transaction_id: str | None = None


@dataclass(slots=True)
class Snapshot:
    """What is known of some users, pairs and receivers at one moment.

    A key that is absent was not looked up or not found out; a None says that there is no such user, stored
    answer or transaction. A pair or receiver that nobody has dealt with is an empty Payee or Receiver, not None.

    Attributes:
        added: what payments were seen to add to receivers since they were copied, where a cache kept that.
        forward: of the receivers, those that are a guess which the ledger has to agree with.
    """

    users: dict[str, User | None] = field(default_factory=dict)
    payees: dict[PairKey, Payee] = field(default_factory=dict)
    receivers: dict[UpiId, Receiver] = field(default_factory=dict)
    answers: dict[RetryKey, Transaction | None] = field(default_factory=dict)
    transactions: dict[TransactionKey, Transaction | None] = field(default_factory=dict)
    added: dict[UpiId, Callable[[], Tiles]] = field(default_factory=dict, compare=False)
    forward: dict[UpiId, Forward] = field(default_factory=dict)

    def add(self, other: Snapshot) -> None:
        """Take over everything the other one knows."""
        self.users |= other.users
        self.payees |= other.payees
        self.receivers |= other.receivers
        self.answers |= other.answers
        self.transactions |= other.transactions


@dataclass(frozen=True, slots=True)
class FraudReport:
    """A label: somebody says a payment was fraud.

    Attributes:
        source: who says so, ``payer``, ``analyst`` or ``chargeback``.
        reported_at: from when on it may be known to anything.
    """

    user_id: str
    transaction_id: str
    receiver: UpiId
    reported_at: datetime
    source: str = "payer"


@dataclass(frozen=True, slots=True)
class Change:
    """Everything that events of one user changed; applied as a whole, or not at all.

    Attributes:
        user: the user afterwards.
        expected_version: the version the events were computed from.
        payees: pairs the events touched, afterwards.
        added: new transactions, in the order decided.
        amended: transactions that got an outcome or a report, or lost one, afterwards.
        deltas: what is added to receivers' days.
        reports: labels.
        relies: receivers that were brought forward for it; it is applied only where the ledger agrees with each.
    """

    user: User
    expected_version: int
    payees: tuple[Payee, ...] = ()
    added: tuple[Transaction, ...] = ()
    amended: tuple[Transaction, ...] = ()
    deltas: tuple[ReceiverDelta, ...] = ()
    reports: tuple[FraudReport, ...] = ()
    relies: tuple[Forward, ...] = ()


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A user's state for the cache.

    Attributes:
        user: the newest state.
        payees: pairs known to be current at that state.
        previous_version: the version the state directly follows on, where only ``payees`` changed between; None
            when the state was read from the ledger.
    """

    user: User
    payees: tuple[Payee, ...]
    previous_version: int | None = None
