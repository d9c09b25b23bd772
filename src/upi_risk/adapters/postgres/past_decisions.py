"""Everybody's committed decisions in PostgreSQL: only the columns that are asked for, by a binary COPY.

Every column has one width and is never null, so that a page of rows is one array and nothing is made of single values.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from upi_risk.adapters.postgres.partition_statements import within
from upi_risk.adapters.postgres.patience import patient
from upi_risk.domain.backtest import DECISIONS, OUTCOMES, VOICES, DecisionPage, Names, Outcome, Voice
from upi_risk.domain.degraded import BY_RULES
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.person import PhoneKeys
from upi_risk.domain.policy import SANDBOX
from upi_risk.domain.rules import FACTS

PAGE: Final = 50_000

_WITHIN: Final = "t.checked_at >= '{first}'::timestamptz AND t.checked_at < '{end}'::timestamptz AND {ids}"
_COUNT: Final = f"SELECT count(*) FROM transactions t WHERE {_WITHIN}"  # noqa: S608 - constants

_TEST_RECEIVERS: Final = ", ".join(f"'{receiver}'" for receiver in SANDBOX)
_DECIDED: Final = " ".join(f"WHEN '{decision}' THEN {place}" for place, decision in enumerate(DECISIONS))
_VOICE: Final = {voice: place for place, voice in enumerate(VOICES)}
_OUTCOME: Final = {outcome: place for place, outcome in enumerate(OUTCOMES)}

_NUMBERS: Final = {
    "at": ("(extract(epoch FROM t.checked_at) * 1000000)::int8", ">i8"),
    "amount_paise": ("t.amount_paise", ">i8"),
    "decisions": (f"CASE t.decision {_DECIDED} END", ">i4"),
    "scores": ("coalesce(t.model_score, t.score)", ">f8"),
    "voices": (
        f"""CASE WHEN t.policy_version LIKE '%{BY_RULES}' THEN {_VOICE[Voice.RULES]}
            WHEN t.probability IS NULL AND t.receiver_upi IN ({_TEST_RECEIVERS}) THEN {_VOICE[Voice.TABLE]}
            ELSE {_VOICE[Voice.MODEL]} END""",
        ">i4",
    ),
    "outcomes": (
        f"""CASE WHEN t.reported_at IS NOT NULL THEN {_OUTCOME[Outcome.FRAUD]}
            WHEN t.settled_at IS NOT NULL THEN {_OUTCOME[Outcome.GOOD]} ELSE {_OUTCOME[Outcome.UNKNOWN]} END""",
        ">i4",
    ),
}
"""Each column of a page as an expression, and what it is on the wire."""

_TEXTS: Final = {
    "transaction_ids": ("rpad(t.transaction_id::text, 36)", "S36"),
    "user_ids": ("rpad(t.user_id, 64)", "S64"),
    "receivers": ("rpad(t.receiver_upi, 255)", "S255"),
}
"""Names, all of ASCII, filled up with blanks to the longest there may be."""

_USERS: Final = " JOIN users u USING (user_id)"
_OWN_NUMBER: Final = "is_own_number"
_PAID: Final = "number paid"
_KEPT: Final = "phone kept"
_NUMBER_PAID: Final = {
    _PAID: ("CASE WHEN t.receiver_upi ~ '^[0-9]{10}[@-]' THEN left(t.receiver_upi, 11) ELSE rpad('', 11) END", "S11"),
    _KEPT: ("rpad(u.mobile, 64)", "S64"),
}
"""Which number was paid, if the receiver's name looks like one, and what is kept of the payer's phone."""
_HEADER: Final = len(b"PGCOPY\n\xff\r\n\x00") + 4 + 4
"""A signature, flags, and the length of nothing: before the first row (PostgreSQL's manual, `COPY`)."""

Rows = npt.NDArray[np.void]


class PostgresPastDecisions:
    """See :class:`upi_risk.domain.backtest.PastDecisions`."""

    def __init__(self, engine: AsyncEngine, phones: PhoneKeys) -> None:
        """``phones`` tells a payer's own phone, which the database cannot."""
        self._engine = engine
        self._phones = phones

    async def count(self, first: datetime | None, end: datetime | None) -> int:
        """How many there are."""
        async with patient(self._engine) as connection:
            return int((await connection.exec_driver_sql(_between(_COUNT, first, end))).scalar_one())

    async def read(
        self, first: datetime | None, end: datetime | None, facts: Sequence[str], *, names: bool
    ) -> AsyncGenerator[DecisionPage, None]:
        """The decisions, in pages."""
        own = _OWN_NUMBER in facts
        columns = _NUMBERS | {name: (_fact(name), ">f8") for name in facts if name != _OWN_NUMBER}
        columns |= (_NUMBER_PAID if own else {}) | (_TEXTS if names else {})
        asked = ", ".join(expression for expression, _ in columns.values())
        users = _USERS if own else ""
        selected = f"SELECT {asked} FROM transactions t{users} WHERE " + _between(_WITHIN, first, end)  # noqa: S608
        layout = _layout({name: kind for name, (_, kind) in columns.items()})
        async with patient(self._engine) as connection, aclosing(_copied(connection, selected, layout)) as pages:
            async for rows in pages:
                yield self._page(rows, facts, names=names)

    def _page(self, rows: Rows, facts: Sequence[str], *, names: bool) -> DecisionPage:
        read = (*_NUMBERS, *(name for name in facts if name != _OWN_NUMBER))
        numbers = {name: rows[name].astype(rows[name].dtype.newbyteorder("=")) for name in read}
        if _OWN_NUMBER in facts:
            numbers[_OWN_NUMBER] = self._own(rows)
        told = Names(**{name: np.char.rstrip(rows[name].astype(np.str_)) for name in _TEXTS}) if names else None
        return DecisionPage(
            **{name: numbers[name] for name in _NUMBERS},
            facts={name: numbers[name] for name in facts},
            names=told,
        )

    def _own(self, rows: Rows) -> npt.NDArray[np.float64]:
        """1 where the number that was paid is the payer's own."""
        found = np.zeros(len(rows))
        paid = np.char.strip(rows[_PAID])
        for place in np.flatnonzero(paid != b""):
            kept = rows[_KEPT][place].decode().rstrip()
            found[place] = self._phones.own(paid[place].decode(), kept)
        return found


def _layout(kinds: dict[str, str]) -> np.dtype[np.void]:
    """A row on the wire: how many fields, and each with its length before it."""
    fields = [
        (part, kind) for name, given in kinds.items() for part, kind in ((f"size of {name}", ">i4"), (name, given))
    ]
    return np.dtype([("fields", ">i2"), *fields])


async def _copied(connection: AsyncConnection, selected: str, layout: np.dtype[np.void]) -> AsyncGenerator[Rows, None]:
    """The rows of a query, in pages."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    held, header = bytearray(), _HEADER
    try:
        async with driver.cursor() as cursor, cursor.copy(f"COPY ({selected}) TO STDOUT (FORMAT BINARY)") as copy:
            async for block in copy:
                held += block
                if len(held) >= header + PAGE * layout.itemsize:
                    yield _rows(bytes(held[header:]), layout)
                    held, header = bytearray(), 0
    except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError) as error:
        raise StoreUnavailableError(type(error).__name__) from error
    if len(held) > header + 2:  # what ends it are two bytes
        yield _rows(bytes(held[header:-2]), layout)


def _rows(wire: bytes, layout: np.dtype[np.void]) -> Rows:
    return np.frombuffer(wire, dtype=layout)


def _between(statement: str, first: datetime | None, end: datetime | None) -> str:
    return statement.format(
        first=first.isoformat() if first else "-infinity",
        end=end.isoformat() if end else "infinity",
        ids=within(first, end),
    )


def _fact(name: str) -> str:
    """A fact as an expression; not a number where a stored vector is too short to have it."""
    return f"coalesce(t.features[{FACTS.index(name) + 1}], 'NaN')"
