"""Sealing anew in PostgreSQL, in batches along the primary keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.operating_tables import webhooks
from upi_risk.adapters.postgres.persons import Persons, sealed_of
from upi_risk.adapters.postgres.tables import persons, users
from upi_risk.adapters.postgres.webhooks import sealed_of as subscription
from upi_risk.domain.errors import UnreadableError
from upi_risk.domain.person import NOBODY_LIKE, Person
from upi_risk.domain.protection import Kept, Step


class PostgresProtection:
    """See :class:`upi_risk.domain.protection.Protection`. The engine is the schema's owner's."""

    def __init__(self, engine: AsyncEngine, keeping: Persons) -> None:
        self._engine = engine.execution_options(isolation_level="READ COMMITTED")
        self._persons = keeping

    async def exposed(self, kept: Kept) -> int:
        """How many are in clear, or not under the current keys; the whole table is read."""
        found = self._users() if kept is Kept.USERS else self._subscriptions()
        with store_errors():
            async with self._engine.begin() as connection:
                await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                await connection.exec_driver_sql("SET LOCAL enable_seqscan = on")
                return int((await connection.execute(select(func.count()).select_from(found.subquery()))).scalar_one())

    async def protect(self, kept: Kept, after: str, most: int) -> Step:
        """Seal some; their rows are locked meanwhile."""
        with store_errors():
            async with self._engine.begin() as connection:
                await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                if kept is Kept.USERS:
                    key, found, seal = users.c.user_id, self._users(), self._seal_users
                else:
                    key, found, seal = webhooks.c.webhook_id, self._subscriptions(), self._seal_subscriptions
                batch = found.where(key > after).order_by(key).limit(most)
                rows = (await connection.execute(batch.with_for_update(of=key.table, key_share=True))).all()
                sealed = await seal(connection, rows)
        return Step(sealed, len(rows) - sealed, rows[-1][0] if len(rows) == most else None)

    def _users(self) -> Select[Any]:
        """The columns of persons that are not kept as they are to be."""
        both = users.outerjoin(persons, persons.c.user_id == users.c.user_id)
        columns = (users.c.user_id, users.c.name, users.c.mobile, persons.c.sealed)
        mobile = users.c.mobile
        anybody = ~or_(*(mobile.startswith(each, autoescape=True) for each in NOBODY_LIKE))
        due = or_(_not_under(mobile, self._persons.phones.mark), _not_under(persons.c.sealed, self._persons.vault.mark))
        return select(*columns).select_from(both).where(anybody, due)

    def _subscriptions(self) -> Select[Any]:
        return select(webhooks.c.webhook_id, webhooks.c.secret).where(
            _not_under(webhooks.c.secret, self._persons.vault.mark)
        )

    async def _seal_users(self, connection: AsyncConnection, rows: Any) -> int:  # noqa: ANN401 - rows of SQLAlchemy's
        known: dict[str, Person] = {}
        for row in rows:
            try:
                person = self._persons.read(*row)
            except UnreadableError:
                continue
            if person.phone:
                known[row.user_id] = person
        tokens = {user_id: self._persons.phones.kept(person.phone) for user_id, person in known.items()}
        theirs = await connection.execute(
            select(users.c.mobile, users.c.user_id).where(users.c.mobile.in_(tokens.values()))
        )
        owners: dict[str, str] = {row.mobile: row.user_id for row in theirs}
        done = [user_id for user_id, token in tokens.items() if owners.setdefault(token, user_id) == user_id]
        if not done:
            return 0
        moved = update(users).where(users.c.user_id == bindparam("whose"))
        values = {"name": "", "mobile": bindparam("token"), "version": users.c.version + 1}
        await connection.execute(
            moved.values(values), [{"whose": user_id, "token": tokens[user_id]} for user_id in done]
        )
        sealing = insert(persons)
        sealing = sealing.on_conflict_do_update(index_elements=["user_id"], set_={"sealed": sealing.excluded.sealed})
        vault = self._persons.vault
        await connection.execute(
            sealing,
            [
                {"user_id": user_id, "sealed": vault.seal(known[user_id].packed(), sealed_of(user_id))}
                for user_id in done
            ],
        )
        return len(done)

    async def _seal_subscriptions(self, connection: AsyncConnection, rows: Any) -> int:  # noqa: ANN401 - as above
        vault, done = self._persons.vault, []
        for webhook_id, secret in rows:
            try:
                opened = vault.open(secret, subscription(webhook_id))
            except UnreadableError:
                continue
            done.append({"whose": webhook_id, "sealed": vault.seal(opened, subscription(webhook_id))})
        if done:
            changed = update(webhooks).where(webhooks.c.webhook_id == bindparam("whose"))
            await connection.execute(changed.values(secret=bindparam("sealed")), done)
        return len(done)


def _not_under(column: ColumnElement[Any], mark: str) -> ColumnElement[bool]:
    """Whether a text is there, and was not made by the current key."""
    return ~column.startswith(mark, autoescape=True)
