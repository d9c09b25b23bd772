"""What the domain and the use cases need from outside. Protocols only; each sentence is a contract.

Every port has two implementations that ship, the real one and the one in memory, and one contract suite runs on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from upi_risk.domain.features import Vector
from upi_risk.domain.history import CacheEntry, Change, Snapshot, Wanted
from upi_risk.domain.model import ModelCard, Scored
from upi_risk.domain.payment import Phone
from upi_risk.domain.person import Person
from upi_risk.domain.receiver import Receiver, ReceiverDelta
from upi_risk.domain.session import Session
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import User


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC, to the microsecond."""


class Identities(Protocol):
    """Names and secrets that nobody can guess or have twice."""

    def user_id(self) -> str:
        """A new user's id: ``UID-`` and upper-case letters and digits."""

    def transaction_id(self, at: datetime) -> str:
        """A new transaction's id: a UUID (version 7) whose order is that of the instants, to the millisecond."""

    def token(self) -> str:
        """A secret of 256 random bits, letters, digits, ``-`` and ``_``, beginning with ``upa_``."""


class Users(Protocol):
    """Who has signed up."""

    async def add(self, user: User, person: Person | None = None) -> None:
        """Store a new user, and who that is if it is anybody; durable on return.

        Raises:
            PhoneTakenError: the phone belongs to somebody; nothing was stored.
            StoreUnavailableError: nothing is known of what was stored.
        """

    async def by_phone(self, phone: Phone) -> User | None:
        """The user with this phone, as last committed; None if there is none."""

    async def person(self, user_id: str) -> Person:
        """Who a user is; :data:`~upi_risk.domain.person.NOBODY` of one who was erased, was never told, or is not there.

        Raises:
            UnreadableError: what is kept cannot be opened.
        """


class Ledger(Protocol):
    """Committed history: the truth that decisions are computed from and added to."""

    async def load(self, wanted: Sequence[Wanted]) -> Snapshot:
        """Everything asked for, as of one moment, in one round trip.

        Each wanted user, pair and receiver has an entry in the snapshot: None for a user that does not exist, an
        empty Payee or Receiver for what nobody has dealt with. A stored answer is looked up for each idempotency
        key, a transaction for each transaction id.

        Raises:
            StoreUnavailableError: the store cannot be read.
        """

    async def commit(self, changes: Sequence[Change]) -> list[bool]:
        """Apply each change whose user still has the expected version and brings no used key; durable on return.

        A used key is an idempotency key that an earlier transaction of the user has.

        The answer tells, in the order of the changes, which were applied. A change is applied whole or not at all, and
        independently of the others. Each user occurs at most once. Receivers' days are added up, never overwritten.
        One that relies on what is known of a receiver is not applied where the ledger knows it otherwise.

        Raises:
            StoreUnavailableError: nothing is known of what was applied.
        """


class History(Protocol):
    """Reading one's own past."""

    async def transaction(self, user_id: str, transaction_id: str) -> Transaction | None:
        """The user's transaction with this id; None if this user has none such."""

    async def page(self, user_id: str, before: datetime | None, limit: int) -> list[Transaction]:
        """The user's latest transactions, newest first, at most ``limit``; only those before an instant, if given."""


class Sessions(Protocol):
    """Tokens that were issued."""

    async def add(self, sessions: Sequence[Session]) -> None:
        """Store tokens; from the return on they are found."""

    async def find(self, token_digests: Sequence[bytes]) -> list[Session | None]:
        """The session of each token, in order, expired or not; None for a token that was never issued."""


class SnapshotCache(Protocol):
    """Copies of users, their payees and receivers, near at hand. Losing any of it changes no answer.

    A cache that fails or holds garbage behaves like an empty one: it answers nothing, keeps nothing and never raises.
    Users live at most 30 minutes since written, receivers at most an hour.
    """

    async def read(self, wanted: Sequence[Wanted]) -> Snapshot:
        """What is held of the users, pairs and receivers wanted, in one round trip; the rest is absent.

        Stored answers and transactions are never held. A pair is present only when its user is, and is as of that
        user's version. A user that holds every payee answers an empty Payee for a receiver that is none of them.
        """

    async def write_users(self, entries: Sequence[CacheEntry], settled: Sequence[ReceiverDelta] = ()) -> None:
        """Keep newer states; one older than what is held changes nothing.

        An entry that follows directly on the held version keeps the other pairs held; any other newer one forgets
        them. One read from the ledger at the very version held adds its pairs.

        What ``settled`` adds to a receiver is kept beside its copy, if there is one, until the copy is written anew,
        and told as ``added``: in any order, perhaps not all of it, perhaps twice. Beyond a number it is told no more.
        """

    async def write_receivers(self, receivers: Sequence[Receiver]) -> None:
        """Keep receivers; one with fewer reports than what is held changes nothing."""


class Scorer(Protocol):
    """A model that is loaded. Safe to share; the same vector always gives the same result, alone or among others."""

    @property
    def card(self) -> ModelCard:
        """What the model is."""

    def score(self, vectors: Sequence[Vector]) -> list[Scored]:
        """A probability of fraud and each feature's part in it, for each vector.

        The parts add up, with one constant for all vectors, to the log-odds of the probability.

        Raises:
            ValueError: a vector is not finite numbers, one for each feature of the card.
        """


class ModelStore(Protocol):
    """Where trained models are kept."""

    def versions(self) -> list[str]:
        """Every version, oldest first by name in natural order."""

    def current(self) -> str:
        """The version that is to serve.

        Raises:
            ModelRejectedError: none is named.
        """

    def load(self, version: str) -> Scorer:
        """A model, proven intact: digest, features, canary rows.

        Raises:
            ModelRejectedError: it is missing, or something does not match.
        """
