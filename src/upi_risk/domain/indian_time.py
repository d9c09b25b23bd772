"""Instants as integers, and the Indian calendar (UTC+05:30, no daylight saving)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US
IST_OFFSET_US = 19_800 * SECOND_US
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epoch_us(at: datetime) -> int:
    """Microseconds from 1970-01-01T00:00Z to an aware instant, exactly."""
    gap = at - EPOCH
    return gap.days * DAY_US + gap.seconds * SECOND_US + gap.microseconds


def from_epoch_us(us: int) -> datetime:
    """The inverse of :func:`epoch_us`, in UTC."""
    return EPOCH + timedelta(microseconds=us)


def indian_day(at: datetime) -> int:
    """The number of the Indian calendar day that holds the instant; 0 is 1970-01-01."""
    return (epoch_us(at) + IST_OFFSET_US) // DAY_US
