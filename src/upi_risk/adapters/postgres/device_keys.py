"""Keys of devices in PostgreSQL."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.domain.device_key import DeviceKey
from upi_risk.domain.errors import DeviceConflictError

_HELD = tables.device_keys.c


class PostgresDeviceKeys:
    """See :class:`upi_risk.domain.account_ports.DeviceKeys`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._transactional = engine.execution_options(isolation_level="READ COMMITTED")

    async def add(self, key: DeviceKey, most: int) -> None:
        """Store a key; two of one user at once come one after the other."""
        with store_errors():
            async with self._transactional.begin() as connection:
                await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key.user_id, 20))))
                held = (await connection.execute(_live(key.user_id))).all()
                if len(held) >= most or any(row.public_key == key.public_key for row in held):
                    raise DeviceConflictError
                await connection.execute(insert(tables.device_keys).values(asdict(key)))

    async def of_user(self, user_id: str) -> list[DeviceKey]:
        """The user's keys."""
        with store_errors():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(_live(user_id))).all()
        return [DeviceKey(**row._asdict()) for row in rows]

    async def used(self, user_id: str, key_id: str, at: datetime) -> bool:
        """Note a use."""
        return await self._changed(user_id, key_id, used_at=at)

    async def revoke(self, user_id: str, key_id: str, at: datetime) -> bool:
        """Revoke a key."""
        return await self._changed(user_id, key_id, revoked_at=at)

    async def _changed(self, user_id: str, key_id: str, **fields: datetime) -> bool:
        live = (_HELD.user_id == user_id, _HELD.key_id == key_id, _HELD.revoked_at.is_(None))
        statement = update(tables.device_keys).where(*live).values(**fields).returning(_HELD.key_id)
        with store_errors():
            async with self._engine.connect() as connection:
                return (await connection.execute(statement)).first() is not None


def _live(user_id: str) -> Any:  # noqa: ANN401 - a statement of SQLAlchemy's
    chosen = select(tables.device_keys).where(_HELD.user_id == user_id, _HELD.revoked_at.is_(None))
    return chosen.order_by(_HELD.created_at, _HELD.key_id)
