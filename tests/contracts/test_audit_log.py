"""What every audit log promises; see upi_risk.domain.audit.AuditLog."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import NOON, later
from upi_risk.adapters.memory import MemoryAuditLog, MemoryStore
from upi_risk.adapters.postgres.audit import PostgresAuditLog
from upi_risk.application.note import NoteDeeds
from upi_risk.application.patience import Patience
from upi_risk.domain.audit import AuditLog, BrokenChainError, Deed, Entry, Head, Record, verify


@pytest.fixture(params=["memory", "postgres"])
def log(request: pytest.FixtureRequest) -> AuditLog:
    if request.param == "memory":
        return MemoryAuditLog(MemoryStore())
    return PostgresAuditLog(request.getfixturevalue("engine"))


def an_entry(number: int = 1, detail: str = "") -> Entry:
    return Entry(later(microseconds=number), f"UID-{number}", Deed.SIGNED_IN, f"UID-{number}", detail)


async def all_of(log: AuditLog, after: int = 0) -> list[Record]:
    return [record async for record in log.records(after)]


async def test_an_empty_log_is_whole(log: AuditLog) -> None:
    assert await all_of(log) == []
    assert await log.latest(5) == []
    assert await verify(log.records()) == Head()


async def test_entries_are_found_as_they_were_added_in_one_chain(log: AuditLog) -> None:
    entries = [an_entry(number, "ünï “x” \u2028") for number in range(1, 6)]
    first = await log.append(entries[:2])
    last = await log.append(entries[2:])
    found = await all_of(log)
    assert [record.entry for record in found] == entries
    assert [record.number for record in found] == [1, 2, 3, 4, 5]
    assert [record.previous for record in found[1:]] == [record.digest for record in found[:-1]]
    assert (found[1].head, found[-1].head) == (first, last)
    assert await all_of(log, after=3) == found[3:]
    assert await log.latest(2) == found[:2:-1]
    assert await verify(log.records(), first) == last


async def test_many_who_add_at_once_make_one_chain(log: AuditLog) -> None:
    await asyncio.gather(*(log.append([an_entry(number), an_entry(-number)]) for number in range(10)))
    found = await all_of(log)
    assert len(found) == 20
    assert await verify(log.records()) == found[-1].head
    for number in range(0, 20, 2):  # what was added together stands together
        assert found[number].entry.actor.replace("-", "") == found[number + 1].entry.actor.replace("-", "")


async def test_what_waits_together_is_added_together(log: AuditLog) -> None:
    note = NoteDeeds(log, Patience(60, 60))
    await asyncio.gather(*(note(an_entry(number)) for number in range(50)))
    await note.drain()
    assert sorted(record.entry.at for record in await all_of(log)) == [later(microseconds=n) for n in range(50)]
    assert (await verify(log.records())).number == 50


async def test_a_log_longer_than_a_page_is_read_to_its_end(log: AuditLog) -> None:
    await log.append([an_entry(number) for number in range(2_000)])
    assert (await verify(log.records())).number == 2_000


TAMPERED = {
    "changed": "UPDATE audit SET actor = 'UID-9' WHERE number = 3",
    "changed deed": "UPDATE audit SET deed = 'nothing' WHERE number = 3",
    "changed instant": "UPDATE audit SET at = at + interval '1 microsecond' WHERE number = 3",
    "changed, and hashed anew": (
        "UPDATE audit SET actor = 'UID-9', digest = sha256(previous || convert_to("
        '\'[3,1772433000000003,"UID-9","signed-in","UID-3",""]\', \'UTF8\')) WHERE number = 3'
    ),
    "deleted": "DELETE FROM audit WHERE number = 3",
    "deleted and closed up": "DELETE FROM audit WHERE number = 3;UPDATE audit SET number = number - 1 WHERE number > 3",
    "moved": "UPDATE audit SET number = CASE number WHEN 3 THEN -4 ELSE -3 END WHERE number IN (3, 4);"
    "UPDATE audit SET number = -number WHERE number < 0",
}


@pytest.mark.parametrize("how", TAMPERED)
async def test_verify_finds_what_was_tampered_with(engine: AsyncEngine, database_url: str, how: str) -> None:
    """Red where ``verify`` takes each record for what follows on the one before."""
    log = PostgresAuditLog(engine)
    await log.append([an_entry(number) for number in range(1, 7)])
    with psycopg.connect(database_url) as owner:
        owner.execute(TAMPERED[how].encode())
    with pytest.raises(BrokenChainError) as found:
        await verify(log.records())
    assert found.value.number in {3, 4}


@pytest.mark.parametrize("cut", [1, 3, 6])
async def test_a_cut_off_end_is_found_against_a_head_that_was_noted(
    engine: AsyncEngine, database_url: str, cut: int
) -> None:
    """Red where ``verify`` does not look for the noted head."""
    log = PostgresAuditLog(engine)
    noted = await log.append([an_entry(number) for number in range(1, 7)])
    with psycopg.connect(database_url) as owner:
        owner.execute("DELETE FROM audit WHERE number > %s", (6 - cut,))
    assert (await verify(log.records())).number == 6 - cut
    with pytest.raises(BrokenChainError, match="cut off") as found:
        await verify(log.records(), noted)
    assert found.value.number == 7 - cut


async def test_a_chain_that_was_written_anew_is_found_against_a_noted_head(
    engine: AsyncEngine, database_url: str
) -> None:
    log = PostgresAuditLog(engine)
    await log.append([an_entry(number) for number in range(1, 4)])
    noted = (await log.latest(1))[0].head
    with psycopg.connect(database_url) as owner:
        owner.execute("DELETE FROM audit WHERE number > 2")
    await log.append([an_entry(9), an_entry(10)])
    await verify(log.records())
    with pytest.raises(BrokenChainError, match="not the one that was noted"):
        await verify(log.records(), noted)


def test_noon_is_what_the_tampering_says() -> None:
    assert an_entry(3).content(3) == b'[3,1772433000000003,"UID-3","signed-in","UID-3",""]'
    assert NOON.timestamp() == 1772433000
