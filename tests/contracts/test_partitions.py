"""What every store promises of partitions; see upi_risk.domain.partitions.Partitions and Archive."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import nan
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import NOON, a_check, a_payment, a_transaction, a_user, an_id, later
from tests.contracts.plans import parents
from tests.contracts.stores import Stores
from upi_risk.adapters.memory import (
    ManualClock,
    MemoryArchive,
    MemoryHistory,
    MemoryLedger,
    MemoryPartitions,
    MemoryPastChecks,
    MemoryStore,
    MemoryUsers,
)
from upi_risk.adapters.polars.partition_archive import ParquetArchive
from upi_risk.adapters.postgres import partitions as postgres_partitions
from upi_risk.adapters.postgres.history import recent
from upi_risk.adapters.postgres.partition_statements import first_id
from upi_risk.adapters.postgres.partitions import PostgresPartitions
from upi_risk.application.archive_partitions import ArchivePartitions
from upi_risk.application.keep_partitions import KeepPartitions
from upi_risk.domain.errors import StoreUnavailableError, UnusableDataError
from upi_risk.domain.history import Wanted
from upi_risk.domain.partitions import Archive, Contents, Month, Partitions, reckoned
from upi_risk.domain.user import User

MARCH, APRIL = Month(2026, 3), Month(2026, 4)


@dataclass(frozen=True, slots=True)
class House:
    stores: Stores
    partitions: Partitions

    async def pay(self, user: User, *instants: datetime, key: str | None = None) -> User:
        """Payments of one user at these instants."""
        for at in instants:
            change = a_check(user, at=at, transaction_id=an_id(at), idempotency_key=key)
            await self.stores.apply(change)
            user = change.user
        return user


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        store = MemoryStore()
        stores = Stores(MemoryUsers(store), MemoryLedger(store), MemoryHistory(store), MemoryPastChecks(store))
        return House(stores, MemoryPartitions(store))
    engine = request.getfixturevalue("engine")
    return House(Stores.in_postgres(engine), PostgresPartitions(engine))


@pytest.fixture(params=["memory", "parquet"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    return MemoryArchive() if request.param == "memory" else ParquetArchive(tmp_path / "archive")


async def a_payer(house: House) -> User:
    user = a_user(at=datetime.fromisoformat("2026-01-01T00:00+00:00"))
    await house.stores.users.add(user)
    return user


async def test_the_rest_takes_what_has_no_place_until_its_month_has_one(house: House) -> None:
    """Payments right at a month's boundary, and of a clock that jumped, are in the partition that their id says."""
    last = APRIL.begins - timedelta(milliseconds=1)
    user = await house.pay(await a_payer(house), NOON, last, APRIL.begins, APRIL.begins.replace(year=2031))
    assert await house.partitions.in_rest() == {MARCH: 2, APRIL: 1, Month(2031, 4): 1}
    before = await house.stores.history.page(user.user_id, None, 10)

    assert await house.partitions.make(MARCH, 1) is False  # too many to be moved
    assert await house.partitions.make(MARCH, 2) is True
    assert await house.partitions.make(APRIL, 2) is True
    assert await house.partitions.in_rest() == {Month(2031, 4): 1}
    assert await house.stores.history.page(user.user_id, None, 10) == before
    made = [each for each in await house.partitions.listed() if each.ends and each.ends <= APRIL.ends]
    assert [(each.name, each.begins, each.ends, each.attached) for each in made] == [
        ("transactions_2026_03", MARCH.begins, MARCH.ends, True),
        ("transactions_2026_04", APRIL.begins, APRIL.ends, True),
    ]
    assert (await house.partitions.listed())[-1].rest
    await house.partitions.detach("transactions_2026_03")
    assert await house.stores.history.page(user.user_id, None, 10) == before[:2]


async def test_how_many_payments_a_partition_has_is_told_right_or_not_at_all(house: House) -> None:
    """Red where PostgreSQL's estimate is taken of a partition that it has not looked into: 0 of two."""
    await house.pay(await a_payer(house), NOON, later(seconds=1))
    for month in (MARCH, APRIL):
        await house.partitions.make(month, 10)
    told = {each.name: each.number for each in await house.partitions.listed()}
    assert told["transactions_2026_03"] in {None, 2}
    assert told["transactions_2026_04"] == 0
    assert told["transactions_rest"] in {None, 0}  # they were in it


async def test_what_is_archived_is_what_was_there_and_counts_stay(house: House, archive: Archive) -> None:
    """Counts: what is kept and what was archived together; keys of what was archived are as good as new."""
    user = await house.pay(await a_payer(house), NOON, key="old")
    user = await house.pay(user, later(seconds=1))
    user = await house.pay(user, APRIL.begins, key="new")
    for month in (MARCH, APRIL):
        assert await house.partitions.make(month, 10)
    held = await house.stores.history.page(user.user_id, None, 10)
    march = sorted(held[1:], key=lambda each: each.payment.transaction_id)

    archiving = ArchivePartitions(house.partitions, archive, ManualClock(Month(2027, 4).begins), 12)
    steps: list[str] = []
    assert [each.name for each in await archiving.due()] == ["transactions_2026_03"]
    (done,) = await archiving(steps.append)
    assert steps[0] == "transactions_2026_03: 1 idempotency keys are forgotten"
    assert done.contents == reckoned([march])
    assert [each for page in archive.read(done.place) for each in page] == march
    assert await archiving() == []

    assert await house.stores.history.page(user.user_id, None, 10) == held[:1]
    assert await house.stores.user(user.user_id) == user
    assert user.transaction_count == 1 + done.contents.number
    found = await house.stores.ledger.load([Wanted(user.user_id, idempotency_key=key) for key in ("old", "new")])
    assert [found.answers[user.user_id, key] for key in ("old", "new")] == [None, held[0]]
    anew = a_check(user, at=later(days=400), transaction_id=an_id(later(days=400)), idempotency_key="old")
    await house.stores.apply(anew)


async def test_what_was_detached_is_archived_by_the_next_run(house: House, archive: Archive) -> None:
    await house.pay(await a_payer(house), NOON)
    await house.partitions.make(MARCH, 10)
    await house.partitions.detach("transactions_2026_03")
    await house.partitions.detach("transactions_2026_03")
    assert not await house.partitions.drop("transactions_2026_03", Contents(2, 0, ""), "", NOON)
    archiving = ArchivePartitions(house.partitions, archive, ManualClock(NOON), 12)
    (done,) = await archiving()
    assert done.contents.number == 1


async def test_every_value_of_a_transaction_comes_back_from_an_archive(archive: Archive) -> None:
    first = replace(a_transaction(a_payment("UID-1", idempotency_key="key")), features=(1.5, nan, -0.0))
    page = [first, a_transaction(a_payment("UID-2")).reported(later(days=1))]
    place = archive.begin("transactions_2026_03")
    archive.add(place, page)
    archive.add(place, page[:1])
    archive.finish(place, reckoned([page, page[:1]]))
    assert reckoned(archive.read(place)) == reckoned([[*page, page[0]]])
    assert reckoned(archive.read(place)) != reckoned([[page[1], page[0], page[0]]])
    again = archive.begin("transactions_2026_03")
    assert again != place  # what is complete is never written over
    assert list(archive.read(again)) == []


def test_an_archive_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableDataError, match="archive in"):
        ParquetArchive(tmp_path / "file").begin("transactions_2026_03")
    place = ParquetArchive(tmp_path).begin("transactions_2026_03")
    (Path(place) / "part-000001.parquet").write_bytes(b"PAR1")
    with pytest.raises(UnusableDataError, match="archive in"):
        list(ParquetArchive(tmp_path).read(place))


async def test_a_lock_that_somebody_holds_is_not_waited_for_long(
    engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red without the lock time-out: it waits as long as the other does, and all payments behind it."""
    monkeypatch.setattr(postgres_partitions, "ATTEMPTS", 2)
    partitions = PostgresPartitions(engine)
    assert await partitions.make(MARCH, 10)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT count(*) FROM transactions")
        async with asyncio.timeout(15):  # the engine's own patience is 20 s
            with pytest.raises(StoreUnavailableError):
                await partitions.detach("transactions_2026_03")
    await partitions.detach("transactions_2026_03")
    assert not await partitions.make(MARCH, 10)  # its name is taken by what is being archived
    with pytest.raises(StoreUnavailableError):
        await partitions.detach("users")


async def test_a_page_of_the_past_opens_the_months_around_it_alone(engine: AsyncEngine) -> None:
    """Red without the bound on ids: every month that there ever was is opened."""
    keep = KeepPartitions(PostgresPartitions(engine), ManualClock(NOON))
    for month in (MARCH.after(-count) for count in range(4, 10)):
        await PostgresPartitions(engine).make(month, 0)
    await keep()
    written = recent("UID-1", NOON, 20).compile(engine.sync_engine, compile_kwargs={"literal_binds": True})
    async with engine.connect() as connection:
        lines = (await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF) {written}")).scalars().all()
    of = await parents(engine)
    opened = {name for name, parent in of.items() if any(f" {name} " in line for line in lines)}
    assert {of[name] for name in opened} == {"idx_transactions_user_id"}
    assert "transactions_2025_11" not in " ".join(lines)
    assert "transactions_2026_03" in " ".join(lines)


def test_ids_are_bounded_by_the_millisecond() -> None:
    assert an_id(APRIL.begins - timedelta(milliseconds=1)) < first_id(APRIL.begins) < an_id(APRIL.begins)
