"""Committed history in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from psycopg.errors import LockNotAvailable
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from upi_risk.adapters.postgres import statements
from upi_risk.adapters.postgres.errors import again, store_errors
from upi_risk.adapters.postgres.floats import Floats, ends
from upi_risk.adapters.postgres.relying import guess_rows, relying
from upi_risk.adapters.postgres.rows import AddedRow, AskedRow, PayeeRow, ReceiverRow, TransactionRow, UserRow, is_uuid
from upi_risk.adapters.postgres.straight import Statement, Straight
from upi_risk.adapters.postgres.webhook_statements import TELL_LABELS, telling
from upi_risk.domain.history import Change, FraudReport, Snapshot, Wanted
from upi_risk.domain.payment import UpiId
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.scores import receiver_reputation
from upi_risk.domain.user import Payee

Parameters = dict[str, Any]

HURRIED_SECONDS: Final = 1.0
"""How long no lock is waited for after one was waited for in vain."""

_UNSEEN: Final = float(receiver_reputation(0, 0))
_user: Final = msgspec.json.Decoder(UserRow).decode
_payee: Final = msgspec.json.Decoder(PayeeRow).decode
_receiver: Final = msgspec.json.Decoder(ReceiverRow).decode
_transaction: Final = msgspec.json.Decoder(TransactionRow).decode
_encode: Final = msgspec.json.Encoder().encode

_LOAD: Final = Statement(statements.LOAD)
_COMMIT: Final = Statement(statements.COMMIT)
_COMMIT_AROUND_LOCKED: Final = Statement(statements.COMMIT_AROUND_LOCKED)
_TELLING: Final = {
    _COMMIT: Statement(telling(statements.COMMIT)),
    _COMMIT_AROUND_LOCKED: Statement(telling(statements.COMMIT_AROUND_LOCKED)),
}
_RELYING: Final = {
    _COMMIT: Statement(relying(statements.COMMIT)),
    _COMMIT_AROUND_LOCKED: Statement(relying(statements.COMMIT_AROUND_LOCKED)),
    _TELLING[_COMMIT]: Statement(relying(telling(statements.COMMIT))),
    _TELLING[_COMMIT_AROUND_LOCKED]: Statement(relying(telling(statements.COMMIT_AROUND_LOCKED))),
}


class PostgresLedger:
    """See :class:`upi_risk.domain.ports.Ledger`."""

    def __init__(self, engine: AsyncEngine, telling: Callable[[], bool] = lambda: False) -> None:
        """``telling`` is whether anybody may want to hear of decisions; if not, a commit does not look."""
        self._engine = engine
        self._telling = telling
        self._transactions = engine.execution_options(isolation_level="READ COMMITTED")
        self._straight = Straight(engine)
        self._hurried_until = 0.0

    async def load(self, wanted: Sequence[Wanted]) -> Snapshot:
        """Everything asked for, in one statement."""
        with store_errors(self._engine):
            return _snapshot(wanted, await self._straight.run(_LOAD, _keys_of(wanted)))

    async def commit(self, changes: Sequence[Change]) -> list[bool]:
        """Apply plain checks in one statement, and each change that reaches into the past in a transaction."""
        plain = [change for change in changes if not _reaches_back(change)]
        with store_errors(self._engine):
            applied = await again(self._apply_plain, plain) if plain else set()
            for change in changes:
                if _reaches_back(change):
                    applied |= await again(self._apply_whole, change)
        return [change.user.user_id in applied for change in changes]

    async def works(self) -> bool:
        """Whether a check could be read for and committed: the statements of both, with nothing to do.

        They fail where the server cannot be reached or takes no writes, and where a table, a column or a right is
        missing. Somebody's lock, or another one's long statement, passes.
        """
        try:
            async with self._engine.connect() as connection:
                await connection.exec_driver_sql(statements.LOAD, _keys_of(()))
                await connection.exec_driver_sql(statements.COMMIT, _columns_of(()))
        except exc.SQLAlchemyError as error:
            return isinstance(error, exc.DBAPIError) and isinstance(error.orig, LockNotAvailable)
        except OSError:
            return False
        return True

    async def _apply_plain(self, changes: Sequence[Change]) -> set[str]:
        """Apply all, or those whose users nobody else has locked for long.

        A lock that was waited for in vain sends the statement around locked users: they count as not applied, the
        others are served. For a while nobody is waited for, so that those who try again do not wait anew each time.
        """
        loop = asyncio.get_running_loop()
        if loop.time() >= self._hurried_until:
            try:
                return await self._apply_straight(self._statement(_COMMIT), changes)
            except exc.OperationalError as error:
                if not isinstance(error.orig, LockNotAvailable):
                    raise
                self._hurried_until = loop.time() + HURRIED_SECONDS
        return await self._apply_straight(self._statement(_COMMIT_AROUND_LOCKED), changes)

    def _statement(self, commit: Statement) -> Statement:
        return _TELLING[commit] if self._telling() else commit

    async def _apply_straight(self, statement: Statement, changes: Sequence[Change]) -> set[str]:
        columns = _columns_of(changes)
        if guesses := guess_rows(changes):
            statement, columns["guesses"] = _RELYING[statement], _json(guesses)
        return {user_id for (user_id,) in await self._straight.run(statement, columns)}

    async def _apply_whole(self, change: Change) -> set[str]:
        async with self._transactions.begin() as connection:
            statement = telling(statements.COMMIT) if self._telling() else statements.COMMIT
            applied = await _apply(connection, [change], statement)
            if applied:
                await _amend(connection, change)
                await _label(connection, change)
            return applied


async def _apply(connection: AsyncConnection, changes: Sequence[Change], statement: str) -> set[str]:
    result = await connection.exec_driver_sql(statement, _columns_of(changes))
    return set(result.scalars())


async def _amend(connection: AsyncConnection, change: Change) -> None:
    if change.amended:
        amended = _json([TransactionRow.of(transaction) for transaction in change.amended])
        await connection.exec_driver_sql(statements.AMEND, {"user_id": change.user.user_id, "amended": amended})


async def _label(connection: AsyncConnection, change: Change) -> None:
    """Keep reports, and rate their receivers anew; the row of a receiver is locked while its days are read."""
    if change.reports:
        reports = _json([_report_row(report) for report in change.reports])
        await connection.exec_driver_sql(statements.LABEL, {"reports": reports})
        await connection.exec_driver_sql(TELL_LABELS, {"reports": reports})
    counts: dict[UpiId, int] = {}
    for delta in change.deltas:
        counts[delta.receiver] = counts.get(delta.receiver, 0) + delta.day.reported
    at = change.user.last_event_at
    for receiver, count in sorted(counts.items()):
        if not count:
            continue
        await connection.exec_driver_sql(statements.COUNT_REPORTS, {"receiver": receiver, "reports": count})
        known = (await _load(connection, [Wanted(change.user.user_id, receiver)])).receivers[receiver]
        rating = {"receiver": receiver, "score": known.reputation(at), "at": at}
        await connection.exec_driver_sql(statements.RATE, rating)


async def _load(connection: AsyncConnection, wanted: Sequence[Wanted]) -> Snapshot:
    result = await connection.exec_driver_sql(statements.LOAD, _keys_of(wanted))
    return _snapshot(wanted, result.all())


def _keys_of(wanted: Sequence[Wanted]) -> Parameters:
    return {"wanted": _json([_wanted_row(item) for item in wanted])}


def _snapshot(wanted: Sequence[Wanted], rows: Sequence[Any]) -> Snapshot:
    snapshot = _nothing_known(wanted)
    for kind, row in rows:
        _FOUND[kind](snapshot, row)
    return snapshot


def _found_user(snapshot: Snapshot, row: str) -> None:
    user = _user(row).value()
    snapshot.users[user.user_id] = user


def _found_payee(snapshot: Snapshot, row: str) -> None:
    payee = _payee(row).value()
    snapshot.payees[payee.user_id, payee.receiver] = payee


def _found_receiver(snapshot: Snapshot, row: str) -> None:
    receiver = _receiver(row).value()
    snapshot.receivers[receiver.upi_id] = receiver


def _found_answer(snapshot: Snapshot, row: str) -> None:
    transaction = _transaction(row).value()
    key = transaction.payment.idempotency_key
    if key is not None:
        snapshot.answers[transaction.payment.user_id, key] = transaction


def _found_transaction(snapshot: Snapshot, row: str) -> None:
    transaction = _transaction(row).value()
    snapshot.transactions[transaction.payment.user_id, transaction.payment.transaction_id] = transaction


_FOUND: Final = {
    "user": _found_user,
    "payee": _found_payee,
    "receiver": _found_receiver,
    "answer": _found_answer,
    "transaction": _found_transaction,
}


def _nothing_known(wanted: Sequence[Wanted]) -> Snapshot:
    """The snapshot of an empty ledger: every key that is asked for, with nothing behind it."""
    snapshot = Snapshot()
    for item in wanted:
        user_id, receiver = item.user_id, item.receiver
        snapshot.users[user_id] = None
        if receiver is not None:
            snapshot.payees[user_id, receiver] = Payee(user_id, receiver)
            snapshot.receivers[receiver] = Receiver(receiver)
        if item.idempotency_key is not None:
            snapshot.answers[user_id, item.idempotency_key] = None
        if item.transaction_id is not None:
            snapshot.transactions[user_id, item.transaction_id] = None
    return snapshot


def _wanted_row(item: Wanted) -> Parameters:
    return {
        "user_id": item.user_id,
        "receiver_upi": item.receiver,
        "idempotency_key": item.idempotency_key,
        "transaction_id": item.transaction_id if item.transaction_id and is_uuid(item.transaction_id) else None,
    }


def _columns_of(changes: Sequence[Change]) -> Parameters:
    added = [transaction for change in changes for transaction in change.added]
    asked, features = [each.payment for each in added], [each.features for each in added]
    keyed = [
        {"user_id": payment.user_id, "idempotency_key": payment.idempotency_key}
        for payment in asked
        if payment.idempotency_key is not None
    ]
    return {
        "retries": _json(keyed),
        "users": _json([AskedRow.of(change.user, change.expected_version) for change in changes]),
        "transactions": _json([AddedRow.of(transaction) for transaction in added]),
        "features": Floats(features),
        "ends": ends(features),
        "payees": _json([PayeeRow.of(payee) for change in changes for payee in change.payees]),
        "deltas": _json([row for change in changes for row in _delta_rows(change)]),
        "unseen": _UNSEEN,
    }


def _delta_rows(change: Change) -> list[Parameters]:
    return [
        {
            "user_id": change.user.user_id,
            "receiver_upi": delta.receiver,
            "day": delta.day.number,
            "settled": delta.day.settled,
            "reports": delta.day.reports,
            "paise": delta.day.paise,
            "fresh": delta.day.fresh,
            "reported": delta.day.reported,
            "reported_paise": delta.day.reported_paise,
            "hour": None if delta.hour is None else delta.hour.number,
        }
        for delta in change.deltas
    ]


def _report_row(report: FraudReport) -> Parameters:
    return {
        "user_id": report.user_id,
        "transaction_id": report.transaction_id,
        "receiver_upi": report.receiver,
        "reported_at": report.reported_at,
        "source": report.source,
    }


def _reaches_back(change: Change) -> bool:
    return bool(change.amended or change.reports or any(delta.day.reported for delta in change.deltas))


def _json(rows: Sequence[object]) -> str:
    return _encode(rows).decode()
