"""A recorded payment with its known ending, as transactions files hold them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class PatternSource:
    """Where it is told what kind of fraud each payment is: to break figures down by, never a feature.

    Attributes:
        column: its name.
        beside: a file with a row for each payment in the order of the transactions file; None: that file itself.
    """

    column: str
    beside: Path | None = None


@dataclass(frozen=True, slots=True)
class FileForm:
    """How a transactions file is to be taken.

    Attributes:
        columns: pairs of a name of ours and the file's name for it; columns that are not named have ours.
        now: the present; rows later than it are refused. None takes any instant.
        strict_order: whether rows must come in order of time; if not, they are sorted.
    """

    columns: tuple[tuple[str, str], ...] = ()
    now: datetime | None = None
    strict_order: bool = False
