"""What every store of roles and keys promises; see upi_risk.domain.access."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from tests.builders import NOON, later
from upi_risk.adapters.memory import MemoryApiKeys, MemoryRoles, MemoryStore
from upi_risk.adapters.postgres.access import PostgresApiKeys, PostgresRoles
from upi_risk.domain.access import ApiKey, ApiKeys, Role, Roles, Scope
from upi_risk.domain.session import digest


@dataclass
class Both:
    roles: Roles
    keys: ApiKeys


@pytest.fixture(params=["memory", "postgres"])
def both(request: pytest.FixtureRequest) -> Both:
    if request.param == "memory":
        store = MemoryStore()
        return Both(MemoryRoles(store), MemoryApiKeys(store))
    engine = request.getfixturevalue("engine")
    return Both(PostgresRoles(engine), PostgresApiKeys(engine))


def a_key(name: str = "a", **fields: object) -> ApiKey:
    made = ApiKey(f"KEY-{name}", digest(name), "switch", frozenset({Scope.CHECK, Scope.READ}), NOON)
    return replace(made, **fields)  # type: ignore[arg-type]  # a keyword may be any field


async def test_everybody_is_a_payer_until_given_another_role(both: Both) -> None:
    assert await both.roles.of("UID-1") is Role.PAYER
    await both.roles.give("UID-1", Role.ANALYST, NOON)
    assert await both.roles.of("UID-1") is Role.ANALYST
    await both.roles.give("UID-1", Role.ADMIN, later(seconds=1))
    assert await both.roles.of("UID-1") is Role.ADMIN
    assert await both.roles.of("UID-2") is Role.PAYER


async def test_keys_are_found_by_their_digests_in_order(both: Both) -> None:
    one, other = a_key("a"), a_key("b", scopes=frozenset())
    await both.keys.add(one)
    await both.keys.add(other)
    assert await both.keys.find([digest("b"), digest("c"), digest("a")]) == [other, None, one]


async def test_all_keys_come_oldest_first(both: Both) -> None:
    keys = [a_key("z"), a_key("b", created_at=later(seconds=1)), a_key("a", created_at=later(seconds=1))]
    for key in keys:
        await both.keys.add(key)
    assert [key.key_id for key in await both.keys.all()] == ["KEY-z", "KEY-a", "KEY-b"]


async def test_a_revoked_key_is_found_revoked_and_the_first_time_stands(both: Both) -> None:
    await both.keys.add(a_key())
    assert await both.keys.revoke("KEY-a", later(seconds=1)) is True
    assert await both.keys.revoke("KEY-a", later(seconds=2)) is False
    assert await both.keys.revoke("KEY-b", later(seconds=2)) is False
    (found,) = await both.keys.find([digest("a")])
    assert found == a_key(revoked_at=later(seconds=1))
    assert not found.opens(Scope.CHECK)


async def test_a_use_is_recorded_once_an_hour(both: Both) -> None:
    async def last() -> object:
        return (await both.keys.all())[0].last_used_at

    await both.keys.add(a_key())
    assert await last() is None
    await both.keys.used("KEY-a", NOON)
    await both.keys.used("KEY-a", later(minutes=59))
    assert await last() == NOON
    await both.keys.used("KEY-a", later(minutes=60))
    assert await last() == later(minutes=60)
