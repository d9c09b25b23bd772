"""The facts of one payment, from the state that the fold of events left."""

from __future__ import annotations

from datetime import datetime

from upi_risk.domain.features import Facts
from upi_risk.domain.indian_time import DAY_US, epoch_us
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.tiles import indian_tile
from upi_risk.domain.user import Payee, User


def facts_of(user: User, payee: Payee, receiver: Receiver, amount_paise: int, at: datetime) -> Facts:
    """What was known of a payment just before it.

    Args:
        user: the payer, after every earlier event and none later.
        payee: the payer's dealings with the receiver, likewise.
        receiver: the receiver, likewise (its settled payments of the last days do not count yet).
        amount_paise: what would be paid.
        at: the payment's instant, later than the user's last event.
    """
    return facts_at(user, payee, receiver, amount_paise, epoch_us(at))


def facts_at(user: User, payee: Payee, receiver: Receiver, amount_paise: int, now: int) -> Facts:
    """As :func:`facts_of`; ``now`` is the payment's instant in microseconds since 1970 UTC."""
    today = indian_tile(now, DAY_US)
    last, first = user.last_settled_at, payee.first_settled_at
    return Facts(
        at_us=now,
        amount_paise=amount_paise,
        login_count=user.login_count,
        transaction_count=user.transaction_count,
        settled_count=user.settled_count,
        settled_paise=user.settled_paise,
        largest_paise=user.largest_paise,
        age_us=now - epoch_us(user.created_at),
        gap_us=-1 if last is None else now - epoch_us(last),
        user_good=user.track.good(today),
        user_reports=user.track.reports(today),
        pair_settled=payee.settled_count,
        pair_age_us=-1 if first is None else now - epoch_us(first),
        pair_disputed=int(payee.disputed),
        receiver_good=receiver.track.good(today),
        receiver_reports=receiver.track.reports(today),
    )
