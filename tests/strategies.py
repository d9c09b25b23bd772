"""Hypothesis strategies for the domain's values, within what the domain promises of them."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from hypothesis import strategies as st

from upi_risk.domain.decision import DECISION_OF, Assessment, Factor, Level
from upi_risk.domain.features import NAMES
from upi_risk.domain.habits import BANDS, HOURS, Habits
from upi_risk.domain.indian_time import from_epoch_us
from upi_risk.domain.payment import MAX_AMOUNT_PAISE, Payment, Phone, UpiId
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.tiles import DAY_TILES, HOUR_TILES, MINUTE_TILES, Tile, Tiles
from upi_risk.domain.track_record import REACH_DAYS, Day, TrackRecord
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import Payee, User

MOST: Final = 10**6
_TODAY: Final = 20_500

user_ids: st.SearchStrategy[str] = st.from_regex(r"UID-[A-Z2-7]{20}", fullmatch=True)

upi_ids: st.SearchStrategy[UpiId] = st.builds(
    lambda name, bank: UpiId(f"{name}@{bank}"),
    st.from_regex(r"[a-z0-9][a-z0-9._-]{1,20}", fullmatch=True),
    st.from_regex(r"[a-z][a-z0-9]{1,8}", fullmatch=True),
)

phones: st.SearchStrategy[Phone] = st.integers(6 * 10**9, 10**10 - 1).map(lambda number: Phone(f"+91{number}"))

names: st.SearchStrategy[str] = st.text(
    st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Cn")), min_size=1, max_size=100
)

instants: st.SearchStrategy[datetime] = st.integers(14 * 10**14, 24 * 10**14).map(from_epoch_us)

amounts: st.SearchStrategy[int] = st.integers(1, MAX_AMOUNT_PAISE)

texts: st.SearchStrategy[str] = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)

transaction_ids: st.SearchStrategy[str] = st.integers(0, 2**128 - 1).map(lambda number: str(UUID(int=number)))


@st.composite
def track_records(draw: st.DrawFn) -> TrackRecord:
    """A record whose days are ascending and within reach of one another."""
    numbers = draw(st.sets(st.integers(_TODAY - REACH_DAYS, _TODAY), max_size=REACH_DAYS + 1))
    counts = st.integers(0, MOST)
    return TrackRecord(tuple(Day(number, draw(counts), draw(counts)) for number in sorted(numbers)))


@st.composite
def tiles(draw: st.DrawFn, reach: int) -> Tiles:
    """Tiles ascending and within reach of one another."""
    numbers = draw(st.sets(st.integers(_TODAY - reach, _TODAY), max_size=4))
    counts = st.integers(0, MOST)
    return tuple(Tile(number, *draw(st.tuples(*[counts] * 5))) for number in sorted(numbers))


def _counts(size: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(0, MOST), min_size=size, max_size=size).map(tuple)


habits: st.SearchStrategy[Habits] = st.builds(
    Habits,
    tiles(MINUTE_TILES),
    tiles(HOUR_TILES),
    tiles(DAY_TILES),
    st.integers(0, 10**15),
    st.integers(0, 10**18),
    _counts(BANDS),
    _counts(HOURS),
)


@st.composite
def users(draw: st.DrawFn, user_id: str | None = None) -> User:
    """Any user: one who has signed up, or with a past."""
    created, last_login, last_event = sorted(draw(st.lists(instants, min_size=3, max_size=3)))
    counts = st.integers(0, MOST)
    return User(
        user_id=user_id or draw(user_ids),
        phone_key=draw(phones),
        created_at=created,
        last_event_at=last_event,
        last_login_at=last_login,
        version=draw(st.integers(1, MOST)),
        login_count=draw(st.integers(1, MOST)),
        transaction_count=draw(counts),
        settled_count=draw(counts),
        settled_paise=draw(st.integers(0, MOST * MAX_AMOUNT_PAISE)),
        largest_paise=draw(st.integers(0, MAX_AMOUNT_PAISE)),
        payee_count=draw(counts),
        last_settled_at=draw(st.none() | instants),
        track=draw(track_records()),
        habits=draw(st.just(Habits()) | habits),
    )


@st.composite
def payees(draw: st.DrawFn, user_id: str | None = None) -> Payee:
    """A pair that something is known of."""
    count = draw(st.integers(0, MOST))
    first = draw(instants) if count else None
    return Payee(user_id or draw(user_ids), draw(upi_ids), count, first, disputed=count == 0 or draw(st.booleans()))


@st.composite
def receivers(draw: st.DrawFn) -> Receiver:
    """Any receiver, with days that hold all there is to count."""
    days = draw(track_records()).days
    full = [Day(day.number, day.settled, day.reports, *draw(st.tuples(*[st.integers(0, MOST)] * 4))) for day in days]
    hours, counts = draw(tiles(HOUR_TILES)), st.integers(0, MOST)
    track, first = TrackRecord(tuple(full)), draw(st.none() | counts)
    return Receiver(draw(upi_ids), draw(counts), track, hours, draw(counts), first, draw(st.none() | counts))


@st.composite
def payments(draw: st.DrawFn, user_id: str | None = None) -> Payment:
    """A question that somebody may ask."""
    key = draw(st.none() | st.from_regex(r"[!-~]{1,64}", fullmatch=True))
    payer = user_id or draw(user_ids)
    return Payment(draw(transaction_ids), payer, draw(upi_ids), draw(amounts), draw(instants), key)


@st.composite
def transactions(draw: st.DrawFn, user_id: str | None = None) -> Transaction:
    """A decided payment with any finite features and any reasons."""
    level = draw(st.sampled_from(Level))
    number = st.floats(allow_nan=False, allow_infinity=False)
    assessment = Assessment(
        score=draw(st.floats(0, 1)),
        level=level,
        decision=DECISION_OF[level],
        factors=tuple(draw(st.lists(st.builds(Factor, texts, texts, number), max_size=3))),
        confidence=draw(st.floats(0.5, 1)),
        model_version="v1.0",
        policy_version="p1",
        probability=draw(st.none() | st.floats(0, 1)),
    )
    features = tuple(draw(st.lists(number, min_size=len(NAMES), max_size=len(NAMES))))
    return Transaction.decided(draw(payments(user_id)), features, assessment)
