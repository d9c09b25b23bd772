"""A slice of a transactions file as payments that the service can be sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from upi_risk.adapters.polars.transactions_file import PLAIN, read_transactions
from upi_risk.domain.errors import InvalidInputError, UnusableDataError
from upi_risk.domain.indian_time import epoch_us, from_epoch_us
from upi_risk.domain.payment import MAX_AMOUNT_PAISE, UpiId, upi_id
from upi_risk.domain.stream import FileForm, StreamedPayment

_COLUMNS: Final = ("user_id", "receiver_id", "amount_paise", "at_us", "is_fraud", "reported_us")
_SHORT_NAME: Final = "."
"""Follows a receiver_id of one character, which is no name of a UPI id."""


@dataclass(frozen=True, slots=True)
class StreamSlice:
    """Which rows are wanted: of ``[begin, end)`` the first ``limit``; None is no bound, no zone is UTC."""

    begin: datetime | None
    end: datetime | None
    limit: int | None
    label_delay: timedelta
    form: FileForm = PLAIN


@dataclass(frozen=True, slots=True)
class StreamRows:
    """The rows found.

    Attributes:
        count: payments to send.
        left_out: rows in the slice that no app could send: amounts of 0 or above the service's limit.
        payments: in order of time.
        notes: how the file was taken, a sentence each.
    """

    count: int
    left_out: int
    payments: Iterator[StreamedPayment]
    notes: tuple[str, ...] = ()


def read_slice(path: Path, wanted: StreamSlice, user_prefix: str, handle: str) -> StreamRows:
    """Read a slice.

    Args:
        path: a transactions file.
        wanted: which rows.
        user_prefix: put before the file's user ids.
        handle: makes a UPI id ``<receiver_id>@<handle>`` of a receiver id that is none.

    Raises:
        UnusableDataError: the file is broken, or a receiver id cannot become a UPI id.
    """
    transactions = read_transactions(path, wanted.label_delay, wanted.form)
    frame = transactions.frame
    if wanted.begin is not None:
        frame = frame.filter(pl.col("at_us") >= epoch_us(_utc(wanted.begin)))
    if wanted.end is not None:
        frame = frame.filter(pl.col("at_us") < epoch_us(_utc(wanted.end)))
    if wanted.limit is not None:
        frame = frame.head(wanted.limit)
    payable = frame.filter(pl.col("amount_paise").is_between(1, MAX_AMOUNT_PAISE))
    receivers = {name: _receiver(name, handle, path) for name in payable["receiver_id"].unique()}
    payments = _payments(payable, receivers, user_prefix)
    return StreamRows(payable.height, frame.height - payable.height, payments, transactions.notes)


def _payments(frame: pl.DataFrame, receivers: dict[str, UpiId], prefix: str) -> Iterator[StreamedPayment]:
    for user_id, receiver, paise, at_us, fraud, reported_us in frame.select(_COLUMNS).iter_rows():
        reported_at = None if reported_us is None else from_epoch_us(reported_us)
        yield StreamedPayment(prefix + user_id, receivers[receiver], paise, from_epoch_us(at_us), fraud, reported_at)


def _receiver(name: str, handle: str, path: Path) -> UpiId:
    local = name if len(name) > 1 else f"{name}{_SHORT_NAME}"
    try:
        return upi_id(name if "@" in name else f"{local}@{handle}")
    except InvalidInputError as error:
        message = f"{path.name} has a receiver_id that cannot be part of a UPI id: {name[:40]!r}."
        raise UnusableDataError(message) from error


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
