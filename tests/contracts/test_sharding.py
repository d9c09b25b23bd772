"""The hot statements of one user need no row of another: users can be spread over servers by their id."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import OTHER_SHOP, SHOP, a_check, a_user
from tests.contracts.conftest import PATIENT
from tests.contracts.stores import Stores
from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.engine import create_engine
from upi_risk.adapters.postgres.ledger import PostgresLedger
from upi_risk.domain.history import Wanted

OF_USERS = ("users", "transactions", "idempotency_keys", "payees")
"""Tables that a shard has its users' part of. Receivers belong to everybody, and are spread by their own id."""

OF_RECEIVERS = ("receiver_reputation", "receiver_days", "receiver_hours")
ME = "UID-SHARD-1"


@pytest.fixture
async def alone(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine whose role sees the rows of one user alone, as on a server that has no others."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("CREATE ROLE sharded LOGIN PASSWORD 'for-tests-alone'")
        owner.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO sharded")
        for table in OF_USERS:
            owner.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            owner.execute(f"CREATE POLICY own ON {table} TO sharded USING (user_id = '{ME}')")
    url = make_url(database_url).set(username="sharded", password="for-tests-alone")
    made = create_engine(url.render_as_string(hide_password=False), deadlines=PATIENT)
    yield made
    await made.dispose()
    with psycopg.connect(database_url, autocommit=True) as owner:
        for table in OF_USERS:
            owner.execute(f"DROP POLICY own ON {table}")
            owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        owner.execute("DROP OWNED BY sharded")
        owner.execute("DROP ROLE sharded")


async def test_a_user_is_loaded_and_committed_where_no_other_user_is_seen(
    engine: AsyncEngine, alone: AsyncEngine
) -> None:
    """Red when a hot statement looks at another user's row: it is not there."""
    everywhere, here = Stores.in_postgres(engine), PostgresLedger(alone)
    me, other = a_user(user_id=ME), a_user()
    for user in (me, other):
        await everywhere.users.add(user)
    theirs = a_check(other, SHOP, idempotency_key="key")
    assert await everywhere.ledger.commit([theirs]) == [True]

    mine = a_check(me, SHOP, idempotency_key="key")
    assert await here.commit([mine]) == [True]
    again = a_check(mine.user, OTHER_SHOP)
    assert await here.commit([again]) == [True]
    assert await here.commit([a_check(mine.user, OTHER_SHOP)]) == [False]  # overtaken by the one before

    wanted = [Wanted(ME, SHOP, "key"), Wanted(ME, OTHER_SHOP)]
    assert await here.load(wanted) == await everywhere.ledger.load(wanted)
    assert (await here.load([Wanted(other.user_id)])).users == {other.user_id: None}  # the test's own sight
    assert (await everywhere.ledger.load([Wanted(other.user_id)])).users[other.user_id] == theirs.user


def test_every_key_begins_with_what_its_table_is_spread_by() -> None:
    for name in OF_USERS:
        table = tables.METADATA.tables[name]
        assert next(iter(table.primary_key.columns)).name == "user_id"
        assert not table.foreign_keys  # one would have to be looked up elsewhere
    for name in OF_RECEIVERS:
        assert next(iter(tables.METADATA.tables[name].primary_key.columns)).name == "receiver_upi"
