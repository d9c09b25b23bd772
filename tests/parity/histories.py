"""Random histories, and the table that a transactions file would hold of them.

Events of one user never share an instant (the service sees to that); events of different users do, often, and they lie
on the edges: Indian midnights, and gaps of exactly 7, 30 and 37 days.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import polars as pl
from hypothesis import settings
from hypothesis import strategies as st

from upi_risk.adapters.polars.transactions_file import transactions_of
from upi_risk.domain.indian_time import DAY_US, HOUR_US, IST_OFFSET_US

THOROUGH: Final = settings(max_examples=max(150, settings().max_examples))
"""More than other tests, and as many as the profile says where it says more."""

MIDNIGHT: Final = 20_000 * DAY_US - IST_OFFSET_US
"""An Indian midnight."""

RECEIVERS: Final = ("shop@okbank", "kirana@okbank", "mule@okbank")
_DAYS: Final = (0, 0, 1, 6, 7, 8, 14, 15, 22, 29, 30, 31, 36, 37, 38, 44, 45)
_OFFSETS: Final = (-1, 0, 0, 1, HOUR_US // 12, HOUR_US, HOUR_US + HOUR_US // 12, DAY_US // 2)
_AMOUNTS: Final = (1, 100, 333, 999_999, 1_000_000, 10**8)


@dataclass(frozen=True, slots=True)
class Told:
    """A payment and what became of it; instants in microseconds since 1970 UTC.

    Attributes:
        settled: when it happened (``at`` for one that was allowed); None if never.
        reported: when the payer called it fraud; None if never.
    """

    user: int
    receiver: str
    paise: int
    at: int
    settled: int | None
    reported: int | None


@dataclass(frozen=True, slots=True)
class History:
    """Everything that happened.

    Attributes:
        sign_ups: a user's first instant, by user.
        logins: later sign-ins as (instant, user).
        payments: in order of time.
    """

    sign_ups: tuple[int, ...]
    logins: tuple[tuple[int, int], ...]
    payments: tuple[Told, ...]

    def login_count(self, told: Told) -> int:
        return 1 + sum(user == told.user and at < told.at for at, user in self.logins)


@dataclass(slots=True)
class _Diary:
    """Hands out instants that each user has once."""

    taken: set[tuple[int, int]] = field(default_factory=set)

    def free(self, user: int, at: int) -> int:
        while (user, at) in self.taken:
            at += 1
        self.taken.add((user, at))
        return at


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Up to 3 users and 3 receivers with up to 14 payments over seven weeks."""
    instants = st.builds(lambda day, offset: MIDNIGHT + day * DAY_US + offset, *map(st.sampled_from, (_DAYS, _OFFSETS)))
    users = range(draw(st.integers(1, 3)))
    diary = _Diary()
    sign_ups = tuple(diary.free(user, MIDNIGHT - draw(st.sampled_from((2, 10**9, 80 * DAY_US)))) for user in users)
    amounts = st.sampled_from(_AMOUNTS) | st.integers(1, 10**8)
    payments = []
    for user, receiver, paise, at in draw(
        st.lists(st.tuples(st.sampled_from(users), st.sampled_from(RECEIVERS), amounts, instants), max_size=14)
    ):
        instant = diary.free(user, at)
        settled = draw(st.sampled_from(("at once", "later", "never")) if draw(st.booleans()) else st.just("at once"))
        settled_us = {"at once": instant, "later": -1, "never": None}[settled]
        if settled_us == -1:
            settled_us = diary.free(user, max(draw(instants), instant + 1))
        reported = diary.free(user, max(draw(instants), instant + 1)) if draw(st.integers(0, 2)) == 0 else None
        payments.append(Told(user, receiver, paise, instant, settled_us, reported))
    logins = draw(st.lists(st.tuples(instants, st.sampled_from(users)), max_size=3))
    signed_in = tuple((diary.free(user, at), user) for at, user in logins)
    return History(sign_ups, signed_in, tuple(sorted(payments, key=lambda told: told.at)))


def table(history: History) -> pl.DataFrame:
    """The history as a transactions file that has every optional column."""
    payments = history.payments
    raw = pl.DataFrame(
        {
            "event_time": [told.at for told in payments],
            "user_id": [f"U{told.user}" for told in payments],
            "receiver_id": [told.receiver for told in payments],
            "amount": [told.paise / 100 for told in payments],
            "is_fraud": [told.reported is not None for told in payments],
            "settled_at": pl.Series([told.settled for told in payments], dtype=pl.Int64),
            "reported_at": pl.Series([told.reported for told in payments], dtype=pl.Int64),
            "signed_up_at": [history.sign_ups[told.user] for told in payments],
            "login_count": [history.login_count(told) for told in payments],
        }
    )
    times = pl.col("event_time", "settled_at", "reported_at", "signed_up_at")
    return transactions_of(raw.with_columns(times.cast(pl.Datetime("us", "UTC"))), "history").frame
