"""What every store of challenges promises; see upi_risk.domain.account_ports.Challenges."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.builders import NOON, later
from upi_risk.adapters.memory import MemoryChallenges, MemoryStore
from upi_risk.adapters.postgres.challenges import PostgresChallenges
from upi_risk.domain.account_ports import Challenges
from upi_risk.domain.challenge import MOST_TRIES, Challenge


@pytest.fixture(params=["memory", "postgres"])
def challenges(request: pytest.FixtureRequest) -> Challenges:
    if request.param == "memory":
        return MemoryChallenges(MemoryStore())
    return PostgresChallenges(request.getfixturevalue("engine"))


def a_challenge(name: str, slot: bytes = b"slot", code: bytes | None = b"digest") -> Challenge:
    return Challenge(f"upc_{name}", slot, b"subject", code, NOON, later(minutes=5))


async def test_a_challenge_is_found_as_it_was_with_its_tries_counted(challenges: Challenges) -> None:
    await challenges.open(a_challenge("a"))
    for tries in range(1, MOST_TRIES + 1):
        assert await challenges.attempt("upc_a", NOON) == replace(a_challenge("a"), tries=tries)
    assert await challenges.attempt("upc_a", NOON) is None


async def test_one_that_is_unknown_or_over_is_not_found(challenges: Challenges) -> None:
    await challenges.open(a_challenge("a"))
    assert await challenges.attempt("upc_b", NOON) is None
    assert await challenges.attempt("upc_a", later(minutes=5)) is None
    assert await challenges.attempt("upc_a", later(minutes=5, microseconds=-1)) is not None


async def test_the_later_of_a_slot_takes_the_place_of_the_earlier_with_tries_of_its_own(challenges: Challenges) -> None:
    await challenges.open(a_challenge("a"))
    await challenges.attempt("upc_a", NOON)
    await challenges.open(a_challenge("b"))
    await challenges.open(a_challenge("c", b"other", None))
    assert await challenges.attempt("upc_a", NOON) is None
    assert await challenges.attempt("upc_b", NOON) == replace(a_challenge("b"), tries=1)
    assert await challenges.attempt("upc_c", NOON) == replace(a_challenge("c", b"other", None), tries=1)


async def test_others_may_be_ended_with_it(challenges: Challenges) -> None:
    for name in "ab":
        await challenges.open(a_challenge(name, name.encode()))
    await challenges.open(a_challenge("c", b"c"), [b"a", b"none"])
    found = [await challenges.attempt(f"upc_{name}", NOON) for name in "abc"]
    assert [each is not None for each in found] == [False, True, True]


async def test_of_those_who_use_it_at_once_one_is_told_so(challenges: Challenges) -> None:
    await challenges.open(a_challenge("a"))
    assert sum(await asyncio.gather(*(challenges.use("upc_a") for _ in range(20)))) == 1
    assert await challenges.attempt("upc_a", NOON) is None
    assert await challenges.use("upc_never") is False


async def test_of_a_hundred_who_try_at_once_five_are_looked_at(challenges: Challenges) -> None:
    """Removed: the bound in the statement that counts; a hundred were looked at."""
    await challenges.open(a_challenge("a"))
    tried = await asyncio.gather(*(challenges.attempt("upc_a", NOON) for _ in range(100)))
    assert sorted(each.tries for each in tried if each) == [1, 2, 3, 4, 5]


async def test_of_those_who_open_one_slot_at_once_one_challenge_stays(challenges: Challenges) -> None:
    await asyncio.gather(*(challenges.open(a_challenge(f"{number}")) for number in range(20)))
    found = [await challenges.attempt(f"upc_{number}", NOON) for number in range(20)]
    assert sum(each is not None for each in found) == 1
