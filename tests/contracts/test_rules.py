"""What every store of rules and lists promises; see upi_risk.domain.rule_ports."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.builders import NOON, later
from upi_risk.adapters.memory import MemoryRules
from upi_risk.adapters.postgres.rules import PostgresRules
from upi_risk.domain.lists import Kind, ListEntry, Side
from upi_risk.domain.rule_ports import Revision, StoredBook, StoredRules

Rules = MemoryRules | PostgresRules

BLOCKED = ListEntry(Side.BLOCK, Kind.RECEIVER, "mule@ybl", "reported thrice", "asha", NOON)
CLEARED = ListEntry(Side.ALLOW, Kind.USER, "UID-1", "called us", "ravi", later(seconds=1), later(days=1))


@pytest.fixture(params=["memory", "postgres"])
def rules(request: pytest.FixtureRequest) -> Rules:
    return MemoryRules() if request.param == "memory" else PostgresRules(request.getfixturevalue("engine"))


async def test_at_first_the_shipped_book_is_in_force_and_the_lists_are_empty(rules: Rules) -> None:
    assert await rules.read() == StoredRules(Revision(0, 0), None, ())
    assert await rules.revision() == Revision(0, 0)
    assert await rules.history() == []
    assert await rules.get(0) is None
    assert await rules.entries() == []


async def test_a_book_is_in_force_once_it_is_put_and_every_book_is_kept(rules: Rules) -> None:
    assert await rules.put("first", "to begin", "asha", NOON) == 1
    assert await rules.put("second", "better", "ravi", later(hours=1)) == 2
    assert await rules.read() == StoredRules(Revision(2, 0), "second", ())
    first, second = (
        StoredBook(1, "first", "to begin", "asha", NOON),
        StoredBook(2, "second", "better", "ravi", later(hours=1)),
    )
    assert await rules.history() == [second, first]
    assert await rules.get(1) == first
    assert await rules.get(3) is None


async def test_entries_are_read_as_they_were_added_and_expired_ones_too(rules: Rules) -> None:
    await rules.add(BLOCKED)
    await rules.add(CLEARED)
    assert await rules.entries() == [BLOCKED, CLEARED]
    assert (await rules.read()).entries == (BLOCKED, CLEARED)


async def test_an_entry_takes_the_place_of_one_for_the_same_subject_and_comes_last(rules: Rules) -> None:
    await rules.add(BLOCKED)
    await rules.add(CLEARED)
    again = replace(BLOCKED, reason="still", added_at=later(hours=2))
    await rules.add(again)
    assert await rules.entries() == [CLEARED, again]


async def test_a_subject_may_be_on_both_lists(rules: Rules) -> None:
    allowed = replace(BLOCKED, side=Side.ALLOW)
    await rules.add(BLOCKED)
    await rules.add(allowed)
    assert await rules.entries() == [BLOCKED, allowed]


async def test_what_is_taken_off_is_gone_and_taking_it_off_again_says_so(rules: Rules) -> None:
    await rules.add(BLOCKED)
    assert await rules.remove(Side.BLOCK, Kind.RECEIVER, "mule@ybl", "asha", later(hours=1))
    assert not await rules.remove(Side.BLOCK, Kind.RECEIVER, "mule@ybl", "asha", later(hours=1))
    assert await rules.entries() == []
    await rules.add(BLOCKED)
    assert await rules.entries() == [BLOCKED]


async def test_the_revision_is_another_one_after_every_change_and_no_other_time(rules: Rules) -> None:
    seen = [await rules.revision()]
    await rules.add(BLOCKED)
    seen.append(await rules.revision())
    await rules.remove(Side.BLOCK, Kind.RECEIVER, "mule@ybl", "asha", later(hours=1))
    seen.append(await rules.revision())
    await rules.put("a book", "because", "asha", NOON)
    seen.append(await rules.revision())
    assert len(set(seen)) == 4
    await rules.remove(Side.BLOCK, Kind.RECEIVER, "mule@ybl", "asha", later(hours=2))
    assert await rules.revision() == seen[-1]


async def test_changes_at_the_same_moment_are_all_kept(rules: Rules) -> None:
    entries = [replace(BLOCKED, subject=f"mule{number}@ybl") for number in range(8)]
    versions = await asyncio.gather(*(rules.put(f"book {number}", "r", "a", NOON) for number in range(8)))
    await asyncio.gather(*map(rules.add, entries))
    assert sorted(versions) == list(range(1, 9))
    assert sorted(entry.subject for entry in await rules.entries()) == sorted(entry.subject for entry in entries)
    assert await rules.revision() == Revision(8, 8)
