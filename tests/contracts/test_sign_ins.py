"""What every store of sign-ins promises; see upi_risk.domain.account_ports.SignIns."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest
from redis.asyncio import Redis

from tests.builders import NOON, a_user, later
from tests.contracts.stores import PERSONS
from upi_risk.adapters.memory import MemorySessions, MemorySignIns, MemoryStore
from upi_risk.adapters.postgres.sessions import PostgresSessions
from upi_risk.adapters.postgres.sign_ins import PostgresSignIns
from upi_risk.adapters.redis.client import create_client
from upi_risk.adapters.redis.sessions import CachedSessions
from upi_risk.adapters.redis.sign_ins import CachedSignIns
from upi_risk.domain.account_ports import SignIns
from upi_risk.domain.erasure import erased
from upi_risk.domain.errors import PhoneTakenError, StoreUnavailableError, UnknownUserError
from upi_risk.domain.ports import Sessions
from upi_risk.domain.session import TokenKind, digest
from upi_risk.domain.sign_in import Family, Renewal, Verdict

USER = "UID-00000000000000000001"


@dataclass(frozen=True, slots=True)
class Both:
    """Sign-ins, and the tokens of them."""

    sign_ins: SignIns
    sessions: Sessions

    async def opens(self, token: str) -> bool:
        (session,) = await self.sessions.find([digest(token)])
        return session is not None and session.opens(TokenKind.ACCESS, later(seconds=1))


@pytest.fixture(params=["memory", "postgres", "redis"])
def both(request: pytest.FixtureRequest) -> Both:
    if request.param == "memory":
        return Both(MemorySignIns(store := MemoryStore()), MemorySessions(store))
    engine = request.getfixturevalue("engine")
    stored = Both(PostgresSignIns(engine, PERSONS), PostgresSessions(engine))
    if request.param == "postgres":
        return stored
    client = request.getfixturevalue("client")
    return Both(CachedSignIns(stored.sign_ins, client), CachedSessions(stored.sessions, client))


def a_family(name: str, **fields: object) -> Family:
    made = Family(name, USER, NOON, later(days=90), NOON, later(days=30), digest(f"refresh-{name}"))
    return replace(made, **fields)  # type: ignore[arg-type]  # a keyword may be any field


async def begin(both: Both, family: Family, most: int = 5) -> list[bytes]:
    access = family.access_session(digest(f"access-{family.name}"), NOON, later(minutes=15))
    return list(await both.sign_ins.begin(family, access, most))


def a_renewal(token: str, **fields: object) -> Renewal:
    made = Renewal(digest(token), b"sealed", digest(f"access-{token}"), NOON, later(minutes=15), later(days=30))
    return replace(made, **fields)  # type: ignore[arg-type]  # a keyword may be any field


async def test_a_sign_in_is_listed_and_its_tokens_are_found(both: Both) -> None:
    await begin(both, family := a_family("a"))
    assert await both.sign_ins.of_user(USER, NOON) == [family]
    assert await both.sessions.find([digest("refresh-a")]) == [family.refresh_session()]
    assert await both.opens("access-a")


async def test_a_user_is_stored_with_the_first_sign_in_or_not_at_all(both: Both) -> None:
    user, family = a_user(), a_family("a")
    access = family.access_session(digest("access-a"), NOON, later(minutes=15))
    await both.sign_ins.begin(family, access, 5, user)
    other = a_family("b")
    taken = other.access_session(digest("access-b"), NOON, later(minutes=15))
    with pytest.raises(PhoneTakenError):
        await both.sign_ins.begin(other, taken, 5, a_user(phone_key=user.phone_key))
    assert await both.sign_ins.of_user(USER, NOON) == [family]
    assert not await both.opens("access-b")


async def test_the_oldest_sign_in_beyond_the_most_is_ended(both: Both) -> None:
    for number, name in enumerate("abc"):
        await begin(both, a_family(name, created_at=later(seconds=number)), most=2)
    assert [held.name for held in await both.sign_ins.of_user(USER, NOON)] == ["c", "b"]
    assert [await both.opens(f"access-{name}") for name in "abc"] == [False, True, True]


async def test_of_many_sign_ins_at_once_no_more_than_the_most_live(both: Both) -> None:
    """Red when the user is not locked: each ended what it saw, and the others stayed."""
    user, first = a_user(USER), a_family("first", created_at=later(seconds=-1))
    access = first.access_session(digest("access-first"), NOON, later(minutes=15))
    await both.sign_ins.begin(first, access, 2, user)
    names = [f"n{number}" for number in range(8)]
    await asyncio.gather(*(begin(both, a_family(name), most=2) for name in names))
    live = {held.name for held in await both.sign_ins.of_user(USER, NOON)}
    assert len(live) == 2
    assert {name for name in ["first", *names] if await both.opens(f"access-{name}")} == live


async def test_who_was_erased_signs_in_no_more(both: Both) -> None:
    """Red when a sign-in that found its user before the erasure is stored after it."""
    user, family = erased(a_user(USER)), a_family("a")
    access = family.access_session(digest("access-a"), NOON, later(minutes=15))
    await both.sign_ins.begin(a_family("first"), replace(access, token_digest=b"first", family="first"), 5, user)
    with pytest.raises(UnknownUserError):
        await begin(both, family)
    assert not await both.opens("access-a")


async def test_a_live_refresh_token_is_exchanged_and_the_old_one_gets_the_new_one_for_a_while(both: Both) -> None:
    await begin(both, a_family("a"))
    first = await both.sign_ins.renew(digest("refresh-a"), a_renewal("r2"))
    assert (first.verdict, first.family and first.family.refresh) == (Verdict.LIVE, digest("r2"))
    lost = await both.sign_ins.renew(digest("refresh-a"), a_renewal("r3", at=later(seconds=9)))
    assert (lost.verdict, lost.family) == (Verdict.AGAIN, first.family)
    assert await both.opens("access-r2")
    assert await both.opens("access-r3")
    assert await both.sessions.find([digest("r3")]) == [None]


async def test_a_reused_refresh_token_ends_the_sign_in(both: Both) -> None:
    await begin(both, a_family("a"))
    await both.sign_ins.renew(digest("refresh-a"), a_renewal("r2"))
    assert await both.opens("access-r2")
    reused = await both.sign_ins.renew(digest("refresh-a"), a_renewal("r3", at=later(seconds=10)))
    assert reused.verdict is Verdict.REUSED
    assert set(reused.ended) == {digest("access-a"), digest("access-r2")}
    assert [await both.opens(token) for token in ("access-a", "access-r2", "access-r3")] == [False] * 3
    assert (await both.sign_ins.renew(digest("r2"), a_renewal("r4"))).verdict is Verdict.OVER


@pytest.mark.parametrize("token", ["access-a", "never"])
async def test_nothing_but_a_refresh_token_is_exchanged(both: Both, token: str) -> None:
    await begin(both, a_family("a"))
    assert (await both.sign_ins.renew(digest(token), a_renewal("r2"))).verdict is Verdict.OVER


async def test_an_idle_or_an_old_sign_in_is_over(both: Both) -> None:
    await begin(both, a_family("a"))
    late = a_renewal("r2", at=later(days=30))
    assert (await both.sign_ins.renew(digest("refresh-a"), late)).verdict is Verdict.OVER
    assert await both.sign_ins.of_user(USER, later(days=30)) == []


async def test_of_many_exchanges_at_once_one_is_first_and_the_others_get_its_token(both: Both) -> None:
    await begin(both, a_family("a"))
    told = await asyncio.gather(
        *(both.sign_ins.renew(digest("refresh-a"), a_renewal(f"r-{number}")) for number in range(10))
    )
    assert sorted(held.verdict for held in told) == [Verdict.AGAIN] * 9 + [Verdict.LIVE]
    assert len({held.family.refresh for held in told if held.family}) == 1


async def test_ending_one_sign_in_leaves_the_others_and_ending_all_leaves_none(both: Both) -> None:
    for name in "abc":
        await begin(both, a_family(name))
        assert await both.opens(f"access-{name}")
    assert await both.sign_ins.end(USER, "a", NOON) == [digest("access-a")]
    assert [await both.opens(f"access-{name}") for name in "abc"] == [False, True, True]
    assert set(await both.sign_ins.end(USER, None, NOON)) >= {digest("access-b"), digest("access-c")}
    assert [await both.opens(f"access-{name}") for name in "abc"] == [False] * 3
    assert await both.sign_ins.of_user(USER, NOON) == []


async def test_nobody_ends_the_sign_in_of_another(both: Both) -> None:
    await begin(both, a_family("a"))
    assert await both.sign_ins.end("UID-OTHER", "a", NOON) == []
    assert await both.opens("access-a")


async def test_a_slow_reader_does_not_bring_an_ended_token_back(client: Redis) -> None:
    """Read from the store before the end, copied after it: the race of set after delete."""
    store = MemoryStore()
    slow = SlowSessions(store)
    both = Both(CachedSignIns(MemorySignIns(store), client), CachedSessions(slow, client))
    await begin(both, a_family("a"))
    assert await client.delete(f"upi:s:{digest('access-a').hex()}") == 1  # so that it is read from the store
    reading = asyncio.create_task(both.opens("access-a"))
    await asyncio.wait_for(slow.read.wait(), 10)
    await both.sign_ins.end(USER, "a", NOON)
    slow.go_on.set()
    await reading
    assert [await both.opens("access-a") for _ in range(3)] == [False] * 3


class SlowSessions(MemorySessions):
    """Answers what it read, but not before it is told to go on."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.read, self.go_on = asyncio.Event(), asyncio.Event()

    async def find(self, token_digests):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - as its base
        found = await super().find(token_digests)
        self.read.set()
        await self.go_on.wait()
        return found


async def test_a_token_is_copied_when_it_is_made(client: Redis) -> None:
    """Removed: the copies; each of the three was asked for in the store."""
    store = MemoryStore()
    both = Both(CachedSignIns(MemorySignIns(store), client), CachedSessions(MemorySessions(store), client))
    await begin(both, a_family("a"))
    for token in ("first", "again"):  # the second within the grace of a lost reply
        await both.sign_ins.renew(digest("refresh-a"), a_renewal(token))
    store.sessions.clear()
    assert [await both.opens(f"access-{token}") for token in ("a", "first", "again")] == [True] * 3
    assert 890_000 < await client.pttl(f"upi:s:{digest('access-first').hex()}") <= 900_000


async def test_a_token_that_ended_while_it_was_made_is_not_copied(client: Redis) -> None:
    """Removed: NX of the copy; it opened."""
    store = MemoryStore()
    ending = CachedSignIns(MemorySignIns(store), client)

    class EndedAtOnce(MemorySignIns):
        async def begin(self, family, *rest):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202 - as its base
            ended = await super().begin(family, *rest)
            await ending.end(USER, None, NOON)
            return ended

    both = Both(CachedSignIns(EndedAtOnce(store), client), CachedSessions(MemorySessions(store), client))
    await begin(both, a_family("a"))
    assert not await both.opens("access-a")


async def test_without_redis_somebody_signs_in_all_the_same() -> None:
    store = MemoryStore()
    client = create_client("redis://127.0.0.1:1/0")
    both = Both(CachedSignIns(MemorySignIns(store), client), CachedSessions(MemorySessions(store), client))
    await begin(both, a_family("a"))
    assert await both.opens("access-a")
    await client.aclose()


async def test_without_redis_an_end_is_refused_and_done_when_it_is_asked_again(client: Redis) -> None:
    store = MemoryStore()
    away = create_client("redis://127.0.0.1:1/0")
    there = Both(CachedSignIns(MemorySignIns(store), client), CachedSessions(MemorySessions(store), client))
    await begin(there, a_family("a"))
    assert await there.opens("access-a")
    with pytest.raises(StoreUnavailableError):
        await CachedSignIns(MemorySignIns(store), away).end(USER, "a", NOON)
    assert await there.opens("access-a"), "its copy came back with Redis: that is why the end was refused"
    await there.sign_ins.end(USER, "a", NOON)
    assert not await there.opens("access-a")
    await away.aclose()
