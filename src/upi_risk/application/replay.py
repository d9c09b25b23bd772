"""A recorded stream of payments, sent through the main job with the events' own clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from upi_risk.application.check_transaction import CheckTransaction
from upi_risk.application.outcomes import ConfirmTransaction, ReportFraud
from upi_risk.application.room import LARGEST_BATCH
from upi_risk.domain.errors import UpiRiskError
from upi_risk.domain.indian_time import MICROSECOND, epoch_us
from upi_risk.domain.payment import Payment
from upi_risk.domain.ports import Identities, Users
from upi_risk.domain.receiver import completed_hours
from upi_risk.domain.stream import StreamedPayment
from upi_risk.domain.transaction import Status, Transaction
from upi_risk.domain.user import User


@dataclass(slots=True)
class Replayed:
    """What a replay was answered.

    Attributes:
        answers: a transaction for each payment, in order.
        sign_ups: users that came new.
        reports: fraud reports that fell due.
        confirmed: payments to verify that were confirmed, since in the stream they happened.
    """

    answers: list[Transaction] = field(default_factory=list)
    sign_ups: int = 0
    reports: int = 0
    confirmed: int = 0


class Outcomes(NamedTuple):
    """How the stream's own outcomes are told."""

    confirm: ConfirmTransaction
    report: ReportFraud


class Replay:
    """Signs users up at their first payment, checks batches, confirms what the stream says happened, reports when due.

    A batch ends before a payer's second payment, before a report that falls due and when an hour is complete, so that
    the answers do not depend on how the stream was cut.
    """

    def __init__(
        self,
        users: Users,
        identities: Identities,
        check: CheckTransaction,
        outcomes: Outcomes,
    ) -> None:
        self._users = users
        self._identities = identities
        self._check = check
        self._confirm, self._report = outcomes
        self._known: set[str] = set()
        self._due: list[tuple[datetime, str, str]] = []
        self._done = Replayed()

    async def __call__(self, stream: Iterable[StreamedPayment], progress: Callable[[int], None]) -> Replayed:
        """Send a stream.

        Args:
            stream: in ascending order of time.
            progress: told how many rows each step has done.

        Raises:
            UpiRiskError: a payment was refused; the stream stops there.
        """
        batch: list[StreamedPayment] = []
        for row in stream:
            if batch and self._must_end(batch, row):
                await self._send(batch, progress)
                batch = []
            if not batch:
                await self._report_until(row.at)
            batch.append(row)
        if batch:
            await self._send(batch, progress)
        return self._done

    def _must_end(self, batch: list[StreamedPayment], row: StreamedPayment) -> bool:
        waiting = [held.reported_at for held in batch if held.reported_at]
        earliest = min([*waiting, *(due[0] for due in self._due[:1])], default=None)
        return (
            len(batch) >= LARGEST_BATCH
            or (earliest is not None and earliest < row.at)
            or _hours(batch[0]) != _hours(row)
            or any(held.user_id == row.user_id for held in batch)
        )

    async def _send(self, batch: list[StreamedPayment], progress: Callable[[int], None]) -> None:
        for row in batch:
            await self._sign_up(row)
        payments = [
            Payment(self._identities.transaction_id(row.at), row.user_id, row.receiver, row.amount_paise, row.at)
            for row in batch
        ]
        for row, answer in zip(batch, await self._check(payments), strict=True):
            if isinstance(answer, UpiRiskError):
                raise answer
            transaction_id = answer.payment.transaction_id
            if answer.status is Status.PENDING:
                await self._confirm(row.user_id, transaction_id, confirmed=True, at=row.at)
                self._done.confirmed += 1
            if row.reported_at:
                heapq.heappush(self._due, (row.reported_at, row.user_id, transaction_id))
            self._done.answers.append(answer)
        progress(len(batch))

    async def _sign_up(self, row: StreamedPayment) -> None:
        if row.user_id in self._known:
            return
        await self._users.add(User.sign_up(row.user_id, row.at - MICROSECOND))
        self._known.add(row.user_id)
        self._done.sign_ups += 1

    async def _report_until(self, at: datetime) -> None:
        """Make the reports that were made strictly before an instant."""
        while self._due and self._due[0][0] < at:
            reported_at, user_id, transaction_id = heapq.heappop(self._due)
            await self._report(user_id, transaction_id, at=reported_at)
            self._done.reports += 1


def _hours(row: StreamedPayment) -> int:
    return int(completed_hours(epoch_us(row.at)))
