"""Months, and which partitions are there, wanted and due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.builders import NOON, a_payment, a_transaction, an_id
from upi_risk.adapters.memory import ManualClock, MemoryArchive, MemoryPartitions, MemoryStore
from upi_risk.application.archive_partitions import ArchivePartitions
from upi_risk.application.keep_partitions import KeepPartitions
from upi_risk.domain.partitions import ArchiveDiffersError, Contents, Month, Partition, months_ahead, reckoned

MARCH = Month(2026, 3)


def test_a_month_is_one_of_utc() -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    assert Month.of(datetime(2026, 4, 1, 5, 29, tzinfo=india)) == MARCH
    assert Month.of(datetime(2026, 4, 1, 5, 30, tzinfo=india)) == MARCH.after(1)
    assert (MARCH.begins, MARCH.ends) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert [MARCH.after(count) for count in (-3, -2, 9, 10)] == [(2025, 12), (2026, 1), (2026, 12), (2027, 1)]
    assert str(MARCH) == "2026-03"


def test_months_ahead_are_counted_to_the_first_gap() -> None:
    def months(*counts: int) -> list[Partition]:
        return [Partition(str(n), MARCH.after(n).begins, MARCH.after(n).ends) for n in counts]

    rest = Partition("rest", None, None, rest=True)
    assert months_ahead([rest], NOON) == -1
    assert months_ahead([*months(0), rest], NOON) == 0
    assert months_ahead([*months(0, 1, 3), rest], NOON) == 1
    assert months_ahead([Partition("first", None, MARCH.after(2).begins), *months(2)], NOON) == 2
    assert months_ahead([Partition("first", None, None)], NOON) == 12
    assert months_ahead([Partition("gone", None, None, attached=False)], NOON) == -1


async def test_months_to_come_get_partitions_and_so_do_months_that_payments_came_from() -> None:
    store = MemoryStore()
    clock, partitions = ManualClock(NOON), MemoryPartitions(store)
    keep = KeepPartitions(partitions, clock)
    for at in (datetime(1999, 1, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)):
        payment = a_payment("UID-1", at=at, transaction_id=an_id(at))
        store.transactions.setdefault("UID-1", {})[payment.transaction_id] = a_transaction(payment)
    ahead = [MARCH.after(count) for count in range(4)]
    assert await keep.wanted() == [Month(2025, 7), *ahead]
    kept = await keep(0)
    assert kept.made == tuple(ahead)
    assert str(kept) == ("Made: 2026-03, 2026-04, 2026-05, 2026-06. 3 transactions without a partition of their month.")
    assert (await keep()).made == (Month(2025, 7),)
    assert str(await keep()) == "Made: none. 2 transactions without a partition of their month."


class Forgetful(MemoryArchive):
    """Loses the last page."""

    def finish(self, place: str, contents: Contents) -> None:
        self._pages[place].pop()
        super().finish(place, contents)


class Changing(MemoryPartitions):
    """Refuses to drop."""

    async def drop(self, name: str, contents: Contents, place: str, at: datetime) -> bool:
        return False


@pytest.mark.parametrize(("archive", "of"), [(Forgetful, MemoryPartitions), (MemoryArchive, Changing)])
async def test_nothing_is_dropped_that_is_not_in_the_files(
    archive: type[MemoryArchive], of: type[MemoryPartitions]
) -> None:
    """Red without the comparison, and without the look at the number just before the table goes."""
    store = MemoryStore()
    payment = a_payment("UID-1")
    store.transactions["UID-1"] = {payment.transaction_id: a_transaction(payment)}
    partitions = of(store)
    await partitions.make(MARCH, 10)
    archiving = ArchivePartitions(partitions, archive(), ManualClock(MARCH.after(13).begins), 12)
    assert await ArchivePartitions(partitions, archive(), ManualClock(MARCH.after(12).begins), 12).due() == []
    with pytest.raises(ArchiveDiffersError, match="nothing was dropped"):
        await archiving()
    assert partitions.archived == {}
    assert [page async for page in partitions.read("transactions_2026_03", 10)] == [[a_transaction(payment)]]


async def test_an_archived_partition_is_told_in_a_sentence() -> None:
    partitions, store = MemoryPartitions(MemoryStore()), MemoryArchive()
    await partitions.make(MARCH, 0)
    (done,) = await ArchivePartitions(partitions, store, ManualClock(MARCH.after(13).begins), 12)()
    assert str(done).startswith("transactions_2026_03: 0 transactions are in transactions_2026_03-1, and were dropped.")
    assert done.contents == reckoned([]) == partitions.archived["transactions_2026_03"]
