"""Transactions are kept in a partition for each month; an old one is written to files, and leaves the database."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol

from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.indian_time import epoch_us
from upi_risk.domain.transaction import Transaction

AHEAD: Final = 3
"""Months that have a partition before they begin."""

_MONTHS: Final = 12


class Month(NamedTuple):
    """A month of the calendar in UTC; ordered."""

    year: int
    number: int

    @classmethod
    def of(cls, at: datetime) -> Month:
        """The month of an instant."""
        at = at.astimezone(UTC)
        return cls(at.year, at.month)

    @property
    def begins(self) -> datetime:
        """Its first instant."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def ends(self) -> datetime:
        """The first instant of the next one."""
        return self.after(1).begins

    def after(self, months: int) -> Month:
        """The month so many later, or earlier."""
        years, number = divmod(self.year * _MONTHS + self.number - 1 + months, _MONTHS)
        return Month(years, number + 1)

    def __str__(self) -> str:
        """As ``2026-11``."""
        return f"{self.year:04d}-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class Partition:
    """A part of the transactions that is stored by itself.

    Attributes:
        name: of its table.
        begins: ids that carry this instant or a later one; None is without a beginning.
        ends: and an earlier one than this; None is without an end, or not known any more.
        number: of transactions in it, as the store estimates; None where it does not know.
        size: bytes, indexes included.
        attached: whether its transactions are seen; one that is being archived is not attached any more.
        rest: whether it holds what no other partition is for.
    """

    name: str
    begins: datetime | None
    ends: datetime | None
    number: int | None = 0
    size: int = 0
    attached: bool = True
    rest: bool = False

    def holds(self, at: datetime) -> bool:
        """Whether a transaction whose id carries this instant has its place in it, rather than in the rest."""
        if self.rest or not self.attached:
            return False
        return (self.begins is None or self.begins <= at) and (self.ends is None or at < self.ends)


def months_ahead(partitions: Sequence[Partition], now: datetime) -> int:
    """How many whole months after the present one have partitions, without a gap; -1 if the present one has none."""
    count, month = -1, Month.of(now)
    while any(each.holds(month.begins) for each in partitions):
        count, month = count + 1, month.after(1)
        if any(each.holds(month.begins) and each.ends is None for each in partitions):
            return _MONTHS
    return count


@dataclass(frozen=True, slots=True)
class Contents:
    """What transactions are, for comparing.

    Attributes:
        number: how many.
        paise: all amounts together.
        digest: SHA-256 of all of them in their order, in hexadecimal digits.
    """

    number: int
    paise: int
    digest: str


class Reckoning:
    """Adds up contents, page after page."""

    def __init__(self) -> None:
        self._number = self._paise = 0
        self._hash = hashlib.sha256()

    def add(self, page: Sequence[Transaction]) -> None:
        """Take a page in."""
        for each in page:
            self._number += 1
            self._paise += each.payment.amount_paise
            self._hash.update(repr(_told(each)).encode())

    @property
    def contents(self) -> Contents:
        """What was taken in."""
        return Contents(self._number, self._paise, self._hash.hexdigest())


def _told(each: Transaction) -> tuple[object, ...]:
    """Every value of a transaction, each written in one way alone."""
    payment, answer = each.payment, each.assessment
    settled, reported = (at and epoch_us(at) for at in (each.settled_at, each.reported_at))
    return (
        *(payment.user_id, payment.transaction_id, str(payment.receiver), payment.amount_paise, epoch_us(payment.at)),
        *(payment.idempotency_key, tuple(map(float, each.features)), answer.score, str(answer.level)),
        *(str(answer.decision), tuple((one.code, one.text, float(one.contribution)) for one in answer.factors)),
        *(answer.confidence, answer.model_version, answer.policy_version, answer.probability, answer.model_score),
        *(str(each.status), settled, reported, each.rules_version),
    )


class Partitions(Protocol):
    """The partitions of the transactions. Each call may raise StoreUnavailableError: it may not have been done.

    What needs a lock that payments need too waits for it a moment at a time, and gives up rather than hold them up.
    """

    async def listed(self) -> list[Partition]:
        """Every one: by their beginning, the rest last."""

    async def in_rest(self) -> Mapping[Month, int]:
        """How many transactions of which months are in the rest, by the instants of their ids."""

    async def make(self, month: Month, most: int) -> bool:
        """Make the partition of a month, and move into it what the rest holds of it.

        Args:
            month: no partition holds any of it yet.
            most: how many transactions may be moved, while payments of that month wait.

        Returns:
            Whether it was made; if not, there are more to be moved.
        """

    async def forget_keys(self, name: str) -> int:
        """Forget the idempotency keys that lead to a partition, and tell how many: they are as good as new then."""

    async def detach(self, name: str) -> None:
        """Let the transactions of a partition be seen no more; nothing is lost. Done already is well."""

    def read(self, name: str, page: int) -> AsyncIterator[Sequence[Transaction]]:
        """Transactions of a partition that is not attached, by user and id, in pages of so many."""

    async def drop(self, name: str, contents: Contents, place: str, at: datetime) -> bool:
        """Remove a partition that is not attached, and keep what it held, where that is now and since when.

        Returns:
            Whether it was done; if not, it holds another number of transactions, and is still there.
        """


class Archive(Protocol):
    """Where partitions are kept once they have left the database. Calls may raise UnusableDataError: a full disk."""

    def begin(self, name: str) -> str:
        """Begin the files of a partition; tells where they are. What is complete of the same name is left alone."""

    def add(self, place: str, page: Sequence[Transaction]) -> None:
        """Put down the next transactions."""

    def finish(self, place: str, contents: Contents) -> None:
        """Call it complete; durable on return."""

    def read(self, place: str) -> Iterator[Sequence[Transaction]]:
        """What was put down, read from the files, in pages."""


def reckoned(pages: Iterable[Sequence[Transaction]]) -> Contents:
    """The contents of pages."""
    reckoning = Reckoning()
    for page in pages:
        reckoning.add(page)
    return reckoning.contents


class ArchiveDiffersError(UnusableDataError):
    """What was written is not what was read, so nothing was removed."""
