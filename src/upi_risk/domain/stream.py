"""A recorded payment with its known ending, as transactions files hold them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from upi_risk.domain.payment import UpiId


@dataclass(frozen=True, slots=True)
class StreamedPayment:
    """One row of a stream.

    Attributes:
        user_id: the payer, as the service shall call them.
        at: when it was made.
        is_fraud: what it turned out to be.
        reported_at: when that became known; None if it never did.
    """

    user_id: str
    receiver: UpiId
    amount_paise: int
    at: datetime
    is_fraud: bool
    reported_at: datetime | None
