"""Partitions and an archive in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.partitions import Contents, Month, Partition
from upi_risk.domain.review import made_at
from upi_risk.domain.transaction import Transaction

REST = "transactions_rest"


class MemoryPartitions:
    """See :class:`upi_risk.domain.partitions.Partitions`. A store has none at first: all is in the rest."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._months: dict[str, Month] = {}
        self._detached: dict[str, list[Transaction]] = {}
        self.archived: dict[str, Contents] = {}

    async def listed(self) -> list[Partition]:
        """Every one."""
        found = [
            Partition(name, month.begins, month.ends, len(self._of(name)), 0, name not in self._detached)
            for name, month in sorted(self._months.items(), key=lambda item: item[1])
        ]
        return [*found, Partition(REST, None, None, sum((await self.in_rest()).values()), rest=True)]

    async def in_rest(self) -> Mapping[Month, int]:
        """How many of which months."""
        counts: dict[Month, int] = {}
        for each in self._seen():
            month = _month(each)
            if month not in self._months.values():
                counts[month] = counts.get(month, 0) + 1
        return counts

    async def make(self, month: Month, most: int) -> bool:
        """Make one."""
        if (await self.in_rest()).get(month, 0) > most:
            return False
        self._months[f"transactions_{month.year:04d}_{month.number:02d}"] = month
        return True

    async def forget_keys(self, name: str) -> int:
        """Forget keys."""
        ids = {(each.payment.user_id, each.payment.transaction_id) for each in self._of(name)}
        gone = [key for key, transaction_id in self._store.answers.items() if (key[0], transaction_id) in ids]
        for key in gone:
            del self._store.answers[key]
        return len(gone)

    async def detach(self, name: str) -> None:
        """Detach one."""
        if name not in self._detached:
            self._detached[name] = self._of(name)
            for each in self._detached[name]:
                del self._store.transactions[each.payment.user_id][each.payment.transaction_id]

    async def read(self, name: str, page: int) -> AsyncIterator[Sequence[Transaction]]:
        """Pages."""
        held = self._detached[name]
        for begin in range(0, len(held), page):
            yield held[begin : begin + page]

    async def drop(self, name: str, contents: Contents, place: str, at: datetime) -> bool:  # noqa: ARG002 - kept nowhere
        """Remove one."""
        if len(self._detached[name]) != contents.number:
            return False
        del self._detached[name], self._months[name]
        self.archived[name] = contents
        return True

    def _of(self, name: str) -> list[Transaction]:
        if name in self._detached:
            return self._detached[name]
        held = [each for each in self._seen() if _month(each) == self._months[name]]
        return sorted(held, key=lambda each: (each.payment.user_id, each.payment.transaction_id))

    def _seen(self) -> Iterator[Transaction]:
        for held in self._store.transactions.values():
            yield from held.values()


class MemoryArchive:
    """See :class:`upi_risk.domain.partitions.Archive`."""

    def __init__(self) -> None:
        self._pages: dict[str, list[Sequence[Transaction]]] = {}
        self.complete: dict[str, Contents] = {}

    def begin(self, name: str) -> str:
        """Begin one."""
        place = f"{name}-{sum(each.startswith(name) for each in self.complete) + 1}"
        self._pages[place] = []
        return place

    def add(self, place: str, page: Sequence[Transaction]) -> None:
        """Keep a page."""
        self._pages[place].append(page)

    def finish(self, place: str, contents: Contents) -> None:
        """Call it complete."""
        self.complete[place] = contents

    def read(self, place: str) -> Iterator[Sequence[Transaction]]:
        """Pages."""
        yield from self._pages[place]


def _month(transaction: Transaction) -> Month:
    return Month.of(made_at(transaction.payment.transaction_id))
