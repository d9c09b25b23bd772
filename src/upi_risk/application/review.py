"""Looking at payments again, and saying what they were."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from upi_risk.application.look_up import LARGEST_PAGE
from upi_risk.application.record_label import RecordLabel
from upi_risk.domain.audit import Deed, Entry
from upi_risk.domain.errors import OutcomeConflictError, UnknownTransactionError
from upi_risk.domain.history import Wanted
from upi_risk.domain.labels import Label, LabelSource
from upi_risk.domain.person import Profile
from upi_risk.domain.ports import Clock, Ledger, Users
from upi_risk.domain.review import Cases, Finding, Position, Review, review_note
from upi_risk.domain.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Case:
    """A payment with what an analyst needs to judge it.

    Attributes:
        payer: whose payment it is, as they are now.
        review: what was found about it; None if nothing yet.
    """

    transaction: Transaction
    payer: Profile
    review: Review | None


class ShowCases:
    """Payments to be reviewed, and any payment by its id."""

    def __init__(self, cases: Cases, users: Users, ledger: Ledger) -> None:
        self._cases = cases
        self._users = users
        self._ledger = ledger

    async def one(self, transaction_id: str) -> Case:
        """A payment, whoever's it is.

        Raises:
            UnknownTransactionError: there is none with this id.
        """
        transaction = await self._cases.find(transaction_id)
        if transaction is None:
            raise UnknownTransactionError
        user_id = transaction.payment.user_id
        payer = (await self._ledger.load([Wanted(user_id)])).users[user_id]
        if payer is None:
            raise UnknownTransactionError
        profile = Profile(payer, await self._users.person(user_id))
        return Case(transaction, profile, await self._cases.review_of(user_id, transaction_id))

    async def waiting(self, before: Position | None, limit: int) -> tuple[list[Transaction], Position | None]:
        """A page of payments answered VERIFY or BLOCK that nobody reviewed, newest first, and where the next begins."""
        limit = min(limit, LARGEST_PAGE)
        page = await self._cases.waiting(before, limit + 1)
        last = page[limit - 1].payment if len(page) > limit else None
        return page[:limit], None if last is None else (last.at, last.transaction_id)


class ReviewTransaction:
    """Records what a payment was found to be.

    The first finding stands. It is a label with the source ``analyst``, which is believed before the payer; see
    :class:`~upi_risk.application.record_label.RecordLabel` for what it does to the payment and its receiver.
    """

    def __init__(
        self, cases: Cases, clock: Clock, record: RecordLabel, note: Callable[[Entry], Awaitable[object]]
    ) -> None:
        """``note`` adds an entry to the audit log; it does so before the finding is kept."""
        self._cases = cases
        self._clock = clock
        self._record = record
        self._note = note

    async def __call__(self, reviewer: str, transaction_id: str, finding: Finding, words: str = "") -> Review:
        """The finding that stands; the same one again changes nothing.

        Raises:
            InvalidInputError: the words are too many.
            UnknownTransactionError: there is no such transaction.
            OutcomeConflictError: it was found to be the other.
        """
        words = review_note(words)
        found = await self._cases.find(transaction_id)
        if found is None:
            raise UnknownTransactionError
        user_id, at = found.payment.user_id, self._clock.now()
        stands = await self._cases.review_of(user_id, transaction_id)
        if stands is None:
            await self._note(Entry(at, reviewer, Deed.VERDICT, transaction_id, finding.value))
            stands = await self._cases.record(Review(user_id, transaction_id, finding, reviewer, at, words))
        if stands.finding is not finding:
            raise OutcomeConflictError
        fraud = finding is Finding.FRAUD
        await self._record(Label(user_id, transaction_id, LabelSource.ANALYST, fraud=fraud, at=stands.at))
        return stands
