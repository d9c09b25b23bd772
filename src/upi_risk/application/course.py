"""The course of a batch: which payments can be computed now, and from what."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Final

from upi_risk.domain.draft import Draft
from upi_risk.domain.errors import UnknownUserError, UpiRiskError
from upi_risk.domain.feature_sets import FeatureSet
from upi_risk.domain.features import Vector
from upi_risk.domain.history import Snapshot
from upi_risk.domain.payment import Payment
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import User

Answer = Transaction | UpiRiskError
"""What one payment gets: its transaction, or why it was refused."""

MOST_EXPECTED: Final = 16
"""Payments of one user that are computed at a time."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A payment to be decided.

    Attributes:
        index: its place among the questions.
        payment: with the instant that it counts at.
        draft: its user's.
        features: computed from the state before it, which may be one that is only expected.
        allowed: how it is expected to end, where the user's next payment is computed from that; else None.
    """

    index: int
    payment: Payment
    draft: Draft
    features: Vector
    allowed: bool | None


class Course:
    """Payments on their way to answers, one user's strictly one after the other.

    And yet they are computed many at a time, for one call of the model: the second payment of a user from how the first
    is expected to end, and once more if that ended otherwise. Of a user who surprised us one payment is taken at a
    time, so that whatever somebody sends, no more than :data:`MOST_EXPECTED` are computed in vain.

    Attributes:
        drafts: of the users who got an answer that is new.
    """

    def __init__(self, payments: Sequence[Payment], snapshot: Snapshot, features: FeatureSet) -> None:
        """``snapshot`` holds the user, pair and receiver of each, and the stored answer of each idempotency key."""
        self._payments = payments
        self._snapshot = snapshot
        self._features = features
        self._answers: list[Answer | None] = [None] * len(payments)
        self._waiting = list(range(len(payments)))
        self._surprising: set[str] = set()
        self._surprised: set[str] = set()
        self.drafts: dict[str, Draft] = {}

    @property
    def over(self) -> bool:
        """Whether everything is answered."""
        return not self._waiting

    @property
    def answers(self) -> list[Answer]:
        """What there is, in the order of the questions."""
        return [answer for answer in self._answers if answer is not None]

    def go_on(self) -> list[Fresh]:
        """The payments to score next; those that need no score are answered."""
        self._surprising |= self._surprised
        self._surprised.clear()
        taken, followed, self._waiting = _turns(self._payments, self._waiting, self._surprising)
        fresh: list[Fresh] = []
        expected: dict[str, Draft] = {}
        for index in taken:
            payment = self._payments[index]
            draft = self._draft_of(index, payment)
            if draft is None:
                continue
            state, allowed = expected.get(payment.user_id, draft), None
            at = state.user.instant(payment.at)
            if at is not payment.at:
                payment = replace(payment, at=at)
            if state is not draft:
                state.payees.setdefault(payment.receiver, draft.payees[payment.receiver])
            features = vector(self._features, payment, state, self._snapshot)
            if index in followed:
                if state is draft:
                    state = expected[payment.user_id] = draft.foresight()
                allowed = _is_usually_allowed(draft.user)
                state.expect(payment, allowed=allowed)
            fresh.append(Fresh(index, payment, draft, features, allowed))
        return fresh

    def is_vain(self, fresh: Fresh) -> bool:
        """Whether a payment was computed from what did not happen; then it waits to be computed once more."""
        if fresh.payment.user_id not in self._surprised:
            return False
        self._waiting.append(fresh.index)
        return True

    def answer(self, fresh: Fresh, transaction: Transaction) -> None:
        """Answer a payment, the first of its user's that are not answered."""
        fresh.draft.decide(transaction)
        self._answers[fresh.index] = transaction
        if fresh.allowed is not None and fresh.allowed is not (transaction.settled_at is not None):
            self._surprised.add(fresh.payment.user_id)

    def _draft_of(self, index: int, payment: Payment) -> Draft | None:
        """The draft of the user of a payment that is to be scored; None where it is answered without."""
        try:
            answer: Answer | None = _stored(payment, self._snapshot, self.drafts)
        except UpiRiskError as error:
            answer = error
        draft = _draft(payment, self._snapshot, self.drafts) if answer is None else None
        if draft is None:
            self._answers[index] = answer or UnknownUserError()
        return draft


def vector(features: FeatureSet, payment: Payment, draft: Draft, snapshot: Snapshot) -> Vector:
    """The features of a payment after the events of a draft."""
    payee, receiver = draft.payees[payment.receiver], snapshot.receivers[payment.receiver]
    return features.vector(draft.user, payee, receiver, payment.amount_paise, payment.at)


def _turns(
    payments: Sequence[Payment], waiting: list[int], surprising: Container[str]
) -> tuple[list[int], set[int], list[int]]:
    """Which payments to compute next.

    One whose key came before waits for the answer to that. When one of a user waits, so do that user's later ones.

    Returns:
        Those to compute, which of them are followed by another one of the same user, and those that wait.
    """
    taken: list[int] = []
    followed: set[int] = set()
    rest: list[int] = []
    last: dict[str, int] = {}
    number: dict[str, int] = {}
    keys: set[tuple[str, str]] = set()
    for index in sorted(waiting):
        user_id, key = payments[index].user_id, payments[index].idempotency_key
        count = number.get(user_id, 0)
        if count and (user_id in surprising or count >= MOST_EXPECTED or (key is not None and (user_id, key) in keys)):
            number[user_id] = MOST_EXPECTED
            rest.append(index)
            continue
        if count:
            followed.add(last[user_id])
        last[user_id], number[user_id] = index, count + 1
        if key is not None:
            keys.add((user_id, key))
        taken.append(index)
    return taken, followed, rest


def _is_usually_allowed(user: User) -> bool:
    return 2 * user.settled_count >= user.transaction_count


def _stored(payment: Payment, snapshot: Snapshot, drafts: dict[str, Draft]) -> Transaction | None:
    key = payment.idempotency_key
    if key is None:
        return None
    held = snapshot.answers.get((payment.user_id, key))
    if held is None and payment.user_id in drafts:
        held = drafts[payment.user_id].answer_to(key)
    return held.answer_to(payment) if held else None


def _draft(payment: Payment, snapshot: Snapshot, drafts: dict[str, Draft]) -> Draft | None:
    draft = drafts.get(payment.user_id)
    if draft is None:
        user = snapshot.users[payment.user_id]
        if user is None:
            return None
        draft = drafts[payment.user_id] = Draft.of(user)
    draft.payees.setdefault(payment.receiver, snapshot.payees[payment.user_id, payment.receiver])
    return draft
