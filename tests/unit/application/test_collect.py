"""Exports over memory: what is in them, under which names, and what an interruption changes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from polars import DataFrame, read_parquet

from tests.builders import NOON, SHOP, later
from tests.houses import MemoryHouse
from upi_risk.adapters.memory import MemoryPastChecks, MemoryStore
from upi_risk.adapters.polars.export_folder import ParquetExport
from upi_risk.application.collect import Collect, CollectionOrder
from upi_risk.domain.collecting import IN_FLIGHT, PastCheck
from upi_risk.domain.errors import StoreUnavailableError

KEY = "a key of the operator"
PAYMENTS = 40


async def a_house() -> MemoryHouse:
    """Two users who paid every minute, at the same instants, and reported every tenth payment a day later."""
    house = MemoryHouse()
    users = [await house.a_user(user_id=f"UID-{name}", phone_key=f"+91987654321{name}") for name in (1, 2)]
    asked = []
    for minute in range(PAYMENTS):
        house.set_clock(later(minutes=minute + 1))
        asked += [await house.answer(house.payment(user)) for user in users]
    for number, answer in enumerate(asked):
        if number // 2 % 10 == 0:
            payment = answer.payment
            await house.report(payment.user_id, payment.transaction_id, at=later(days=1, minutes=number))
    house.set_clock(later(days=3))
    return house


def collect(house: MemoryHouse, past: MemoryPastChecks | None = None, part_rows: int = 7) -> Collect:
    return Collect(past or MemoryPastChecks(house.store), house.clock, house.identities, part_rows)


def files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


def table(folder: Path) -> DataFrame:
    return read_parquet(files(folder, "*.parquet"))


class InterruptedPastChecks(MemoryPastChecks):
    """A store that is lost after some pages of three checks."""

    def __init__(self, store: MemoryStore, pages: int) -> None:
        super().__init__(store)
        self._pages = pages

    async def read(self, first: datetime | None, end: datetime) -> AsyncGenerator[Sequence[PastCheck], None]:
        found = self._within(first, end)
        for number in range(self._pages):
            yield found[3 * number : 3 * number + 3]
        raise StoreUnavailableError


async def test_everything_is_exported_once_and_counted(tmp_path: Path) -> None:
    house, told = await a_house(), []
    state = await collect(house)(CollectionOrder(), ParquetExport(tmp_path), lambda *step: told.append(step))
    assert (state.rows, state.frauds, state.done) == (2 * PAYMENTS, 8, True)
    assert told[-1] == (2 * PAYMENTS, 2 * PAYMENTS)
    held = table(tmp_path)
    assert held.height == 2 * PAYMENTS == held.select("event_time", "user_id").n_unique()
    assert held["event_time"].is_sorted()


async def test_a_part_never_ends_within_an_instant(tmp_path: Path) -> None:
    house = await a_house()
    await collect(house)(CollectionOrder(), ParquetExport(tmp_path), lambda *_: None)
    parts = [read_parquet(part)["event_time"] for part in files(tmp_path, "*.parquet")]
    assert len(parts) > 1
    for part, following in pairwise(parts):
        assert part[-1] < following[0]


async def test_an_interrupted_export_ends_as_one_that_was_not(tmp_path: Path) -> None:
    house = await a_house()
    order = CollectionOrder(key=KEY)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    await collect(house, part_rows=4)(order, ParquetExport(whole), lambda *_: None)
    for pages in (1, 2, 5, 4):
        past = InterruptedPastChecks(house.store, pages)
        with pytest.raises(StoreUnavailableError):
            await collect(house, past, part_rows=4)(order, ParquetExport(broken), lambda *_: None)
        house.clock.advance(timedelta(hours=1))
    await house.report("UID-1", next(iter(house.store.transactions["UID-1"])), at=house.clock.now())
    state = await collect(house, part_rows=4)(order, ParquetExport(broken), lambda *_: None)
    assert state.done
    assert table(broken).equals(table(whole))
    again = await collect(house)(order, ParquetExport(broken), lambda *_: pytest.fail("nothing is left to do"))
    assert again == state


async def test_nobody_s_name_phone_or_address_is_exported(tmp_path: Path) -> None:
    house = await a_house()
    await collect(house)(CollectionOrder(), ParquetExport(tmp_path), lambda *_: None)
    held = table(tmp_path)
    assert held["user_id"].n_unique() == 2
    assert held["receiver_id"].n_unique() == 1
    text = held.write_csv() + "".join(path.read_text() for path in files(tmp_path, "*.json"))
    for secret in ("UID-", "Asha", "98765", SHOP, "okbank"):
        assert secret not in text


async def test_the_same_key_gives_the_same_pseudonyms_and_a_drawn_one_others(tmp_path: Path) -> None:
    house, names = await a_house(), []
    for number, key in enumerate((KEY, KEY, "", "")):
        await collect(house)(CollectionOrder(key=key), ParquetExport(tmp_path / str(number)), lambda *_: None)
        names.append(set(table(tmp_path / str(number))["user_id"]))
    assert names[0] == names[1]
    assert not names[1] & names[2]
    assert not names[2] & names[3]


async def test_only_what_is_asked_for_and_what_is_settled_knowledge_is_exported(tmp_path: Path) -> None:
    house = await a_house()
    order = CollectionOrder(since=later(minutes=5), until=later(minutes=8))
    state = await collect(house)(order, ParquetExport(tmp_path / "some"), lambda *_: None)
    assert state.rows == 6
    house.set_clock(later(minutes=30))
    state = await collect(house)(CollectionOrder(), ParquetExport(tmp_path / "early"), lambda *_: None)
    assert state.plan.as_of == later(minutes=30) - IN_FLIGHT
    assert (state.rows, state.frauds) == (2 * 28, 0)
    assert table(tmp_path / "early")["event_time"].max() < state.plan.as_of  # type: ignore[operator]


async def test_an_empty_store_is_an_empty_export(tmp_path: Path) -> None:
    house = MemoryHouse()
    house.set_clock(NOON)
    state = await collect(house)(CollectionOrder(), ParquetExport(tmp_path), lambda *_: None)
    assert (state.rows, state.parts, state.done) == (0, 0, True)
