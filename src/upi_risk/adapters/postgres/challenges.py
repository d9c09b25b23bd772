"""Challenges in PostgreSQL. Each call is one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ARRAY, LargeBinary, any_, bindparam, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.domain.challenge import MOST_TRIES, Challenge

_HELD = tables.challenges.c


class PostgresChallenges:
    """See :class:`upi_risk.domain.account_ports.Challenges`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def open(self, challenge: Challenge, instead_of: Sequence[bytes] = ()) -> None:
        """Store a challenge, in the place of one whose row it takes over."""
        row = asdict(challenge)
        statement = insert(tables.challenges).values(row)
        statement = statement.on_conflict_do_update(index_elements=["slot"], set_=row)
        if instead_of:
            slots = bindparam("slots", list(instead_of), ARRAY(LargeBinary))
            gone = delete(tables.challenges).where(_HELD.slot == any_(slots))
            statement = statement.add_cte(gone.cte("gone"))
        with store_errors():
            async with self._engine.connect() as connection:
                await connection.execute(statement)

    async def attempt(self, challenge_id: str, at: datetime) -> Challenge | None:
        """Count a try: those who come at once wait for one another's row."""
        lives = (_HELD.challenge_id == challenge_id, _HELD.tries < MOST_TRIES, _HELD.expires_at > at)
        tried = update(tables.challenges).where(*lives).values(tries=_HELD.tries + 1)
        with store_errors():
            async with self._engine.connect() as connection:
                row = (await connection.execute(tried.returning(*_HELD))).first()
        return None if row is None else Challenge(**row._asdict())

    async def use(self, challenge_id: str) -> bool:
        """Use a challenge up: who deletes its row is the one."""
        used = delete(tables.challenges).where(_HELD.challenge_id == challenge_id)
        with store_errors():
            async with self._engine.connect() as connection:
                row = (await connection.execute(used.returning(_HELD.slot))).first()
        return row is not None
