"""What every store promises of removing what is over; see upi_risk.domain.housekeeping.Leftovers."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.builders import NOON, later
from tests.contracts.stores import PERSONS
from upi_risk.adapters.memory import MemoryChallenges, MemoryLeftovers, MemorySessions, MemorySignIns, MemoryStore
from upi_risk.adapters.postgres.challenges import PostgresChallenges
from upi_risk.adapters.postgres.leftovers import PostgresLeftovers
from upi_risk.adapters.postgres.sessions import PostgresSessions
from upi_risk.adapters.postgres.sign_ins import PostgresSignIns
from upi_risk.domain.account_ports import Challenges, SignIns
from upi_risk.domain.challenge import Challenge
from upi_risk.domain.housekeeping import Kind, Leftovers
from upi_risk.domain.ports import Sessions
from upi_risk.domain.session import digest
from upi_risk.domain.sign_in import Family, Renewal, Verdict

USER = "UID-00000000000000000001"


@dataclass(frozen=True, slots=True)
class Kept:
    leftovers: Leftovers
    challenges: Challenges
    sign_ins: SignIns
    sessions: Sessions

    async def begin(self, name: str, minutes: int) -> None:
        """A sign-in at noon whose refresh token lasts so long, and its access token 15 minutes."""
        until = later(minutes=minutes)
        family = Family(name, USER, NOON, later(days=90), NOON, until, digest(f"refresh-{name}"))
        await self.sign_ins.begin(family, family.access_session(digest(f"access-{name}"), NOON, later(minutes=15)), 9)

    async def found(self, *tokens: str) -> list[bool]:
        return [held is not None for held in await self.sessions.find([digest(token) for token in tokens])]


@pytest.fixture(params=["memory", "postgres"])
def kept(request: pytest.FixtureRequest) -> Kept:
    if request.param == "memory":
        store = MemoryStore()
        return Kept(MemoryLeftovers(store), MemoryChallenges(store), MemorySignIns(store), MemorySessions(store))
    engine = request.getfixturevalue("engine")
    return Kept(
        PostgresLeftovers(engine),
        PostgresChallenges(engine),
        PostgresSignIns(engine, PERSONS),
        PostgresSessions(engine),
    )


async def test_challenges_that_are_over_go_so_many_at_once(kept: Kept) -> None:
    for number in range(5):
        name, until = f"upc_{number}", later(minutes=number)
        await kept.challenges.open(Challenge(name, name.encode(), b"s", None, NOON, until))
    assert await kept.leftovers.remove(Kind.CHALLENGES, later(minutes=3), 2) == 2
    assert await kept.leftovers.remove(Kind.CHALLENGES, later(minutes=3), 2) == 1
    assert await kept.leftovers.remove(Kind.CHALLENGES, later(minutes=3), 2) == 0
    found = [await kept.challenges.attempt(f"upc_{number}", NOON) for number in range(5)]
    assert [each is not None for each in found] == [False, False, False, True, True]


async def test_sign_ins_go_and_then_their_refresh_tokens_but_access_tokens_go_by_themselves(kept: Kept) -> None:
    """Removed: the condition on the sign-in; a refresh token that was exchanged was forgotten while it lived."""
    await kept.begin("short", 20)
    await kept.begin("long", 200)
    renewal = Renewal(digest("r2"), b"", digest("a2"), later(minutes=1), later(minutes=16), later(days=30))
    await kept.sign_ins.renew(digest("refresh-long"), renewal)
    before = later(minutes=300)
    assert await kept.leftovers.remove(Kind.SESSIONS, before, 10) == 3
    assert await kept.found("access-short", "access-long", "a2") == [False] * 3
    assert await kept.found("refresh-short", "refresh-long", "r2") == [True] * 3
    assert await kept.leftovers.remove(Kind.SIGN_INS, before, 10) == 1
    assert await kept.leftovers.remove(Kind.SESSIONS, before, 10) == 1
    assert await kept.found("refresh-short", "refresh-long", "r2") == [False, True, True]
    again = Renewal(digest("r3"), b"", digest("a3"), before, before, later(days=30))
    assert (await kept.sign_ins.renew(digest("refresh-long"), again)).verdict is Verdict.REUSED


async def test_a_token_that_was_ended_is_kept_until_its_end_need_not_be_told_again(kept: Kept) -> None:
    """Removed: the condition on when it was issued; the second call had nothing to tell."""
    await kept.begin("a", 20)
    assert await kept.sign_ins.end(USER, "a", NOON) == [digest("access-a")]
    assert await kept.leftovers.remove(Kind.SESSIONS, NOON, 10) == 0
    assert await kept.sign_ins.end(USER, "a", NOON) == [digest("access-a")]
    assert await kept.leftovers.remove(Kind.SESSIONS, later(microseconds=1), 10) == 2
