"""The payer: what a user has done, and how each event moves it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final

from upi_risk.domain.features import HABIT_PAYMENTS
from upi_risk.domain.habits import Habits
from upi_risk.domain.indian_time import MICROSECOND, epoch_us, indian_day
from upi_risk.domain.payment import UpiId
from upi_risk.domain.scores import Value, trust_score
from upi_risk.domain.track_record import TrackRecord

UNUSUAL_TIMES: Final = 3
"""How many times the mean payment is far above it."""


def is_unusual(amount_paise: Value, settled_count: Value, settled_paise: Value) -> Value:
    """Whether an amount is more than three times the mean of five or more payments; of numbers, or of columns."""
    return (settled_count >= HABIT_PAYMENTS) & (amount_paise * settled_count > UNUSUAL_TIMES * settled_paise)


@dataclass(frozen=True, slots=True)
class Payee:
    """What one user's payments to one receiver have been.

    Attributes:
        settled_count: settled payments so far.
        first_settled_at: when the first of them settled; None if there is none.
        disputed: whether this user ever reported a payment to this receiver.
    """

    user_id: str
    receiver: UpiId
    settled_count: int = 0
    first_settled_at: datetime | None = None
    disputed: bool = False

    @property
    def exists(self) -> bool:
        """Whether anything is known of the pair."""
        return self.settled_count > 0 or self.disputed

    def settled(self, at: datetime) -> Payee:
        """The pair after one more settled payment."""
        first = self.first_settled_at or at
        return Payee(self.user_id, self.receiver, self.settled_count + 1, first, self.disputed)

    def reported(self) -> Payee:
        """The pair after the user reported a payment to the receiver."""
        return replace(self, disputed=True)


@dataclass(frozen=True, slots=True)
class User:
    """A payer with everything the features need of their own history, of bounded size.

    Each event (sign-in, check, settlement, report) gives a new User with the next version. Two events of
    one user never share an instant: :meth:`instant` moves the later one by a microsecond.

    Attributes:
        phone_key: what is kept in the phone's place, see :class:`upi_risk.domain.person.PhoneKeys`; nobody else's.
        version: the number of events so far; the store commits an event only on the version it was computed from.
        login_count: sign-ins, the sign-up among them.
        transaction_count: payments checked, whatever the answer.
        settled_count: payments that happened.
        settled_paise: their sum.
        largest_paise: the largest of them; 0 if none.
        payee_count: receivers the user has settled with or reported.
        last_event_at: when the latest event happened.
        track: settled payments and the user's own fraud reports, by day.
        habits: amounts, hours and pace of the settled payments.
    """

    user_id: str
    phone_key: str
    created_at: datetime
    last_event_at: datetime
    last_login_at: datetime
    version: int = 1
    login_count: int = 1
    transaction_count: int = 0
    settled_count: int = 0
    settled_paise: int = 0
    largest_paise: int = 0
    payee_count: int = 0
    last_settled_at: datetime | None = None
    track: TrackRecord = field(default_factory=TrackRecord)
    habits: Habits = field(default_factory=Habits)

    @classmethod
    def sign_up(cls, user_id: str, at: datetime, phone_key: str | None = None) -> User:
        """A new user; signing up counts as the first sign-in. Without a phone's key it is nobody who could sign in."""
        kept = f"none:{user_id}" if phone_key is None else phone_key
        return cls(user_id, kept, created_at=at, last_event_at=at, last_login_at=at)

    def instant(self, at: datetime) -> datetime:
        """The instant of an event that comes now: later than every earlier event of this user."""
        return max(at, self.last_event_at + MICROSECOND)

    def signed_in(self, at: datetime) -> User:
        """The user after signing in."""
        return self._next(at, login_count=self.login_count + 1, last_login_at=at)

    def checked(self, at: datetime) -> User:
        """The user after asking about a payment."""
        return self._next(at, transaction_count=self.transaction_count + 1)

    def settled(
        self, amount_paise: int, at: datetime, *, fresh: bool, met: bool = False, checked: bool = False
    ) -> User:
        """The user after a payment happened.

        Args:
            amount_paise: what was paid.
            at: when.
            fresh: whether it is the first to its receiver.
            met: whether the receiver is a new payee.
            checked: whether the user asked about it at this very instant, and that event counts as well.
        """
        unusual = is_unusual(amount_paise, self.settled_count, self.settled_paise)
        return self._next(
            at,
            version=self.version + 1 + checked,
            transaction_count=self.transaction_count + checked,
            payee_count=self.payee_count + met,
            settled_count=self.settled_count + 1,
            settled_paise=self.settled_paise + amount_paise,
            largest_paise=max(self.largest_paise, amount_paise),
            last_settled_at=at,
            track=self.track.settled(at),
            habits=self.habits.settled(amount_paise, epoch_us(at), fresh=fresh, unusual=unusual),
        )

    def reported(self, at: datetime, *, met: bool = False) -> User:
        """The user after reporting a payment as fraud; ``met`` if its receiver is a new payee."""
        return self._next(at, track=self.track.reported(at), payee_count=self.payee_count + met)

    def moved(self, at: datetime) -> User:
        """The user after an event that changes nothing else about them."""
        return self._next(at)

    def _next(self, at: datetime, **changes: Any) -> User:  # noqa: ANN401 - a field's own type
        """The user after an event; half the cost of ``replace``, and every payment pays it twice."""
        values = [*_values_of(self)]
        values[_PLACE["version"]], values[_PLACE["last_event_at"]] = self.version + 1, at
        for name, value in changes.items():
            values[_PLACE[name]] = value
        return User(*values)

    @property
    def average_paise(self) -> float:
        """The mean settled payment; 0 when there is none."""
        return self.settled_paise / self.settled_count if self.settled_count else 0.0

    def age(self, at: datetime) -> timedelta:
        """Time since sign-up."""
        return at - self.created_at

    def trust_score(self, at: datetime) -> float:
        """0 to 100; see :func:`upi_risk.domain.scores.trust_score`."""
        today = indian_day(at)
        return float(trust_score(self.track.good(today), self.track.reports(today)))


_NAMES: Final = tuple(field.name for field in fields(User))
_PLACE: Final = {name: place for place, name in enumerate(_NAMES)}
_values_of: Final = attrgetter(*_NAMES)
