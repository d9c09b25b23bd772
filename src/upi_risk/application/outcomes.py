"""What became of a payment: the outcome of a VERIFY, and the payer's report of fraud."""

from __future__ import annotations

from datetime import datetime

from upi_risk.application.amend import AmendHistory
from upi_risk.domain.draft import Draft
from upi_risk.domain.errors import UnknownTransactionError
from upi_risk.domain.history import Snapshot, Wanted
from upi_risk.domain.ports import Clock, History, Ledger, SnapshotCache
from upi_risk.domain.transaction import Transaction


class ConfirmTransaction:
    """Records whether the payer went through with a payment that had to be verified."""

    def __init__(self, history: History, clock: Clock, amend: AmendHistory) -> None:
        self._history = history
        self._clock = clock
        self._amend = amend

    async def __call__(
        self, user_id: str, transaction_id: str, *, confirmed: bool, at: datetime | None = None
    ) -> Transaction:
        """The transaction with its outcome; giving the same outcome again changes nothing.

        Args:
            user_id: who asks.
            transaction_id: one of the user's transactions.
            confirmed: True, the payment goes through and settles now; False, it was given up.
            at: when; the present if None.

        Raises:
            UnknownTransactionError: the user has no such transaction.
            OutcomeConflictError: it was not to be verified, or has the other outcome.
        """
        wanted = await _wanted(self._history, user_id, transaction_id)
        result: list[Transaction] = []

        def event(draft: Draft, snapshot: Snapshot, instant: datetime) -> None:
            held = _held(snapshot, user_id, transaction_id)
            if not held.has_outcome(confirmed=confirmed):
                held = held.outcome(confirmed=confirmed, at=instant)
                draft.conclude(held, instant)
            result.append(held)

        await self._amend(wanted, at or self._clock.now(), event)
        return result[-1]


class ReportFraud:
    """Records that the payer calls a payment fraud: a label, and a mark against the receiver."""

    def __init__(
        self, history: History, clock: Clock, amend: AmendHistory, ledger: Ledger, cache: SnapshotCache
    ) -> None:
        self._history = history
        self._clock = clock
        self._amend = amend
        self._ledger = ledger
        self._cache = cache

    async def __call__(
        self, user_id: str, transaction_id: str, at: datetime | None = None, *, source: str = "payer"
    ) -> Transaction:
        """The transaction with its report; the first report stands, a second changes nothing.

        Args:
            user_id: who reports.
            transaction_id: one of the user's transactions, whatever its answer was.
            at: when; the present if None.
            source: who says so.

        Raises:
            UnknownTransactionError: the user has no such transaction.
        """
        wanted = await _wanted(self._history, user_id, transaction_id)
        result: list[Transaction] = []

        def event(draft: Draft, snapshot: Snapshot, instant: datetime) -> None:
            held = _held(snapshot, user_id, transaction_id)
            if held.reported_at is None:
                held = held.reported(instant)
                draft.report(held, instant, source)
            result.append(held)

        at = at or self._clock.now()
        await self._amend(wanted, at, event)
        snapshot = await self._ledger.load([wanted])
        await self._cache.write_receivers([receiver.copied(at) for receiver in snapshot.receivers.values()])
        return result[-1]


async def _wanted(history: History, user_id: str, transaction_id: str) -> Wanted:
    """What the event looks at: the receiver never changes, so where it is read from does not matter."""
    found = await history.transaction(user_id, transaction_id)
    if found is None:
        raise UnknownTransactionError
    return Wanted(user_id, found.payment.receiver, transaction_id=transaction_id)


def _held(snapshot: Snapshot, user_id: str, transaction_id: str) -> Transaction:
    held = snapshot.transactions[user_id, transaction_id]
    if held is None:
        raise UnknownTransactionError
    return held
