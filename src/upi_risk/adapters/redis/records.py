"""What is kept in Redis, packed; a record that does not read back strictly is garbage.

Records are MessagePack arrays that begin with a tag. A change of fields takes a new tag, so that two releases that run
side by side do not misread each other.
"""

from __future__ import annotations

from datetime import datetime
from struct import Struct
from typing import Annotated, Final

import msgspec

from upi_risk.domain.habits import BANDS, HOURS, Habits
from upi_risk.domain.payment import MAX_AMOUNT_PAISE, UpiId
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.session import Session, TokenKind
from upi_risk.domain.tiles import Tile, Tiles
from upi_risk.domain.track_record import Day, TrackRecord
from upi_risk.domain.user import Payee, User

Count = Annotated[int, msgspec.Meta(ge=0)]
Track = list[tuple[int, Count, Count]]
FullTrack = list[tuple[int, Count, Count, Count, Count, Count, Count]]
Column = list[tuple[int, Count, Count, Count, Count, Count]]
Bands = Annotated[list[Count], msgspec.Meta(min_length=BANDS, max_length=BANDS)]
Clock = Annotated[list[Count], msgspec.Meta(min_length=HOURS, max_length=HOURS)]


class UserRecord(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="user3"):
    """A user."""

    user_id: str
    phone_key: str
    created_at: datetime
    last_event_at: datetime
    last_login_at: datetime
    version: Count
    login_count: Count
    transaction_count: Count
    settled_count: Count
    settled_paise: Count
    largest_paise: Count
    payee_count: Count
    last_settled_at: datetime | None
    track: Track
    minutes: Column
    hours: Column
    days: Column
    paise: Count
    squares: Count
    bands: Bands
    clock: Clock

    @classmethod
    def of(cls, user: User) -> UserRecord:
        """The record of a user."""
        return cls(
            user.user_id,
            user.phone_key,
            user.created_at,
            user.last_event_at,
            user.last_login_at,
            user.version,
            user.login_count,
            user.transaction_count,
            user.settled_count,
            user.settled_paise,
            user.largest_paise,
            user.payee_count,
            user.last_settled_at,
            [day[:3] for day in user.track.days],
            _column(user.habits.minutes),
            _column(user.habits.hours),
            _column(user.habits.days),
            user.habits.paise,
            user.habits.squares,
            list(user.habits.bands),
            list(user.habits.clock),
        )

    def value(self) -> User:
        """The user of the record."""
        return User(
            self.user_id,
            self.phone_key,
            self.created_at,
            self.last_event_at,
            self.last_login_at,
            self.version,
            self.login_count,
            self.transaction_count,
            self.settled_count,
            self.settled_paise,
            self.largest_paise,
            self.payee_count,
            self.last_settled_at,
            TrackRecord(tuple([Day(*entry) for entry in self.track])),
            self._habits(),
        )

    def _habits(self) -> Habits:
        minutes, hours, days = map(_tiles, (self.minutes, self.hours, self.days))
        return Habits(minutes, hours, days, self.paise, self.squares, tuple(self.bands), tuple(self.clock))


class PayeeRecord(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="payee1"):
    """A pair."""

    user_id: str
    receiver: str
    settled_count: Count
    first_settled_at: datetime | None
    disputed: bool

    @classmethod
    def of(cls, payee: Payee) -> PayeeRecord:
        """The record of a pair."""
        return cls(payee.user_id, payee.receiver, payee.settled_count, payee.first_settled_at, payee.disputed)

    def value(self) -> Payee:
        """The pair of the record."""
        return Payee(self.user_id, UpiId(self.receiver), self.settled_count, self.first_settled_at, self.disputed)


class ReceiverRecord(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="receiver3"):
    """A receiver."""

    upi_id: str
    report_count: Count
    track: FullTrack
    hours: Column
    payer_count: Count
    first_hour: int | None
    as_of_hour: int | None

    @classmethod
    def of(cls, receiver: Receiver) -> ReceiverRecord:
        """The record of a receiver."""
        return cls(
            receiver.upi_id,
            receiver.report_count,
            list(receiver.track.days),
            _column(receiver.hours),
            receiver.payer_count,
            receiver.first_hour,
            receiver.as_of_hour,
        )

    def value(self) -> Receiver:
        """The receiver of the record."""
        return Receiver(
            UpiId(self.upi_id),
            self.report_count,
            TrackRecord(tuple([Day(*entry) for entry in self.track])),
            _tiles(self.hours),
            self.payer_count,
            self.first_hour,
            self.as_of_hour,
        )


class SessionRecord(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="session1"):
    """A token's meaning."""

    token_digest: bytes
    user_id: str
    kind: TokenKind
    family: str
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, session: Session) -> SessionRecord:
        """The record of a session."""
        return cls(
            session.token_digest,
            session.user_id,
            session.kind,
            session.family,
            session.created_at,
            session.expires_at,
        )

    def value(self) -> Session:
        """The session of the record."""
        return Session(self.token_digest, self.user_id, self.kind, self.family, self.created_at, self.expires_at)


pack: Final = msgspec.msgpack.Encoder().encode
user_record: Final = msgspec.msgpack.Decoder(UserRecord).decode
payee_record: Final = msgspec.msgpack.Decoder(PayeeRecord).decode
receiver_record: Final = msgspec.msgpack.Decoder(ReceiverRecord).decode
session_record: Final = msgspec.msgpack.Decoder(SessionRecord).decode


_ADDED: Final = Struct("<iQB")
ADDED_BYTES: Final = _ADDED.size
"""Of the record of what one payment added to a receiver."""


def added_record(hour: Tile) -> bytes:
    """The record of what a payment added to a receiver's hour. Records of a receiver's payments follow each other."""
    return _ADDED.pack(hour.number, hour.paise, hour.fresh)


def added_tiles(records: bytes) -> Tiles:
    """What the records say; the amounts are ones that payments may have."""
    return tuple(
        [
            Tile(number, 1, min(paise, MAX_AMOUNT_PAISE), 0, fresh)
            for number, paise, fresh in _ADDED.iter_unpack(records)
        ]
    )


def _column(tiles: Tiles) -> Column:
    return list(tiles)


def _tiles(column: Column) -> Tiles:
    return tuple([Tile(*entry) for entry in column])
