"""What an analyst finds when looking at a payment again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from upi_risk.domain.errors import InvalidInputError
from upi_risk.domain.indian_time import from_epoch_us
from upi_risk.domain.transaction import Transaction

LONGEST_NOTE: Final = 500
_MILLISECOND_DIGITS: Final = 12

Position = tuple[datetime, str]
"""Where a transaction is in the list of cases: when it was checked, and its id."""


class Finding(StrEnum):
    """What a payment was found to be."""

    FRAUD = "fraud"
    GENUINE = "genuine"


@dataclass(frozen=True, slots=True)
class Review:
    """A finding about one transaction.

    Attributes:
        user_id: the payer.
        transaction_id: the payer's transaction.
        finding: what it was found to be.
        reviewer: who found it, as the audit log names them.
        at: when.
        note: why, in the reviewer's words; may be empty.
    """

    user_id: str
    transaction_id: str
    finding: Finding
    reviewer: str
    at: datetime
    note: str = ""


def review_note(text: str) -> str:
    """Read a note: up to 500 characters.

    Raises:
        InvalidInputError: ``too_long`` of ``note``.
    """
    if len(text) > LONGEST_NOTE:
        raise InvalidInputError("note", "too_long")
    return text.strip()


def made_at(transaction_id: str) -> datetime:
    """The instant that the id of a transaction carries, to the millisecond (UUID version 7).

    Args:
        transaction_id: a UUID as every id of ours is spelt.

    Raises:
        OverflowError: it is after the year 9999; ours are not.
    """
    return from_epoch_us(int(transaction_id.replace("-", "")[:_MILLISECOND_DIGITS], 16) * 1_000)


class Cases(Protocol):
    """Everybody's checked payments, for those who look at them again.

    Each may raise StoreUnavailableError: the store did not answer, and nothing is known of what was done.
    """

    async def find(self, transaction_id: str) -> Transaction | None:
        """The transaction with this id, whoever's it is; None if there is none."""

    async def waiting(self, before: Position | None, limit: int) -> list[Transaction]:
        """Payments answered VERIFY or BLOCK that nobody has reviewed, newest first, at most ``limit``.

        Those of one instant come by their id, the greater first. Only those after ``before`` in this order, if given.
        """

    async def review_of(self, user_id: str, transaction_id: str) -> Review | None:
        """What was found about a transaction; None if it was not reviewed."""

    async def record(self, review: Review) -> Review:
        """Keep a finding unless there is one already; answers the one that stands. Durable on return."""
