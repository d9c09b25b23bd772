"""Rows and the domain's values, both ways. A struct's fields are the columns of its table."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from upi_risk.domain.decision import Assessment, Decision, Factor, Level
from upi_risk.domain.habits import BANDS, Habits
from upi_risk.domain.payment import Payment, UpiId
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.tiles import Tile, Tiles
from upi_risk.domain.track_record import Day, TrackRecord
from upi_risk.domain.transaction import Status, Transaction
from upi_risk.domain.user import Payee, User

TrackColumn = list[tuple[int, int, int]]
"""A day's number, its settled payments, its reports; ascending."""

TileColumn = list[tuple[int, int, int, int, int, int]]
"""The fields of tiles, ascending by number."""


class HabitsColumn(msgspec.Struct, frozen=True, array_like=True):
    """``users.habits``: the fields of :class:`~upi_risk.domain.habits.Habits`, in a JSON array.

    A user of an earlier release has an empty array, or other bands; their habits begin anew.
    """

    minutes: TileColumn = []
    hours: TileColumn = []
    days: TileColumn = []
    paise: int = 0
    squares: int = 0
    bands: list[int] = []
    clock: list[int] = []

    @classmethod
    def of(cls, habits: Habits) -> HabitsColumn:
        """The column of habits."""
        minutes, hours, days = map(_tile_column, (habits.minutes, habits.hours, habits.days))
        return cls(minutes, hours, days, habits.paise, habits.squares, list(habits.bands), list(habits.clock))

    def value(self) -> Habits:
        """The habits of the column."""
        if len(self.bands) != BANDS:
            return Habits()
        minutes, hours, days = map(_tiles, (self.minutes, self.hours, self.days))
        return Habits(minutes, hours, days, self.paise, self.squares, tuple(self.bands), tuple(self.clock))


class UserRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``users``, but for the name, which is there of users alone who are not protected yet.

    Attributes:
        mobile: what is kept in the phone's place.
    """

    user_id: str
    mobile: str
    created_at: datetime
    last_event_at: datetime
    last_login_at: datetime
    version: int
    login_count: int
    transaction_count: int
    settled_count: int
    settled_paise: int
    largest_paise: int
    payee_count: int
    last_settled_at: datetime | None
    track: TrackColumn
    habits: HabitsColumn

    @classmethod
    def of(cls, user: User) -> UserRow:
        """The row of a user."""
        return cls(**_columns(user))

    def value(self) -> User:
        """The user of the row."""
        return User(
            user_id=self.user_id,
            phone_key=self.mobile,
            created_at=self.created_at,
            last_event_at=self.last_event_at,
            last_login_at=self.last_login_at,
            version=self.version,
            login_count=self.login_count,
            transaction_count=self.transaction_count,
            settled_count=self.settled_count,
            settled_paise=self.settled_paise,
            largest_paise=self.largest_paise,
            payee_count=self.payee_count,
            last_settled_at=self.last_settled_at,
            track=TrackRecord(tuple([Day(*entry) for entry in self.track])),
            habits=self.habits.value(),
        )


class AskedRow(UserRow, frozen=True, kw_only=True):
    """A row of ``users`` as it is to be, if the one that is there has the expected version."""

    expected_version: int

    @classmethod
    def of(cls, user: User, expected_version: int) -> AskedRow:  # type: ignore[override]
        """The row of a user."""
        return cls(**_columns(user), expected_version=expected_version)


class PayeeRow(msgspec.Struct, frozen=True):
    """A row of ``payees``."""

    user_id: str
    receiver_upi: str
    settled_count: int
    first_settled_at: datetime | None
    disputed: bool

    @classmethod
    def of(cls, payee: Payee) -> PayeeRow:
        """The row of a pair."""
        return cls(payee.user_id, payee.receiver, payee.settled_count, payee.first_settled_at, payee.disputed)

    def value(self) -> Payee:
        """The pair of the row."""
        receiver = UpiId(self.receiver_upi)
        return Payee(self.user_id, receiver, self.settled_count, self.first_settled_at, self.disputed)


class ReceiverRow(msgspec.Struct, frozen=True):
    """What a receiver's rows say together.

    Attributes:
        fraud_reports: of ``receiver_reputation``, as the payers and the first hour.
        track: rows of ``receiver_days``, ascending.
        hours: rows of ``receiver_hours``: number, payments, paise, fresh ones; ascending.
    """

    receiver_upi: str
    fraud_reports: int
    payers: int
    first_hour: int | None
    track: list[tuple[int, int, int, int, int, int, int]]
    hours: list[tuple[int, int, int, int]] | None

    def value(self) -> Receiver:
        """The receiver."""
        return Receiver(
            UpiId(self.receiver_upi),
            report_count=self.fraud_reports,
            track=TrackRecord(tuple([Day(*entry) for entry in self.track])),
            hours=tuple([Tile(number, count, paise, fresh=fresh) for number, count, paise, fresh in self.hours or ()]),
            payer_count=self.payers,
            first_hour=self.first_hour,
        )


class FactorRow(msgspec.Struct, frozen=True):
    """An element of ``transactions.factors``."""

    code: str
    text: str
    contribution: float


class AddedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``transactions`` without the features, which travel apart."""

    user_id: str
    transaction_id: str
    receiver_upi: str
    amount_paise: int
    checked_at: datetime
    idempotency_key: str | None
    score: float
    level: Level
    decision: Decision
    factors: list[FactorRow]
    confidence: float
    model_version: str
    policy_version: str
    status: Status
    settled_at: datetime | None
    reported_at: datetime | None
    probability: float | None
    model_score: float | None
    rules_version: str | None

    @classmethod
    def of(cls, transaction: Transaction) -> AddedRow:
        """The row of a transaction."""
        return cls(**_transaction(transaction))


class TransactionRow(AddedRow, frozen=True, kw_only=True):
    """A row of ``transactions``."""

    features: list[float]

    @classmethod
    def of(cls, transaction: Transaction) -> TransactionRow:
        """The row of a transaction."""
        return cls(**_transaction(transaction), features=list(transaction.features))

    def value(self) -> Transaction:
        """The transaction of the row."""
        receiver, key = UpiId(self.receiver_upi), self.idempotency_key
        return Transaction(
            payment=Payment(self.transaction_id, self.user_id, receiver, self.amount_paise, self.checked_at, key),
            features=tuple(self.features),
            assessment=Assessment(
                score=self.score,
                level=self.level,
                decision=self.decision,
                factors=tuple(Factor(factor.code, factor.text, factor.contribution) for factor in self.factors),
                confidence=self.confidence,
                model_version=self.model_version,
                policy_version=self.policy_version,
                probability=self.probability,
                model_score=self.model_score,
            ),
            status=self.status,
            settled_at=self.settled_at,
            reported_at=self.reported_at,
            rules_version=self.rules_version,
        )


def _columns(user: User) -> dict[str, Any]:
    return {
        "user_id": user.user_id,
        "mobile": user.phone_key,
        "created_at": user.created_at,
        "last_event_at": user.last_event_at,
        "last_login_at": user.last_login_at,
        "version": user.version,
        "login_count": user.login_count,
        "transaction_count": user.transaction_count,
        "settled_count": user.settled_count,
        "settled_paise": user.settled_paise,
        "largest_paise": user.largest_paise,
        "payee_count": user.payee_count,
        "last_settled_at": user.last_settled_at,
        "track": [day[:3] for day in user.track.days],
        "habits": HabitsColumn.of(user.habits),
    }


def _transaction(transaction: Transaction) -> dict[str, Any]:
    payment, assessment = transaction.payment, transaction.assessment
    return {
        "user_id": payment.user_id,
        "transaction_id": payment.transaction_id,
        "receiver_upi": payment.receiver,
        "amount_paise": payment.amount_paise,
        "checked_at": payment.at,
        "idempotency_key": payment.idempotency_key,
        "score": assessment.score,
        "level": assessment.level,
        "decision": assessment.decision,
        "factors": [FactorRow(*factor) for factor in assessment.factors],
        "confidence": assessment.confidence,
        "model_version": assessment.model_version,
        "policy_version": assessment.policy_version,
        "status": transaction.status,
        "settled_at": transaction.settled_at,
        "reported_at": transaction.reported_at,
        "probability": assessment.probability,
        "model_score": assessment.model_score,
        "rules_version": transaction.rules_version,
    }


def _tile_column(tiles: Tiles) -> TileColumn:
    return list(tiles)


def _tiles(column: TileColumn) -> Tiles:
    return tuple([Tile(*entry) for entry in column])


def is_uuid(text: str) -> bool:
    """Whether this is a UUID, spelled as every id of ours is."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
