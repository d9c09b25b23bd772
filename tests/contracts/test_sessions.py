"""What every store of tokens promises; see upi_risk.domain.ports.Sessions."""

from __future__ import annotations

from tests.builders import NOON, a_session, later
from tests.contracts.stores import found
from upi_risk.domain.ports import Sessions
from upi_risk.domain.session import TokenKind, digest


async def test_a_token_that_was_never_issued_is_none(sessions: Sessions) -> None:
    assert await found(sessions, "upa_never") is None


async def test_tokens_are_found_once_they_are_added(sessions: Sessions) -> None:
    access = a_session("upa_access")
    refresh = a_session("upa_refresh", kind=TokenKind.REFRESH, expires_at=later(days=30))
    await sessions.add([access, refresh])
    assert await found(sessions, "upa_access") == access
    assert await found(sessions, "upa_refresh") == refresh


async def test_a_token_is_found_again_and_again(sessions: Sessions) -> None:
    access = a_session("upa_access")
    await sessions.add([access])
    assert [await found(sessions, "upa_access") for _ in range(3)] == [access] * 3


async def test_an_expired_token_is_found_and_opens_nothing(sessions: Sessions) -> None:
    await sessions.add([a_session("upa_old", created_at=later(days=-400), expires_at=later(days=-399))])
    old = await found(sessions, "upa_old")
    assert old is not None
    assert not old.opens(TokenKind.ACCESS, NOON)


async def test_no_tokens_are_no_work(sessions: Sessions) -> None:
    await sessions.add([])


async def test_many_tokens_are_found_at_once_in_the_order_asked(sessions: Sessions) -> None:
    first, second = a_session("upa_1"), a_session("upa_2", "UID-00000000000000000002")
    await sessions.add([first, second])
    asked = [digest(token) for token in ("upa_2", "upa_never", "upa_1", "upa_2")]
    assert await sessions.find(asked) == [second, None, first, second]
    assert await sessions.find([]) == []
