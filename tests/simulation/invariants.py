"""What must hold whatever fails; looked at after every step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from upi_risk.adapters.memory import MemorySnapshotCache, MemoryStore
from upi_risk.domain.features import NAMES
from upi_risk.domain.transaction import Status, Transaction
from upi_risk.domain.user import User

_COUNT, _FIRST = NAMES.index("transaction_count"), NAMES.index("is_first_time")


class ViolationError(AssertionError):
    """An invariant does not hold; the text says which."""


def require(holds: bool, said: str) -> None:
    if not holds:
        raise ViolationError(said)


@dataclass
class Invariants:
    """Watches one store and the cache beside it."""

    store: MemoryStore
    cache: MemorySnapshotCache
    acknowledged: dict[tuple[str, str], Transaction] = field(default_factory=dict)
    _states: dict[tuple[str, int], User] = field(default_factory=dict)

    def check(self) -> None:
        """Hold everything against everything.

        Raises:
            ViolationError: something does not hold.
        """
        for user_id, user in self.store.users.items():
            known = self._states.setdefault((user_id, user.version), user)
            if known is user and user.version > 1:
                self._history(user)
            require(known == user, "two states of a user have one version")
        for held in self.cache._users.values():
            state = self._states.get((held.user.user_id, held.user.version))
            require(state == held.user, "the cache holds a user that never was")

    def answered(self, key: str, answer: Transaction) -> None:
        """A caller got an answer."""
        payment = answer.payment
        stored = self.store.transaction((payment.user_id, payment.transaction_id))
        require(stored == answer, "answered before it was saved, or otherwise than saved")
        first = self.acknowledged.setdefault((payment.user_id, key), answer)
        require(first == answer, "one key has two answers")

    def settled(self, asked: set[tuple[str, str]]) -> None:
        """Everything was answered in the end: no payment is missing, none is there twice."""
        self.check()
        rows = [row for held in self.store.transactions.values() for row in held.values()]
        require(len(rows) == len(asked), "more or fewer rows than payments")
        paid = Counter(row.payment.receiver for row in rows if row.status is Status.SETTLED)
        for receiver, count in paid.items():
            counted = sum(day.settled for day in self.store.receivers[receiver].track.days)
            require(counted == count, "a receiver's count is not that of its rows")

    def _history(self, user: User) -> None:
        rows = sorted(self.store.transactions.get(user.user_id, {}).values(), key=lambda row: row.payment.at)
        require(user.transaction_count == len(rows), "a user's count is not that of their rows")
        keys = [row.payment.idempotency_key for row in rows]
        require(len(set(keys)) == len(keys), "one key has two rows")
        for number, row in enumerate(rows):
            require(row.features[_COUNT] == number, "a decision did not see all that was committed before it")
        paid = [row for row in rows if row.status is Status.SETTLED]
        require(user.settled_paise == sum(row.payment.amount_paise for row in paid), "a user's sum is not their rows'")
        seen: set[str] = set()
        for row in paid:
            first = row.payment.receiver not in seen
            require(bool(row.features[_FIRST]) is first, "a pair has more or fewer than one first payment")
            seen.add(row.payment.receiver)
        counts = Counter(row.payment.receiver for row in paid)
        for receiver, count in counts.items():
            held = self.store.payees[user.user_id, receiver]
            require(held.settled_count == count, "a pair's count is not that of its rows")
