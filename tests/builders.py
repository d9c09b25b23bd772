"""Small values for tests: every builder gives something valid, and each keyword says what matters to the test."""

# ruff: noqa: ANN401 - a keyword may be any field

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from upi_risk.domain.decision import Assessment, Decision, Factor, Level
from upi_risk.domain.features import NAMES
from upi_risk.domain.history import Change, FraudReport
from upi_risk.domain.indian_time import epoch_us, indian_day
from upi_risk.domain.payment import Payment, Phone, UpiId
from upi_risk.domain.receiver import Receiver, ReceiverDelta
from upi_risk.domain.session import Session, TokenKind, digest
from upi_risk.domain.track_record import Day, TrackRecord
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import Payee, User

NOON = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
"""A Monday noon in India; the instant of everything that is not told otherwise."""

SHOP = UpiId("shop@okbank")
OTHER_SHOP = UpiId("kirana@okbank")

_number = count(1)


def later(**gap: float) -> datetime:
    """An instant after :data:`NOON`, as ``later(seconds=5)``."""
    return NOON + timedelta(**gap)


def a_phone(number: int | None = None) -> Phone:
    """A phone; without a number, one that no other call gave."""
    return Phone(f"+919{next(_number) if number is None else number:09d}")


def a_user(user_id: str | None = None, at: datetime = NOON, **fields: Any) -> User:
    """A user who has just signed up; without an id and a phone, ones that no other call gave. The phone is in clear."""
    user_id = f"UID-{next(_number):020d}" if user_id is None else user_id
    known: dict[str, Any] = {"phone_key": a_phone(), "created_at": at}
    known |= {"last_event_at": at, "last_login_at": at} | fields
    return User(user_id, **known)


def a_payee(user_id: str, receiver: str = SHOP, **fields: Any) -> Payee:
    """A pair with one settled payment at noon."""
    known: dict[str, Any] = {"settled_count": 1, "first_settled_at": NOON} | fields
    return Payee(user_id, UpiId(receiver), **known)


def a_receiver(receiver: str = SHOP, *days: tuple[int, int, int], report_count: int | None = None) -> Receiver:
    """A receiver with days of (number, settled, reports)."""
    track = TrackRecord(tuple(Day(*day) for day in days))
    reports = sum(day.reports for day in track.days) if report_count is None else report_count
    return Receiver(UpiId(receiver), reports, track)


def an_id(at: datetime = NOON) -> str:
    """A transaction id of an instant, one that no other call gave."""
    return str(UUID(int=epoch_us(at) // 1_000 << 80 | 0x7 << 76 | 0b10 << 62 | next(_number)))


def a_payment(user_id: str, receiver: str = SHOP, amount_paise: int = 500_00, **fields: Any) -> Payment:
    """A question at noon, with a transaction id that no other call gave."""
    at = fields.get("at", NOON)
    known: dict[str, Any] = {"transaction_id": an_id(at), "at": at} | fields
    return Payment(user_id=user_id, receiver=UpiId(receiver), amount_paise=amount_paise, **known)


def an_assessment(decision: Decision = Decision.ALLOW, **fields: Any) -> Assessment:
    """An answer whose level and score fit the decision."""
    level, score = {
        Decision.ALLOW: (Level.LOW, 0.125),
        Decision.VERIFY: (Level.MEDIUM, 0.5),
        Decision.BLOCK: (Level.HIGH, 0.875),
    }[decision]
    known: dict[str, Any] = {
        "score": score,
        "level": level,
        "decision": decision,
        "factors": (Factor("amount", "Large amount", 0.75), Factor("payee", "First-time receiver", -0.25)),
        "confidence": 0.96,
        "model_version": "v1.0",
        "policy_version": "p1",
        "probability": 0.0125,
    }
    return Assessment(**(known | fields))


def a_transaction(payment: Payment, decision: Decision = Decision.ALLOW, **fields: Any) -> Transaction:
    """The decided payment: settled if allowed, pending if to be verified."""
    features = tuple(float(index) / 3 for index in range(len(NAMES)))
    return Transaction.decided(payment, features, an_assessment(decision, **fields))


def a_delta(receiver: str = SHOP, at: datetime = NOON, settled: int = 1, reports: int = 0) -> ReceiverDelta:
    """Something added to a receiver's day."""
    return ReceiverDelta(UpiId(receiver), Day(indian_day(at), settled, reports, reported=reports))


def a_check(user: User, receiver: str = SHOP, payee: Payee | None = None, **fields: Any) -> Change:
    """The change that an allowed payment of 500 rupees makes, at the user's next instant.

    Args:
        user: the payer before.
        receiver: whom the payment goes to.
        payee: the pair before; one that nobody has dealt with if None.
        fields: of the payment.
    """
    before = payee or Payee(user.user_id, UpiId(receiver))
    payment = a_payment(user.user_id, receiver, **({"at": user.instant(NOON)} | fields))
    fresh, met = before.settled_count == 0, not before.exists
    after = user.checked(payment.at).settled(payment.amount_paise, payment.at, fresh=fresh, met=met)
    return Change(
        user=after,
        expected_version=user.version,
        payees=(before.settled(payment.at),),
        added=(a_transaction(payment),),
        deltas=(a_delta(receiver, payment.at),),
    )


def a_report(user: User, transaction: Transaction, payee: Payee, at: datetime | None = None) -> Change:
    """The change that reporting a transaction makes."""
    payment, instant = transaction.payment, user.instant(at or NOON)
    return Change(
        user=user.reported(instant),
        expected_version=user.version,
        payees=(payee.reported(),),
        amended=(transaction.reported(instant),),
        deltas=(a_delta(payment.receiver, instant, settled=0, reports=1),),
        reports=(FraudReport(user.user_id, payment.transaction_id, payment.receiver, instant),),
    )


def a_session(token: str, user_id: str = "UID-00000000000000000001", **fields: Any) -> Session:
    """An access token issued at noon, good for a quarter of an hour."""
    known: dict[str, Any] = {"kind": TokenKind.ACCESS, "family": "family", "created_at": NOON}
    known |= {"expires_at": later(minutes=15)} | fields
    return Session(digest(token), user_id, **known)
