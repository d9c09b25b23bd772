"""What others than the payer say of payments, and whom to believe."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from upi_risk.application.amend import AmendHistory
from upi_risk.domain.draft import Draft
from upi_risk.domain.errors import UnknownTransactionError
from upi_risk.domain.history import Snapshot, Wanted
from upi_risk.domain.labels import Label, Labels, LabelSource, believed
from upi_risk.domain.ports import Clock, History
from upi_risk.domain.transaction import Transaction


class Report(Protocol):
    """Marks a payment as fraud; see :class:`~upi_risk.application.outcomes.ReportFraud`."""

    def __call__(
        self, user_id: str, transaction_id: str, at: datetime | None = None, *, source: str = "payer"
    ) -> Awaitable[Transaction]:
        """The transaction with its report."""


class Recorded(StrEnum):
    """What came of a label."""

    APPLIED = "applied"
    CONFIRMED = "confirms what was known"
    OVERRULED = "overruled by a source that is believed more, or later"
    KNOWN = "known already"


class RecordLabel:
    """Keeps a label; where it is the one to believe, the payment becomes fraud, or good again."""

    def __init__(self, labels: Labels, history: History, report: Report, amend: AmendHistory, clock: Clock) -> None:
        self._labels = labels
        self._history = history
        self._report = report
        self._amend = amend
        self._clock = clock

    async def __call__(self, label: Label, known_at: datetime | None = None) -> Recorded:
        """Record a label. Doing so again changes nothing, also where the first time broke off.

        A report counts from the instant it became known here, not from when it was said: nothing that was decided in
        between can have known of it. The reputation that a report cost a receiver is not given back when the payment
        turns out good; reports are forgotten after 30 days.

        Args:
            label: what is said.
            known_at: when it became known here; the present if None.

        Raises:
            UnknownTransactionError: the user has no such transaction.
            StoreUnavailableError: nothing is known of what was stored; record it again.
        """
        held = await self._history.transaction(label.user_id, label.transaction_id)
        if held is None:
            raise UnknownTransactionError
        before = await self._labels.of(label.user_id, label.transaction_id)
        if label in before:
            return Recorded.KNOWN
        counts = believed([*before, label])
        was = held.reported_at is not None
        if counts is label and label.fraud != was:
            at = known_at or self._clock.now()
            if label.fraud:
                await self._report(label.user_id, label.transaction_id, at, source=label.source)
            else:
                await self._keep_report(before, held)
                await self._clear(held, at)
        await self._labels.add(label)
        if counts is not label:
            return Recorded.OVERRULED
        return Recorded.CONFIRMED if label.fraud == was else Recorded.APPLIED

    async def _keep_report(self, before: list[Label], held: Transaction) -> None:
        """A payer's report is a label once it no longer stands."""
        for label in before:
            if label.source is LabelSource.PAYER and label.at == held.reported_at:
                await self._labels.add(label)

    async def _clear(self, held: Transaction, at: datetime) -> None:
        payment = held.payment
        wanted = Wanted(payment.user_id, payment.receiver, transaction_id=payment.transaction_id)

        def event(draft: Draft, snapshot: Snapshot, instant: datetime) -> None:
            found = snapshot.transactions[payment.user_id, payment.transaction_id]
            if found is not None and found.reported_at is not None:
                draft.clear(found.cleared(), instant)

        await self._amend(wanted, at, event)


class ReportByPayer:
    """A payer's own report: kept, and believed unless an analyst or a chargeback has said otherwise."""

    def __init__(self, labels: Labels, history: History, report: Report, clock: Clock) -> None:
        self._labels = labels
        self._history = history
        self._report = report
        self._clock = clock

    async def __call__(self, user_id: str, transaction_id: str, at: datetime | None = None) -> Transaction:
        """The transaction, with the report where it is believed; see ReportFraud.

        Raises:
            UnknownTransactionError: the user has no such transaction.
        """
        counts = believed(await self._labels.of(user_id, transaction_id))
        if counts is None or counts.fraud or counts.source is LabelSource.PAYER:
            return await self._report(user_id, transaction_id, at)
        held = await self._history.transaction(user_id, transaction_id)
        if held is None:  # a label without its payment
            raise UnknownTransactionError
        said = Label(user_id, transaction_id, LabelSource.PAYER, fraud=True, at=at or self._clock.now())
        await self._labels.add(said)
        return held
