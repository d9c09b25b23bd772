"""A payment check that was answered, and what became of the payment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from upi_risk.domain.decision import Assessment, Decision
from upi_risk.domain.errors import IdempotencyKeyReusedError, OutcomeConflictError
from upi_risk.domain.features import Vector
from upi_risk.domain.payment import Payment


class Status(StrEnum):
    """What became of the payment."""

    SETTLED = "SETTLED"
    PENDING = "PENDING"
    BLOCKED = "BLOCKED"
    CANCELLED = "CANCELLED"


_STATUS_OF = {
    Decision.ALLOW: Status.SETTLED,
    Decision.VERIFY: Status.PENDING,
    Decision.BLOCK: Status.BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """One row of the history: the question, the answer, the features it came from, the outcome.

    Attributes:
        payment: the question; ``payment.at`` is the instant it was decided for.
        features: the vector that was scored.
        assessment: the answer.
        status: the outcome so far.
        settled_at: when the payment happened, as far as we know; None if it has not.
        reported_at: when it became known as fraud; None if it is not.
        rules_version: of the rules and lists in force; None where none were, or for a row of an earlier release.
    """

    payment: Payment
    features: Vector
    assessment: Assessment
    status: Status
    settled_at: datetime | None = None
    reported_at: datetime | None = None
    rules_version: str | None = None

    @classmethod
    def decided(
        cls, payment: Payment, features: Vector, assessment: Assessment, rules_version: str | None = None
    ) -> Transaction:
        """A fresh decision: an allowed payment settles at once, one to verify waits, a blocked one never happens."""
        status = _STATUS_OF[assessment.decision]
        settled_at = payment.at if status is Status.SETTLED else None
        return cls(payment, features, assessment, status, settled_at, rules_version=rules_version)

    def outcome(self, *, confirmed: bool, at: datetime) -> Transaction:
        """The transaction after the payer went through with a payment to verify, or gave it up.

        Raises:
            OutcomeConflictError: it was not to be verified, or has another outcome already.
        """
        if self.status is not Status.PENDING:
            raise OutcomeConflictError
        if confirmed:
            return replace(self, status=Status.SETTLED, settled_at=at)
        return replace(self, status=Status.CANCELLED)

    def has_outcome(self, *, confirmed: bool) -> bool:
        """Whether this very outcome was recorded before (of a payment that had to be verified)."""
        verified = self.assessment.decision is Decision.VERIFY
        return verified and self.status is (Status.SETTLED if confirmed else Status.CANCELLED)

    def reported(self, at: datetime) -> Transaction:
        """The transaction after the payer reported it; the first report stands."""
        return self if self.reported_at else replace(self, reported_at=at)

    def cleared(self) -> Transaction:
        """The transaction after it turned out good."""
        return replace(self, reported_at=None)

    def answer_to(self, retry: Payment) -> Transaction:
        """This transaction, as the answer to a repeated question with the same key.

        Raises:
            IdempotencyKeyReusedError: the question is another one.
        """
        asked = self.payment
        if (asked.receiver, asked.amount_paise) != (retry.receiver, retry.amount_paise):
            raise IdempotencyKeyReusedError
        return self
