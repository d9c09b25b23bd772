"""Which page of a list is wanted."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

from litestar.types import HTTPScope

from upi_risk.application.look_up import LARGEST_PAGE
from upi_risk.domain.errors import InvalidInputError
from upi_risk.domain.indian_time import epoch_us, from_epoch_us
from upi_risk.domain.review import Position

USUAL_PAGE: Final = 20
_BYTES: Final = 8
_UUID_BYTES: Final = 16
_LONGEST_LIMIT: Final = 6


def to_cursor(before: datetime) -> str:
    """Where a page begins, as a text that callers pass back."""
    return base64.urlsafe_b64encode(epoch_us(before).to_bytes(_BYTES, "big")).decode().rstrip("=")


def wanted_page(scope: HTTPScope) -> tuple[datetime | None, int]:
    """The instant before which, and the number of, the transactions wanted by ``?cursor=&limit=``.

    Raises:
        InvalidInputError: with ``cursor`` or ``limit``.
    """
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return _cursor(_single(query, "cursor")), _limit(_single(query, "limit"))


def to_case_cursor(before: Position) -> str:
    """Where a page of payments to be reviewed begins."""
    at, transaction_id = before
    return base64.urlsafe_b64encode(epoch_us(at).to_bytes(_BYTES, "big") + UUID(transaction_id).bytes).decode()


def wanted_cases(scope: HTTPScope) -> tuple[Position | None, int]:
    """Like :func:`wanted_page`, for payments to be reviewed.

    Raises:
        InvalidInputError: with ``cursor`` or ``limit``.
    """
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    text, limit = _single(query, "cursor"), _limit(_single(query, "limit"))
    if text is None:
        return None, limit
    raw = _decoded(text)
    if len(raw) != _BYTES + _UUID_BYTES:
        raise InvalidInputError("cursor", "wrong_format")
    return (_instant(raw[:_BYTES]), str(UUID(bytes=raw[_BYTES:]))), limit


def _single(query: dict[str, list[str]], name: str) -> str | None:
    values = query.get(name, [])
    if len(values) > 1:
        raise InvalidInputError(name, "wrong_format")
    return values[0] if values else None


def _cursor(text: str | None) -> datetime | None:
    if text is None:
        return None
    raw = _decoded(text + "=")
    if len(raw) != _BYTES:
        raise InvalidInputError("cursor", "wrong_format")
    return _instant(raw)


def _decoded(text: str) -> bytes:
    if "+" in text or "/" in text:  # the other alphabet, which the decoder would take as well
        raise InvalidInputError("cursor", "wrong_format")
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInputError("cursor", "wrong_format") from None


def _instant(raw: bytes) -> datetime:
    try:
        return from_epoch_us(int.from_bytes(raw, "big"))
    except OverflowError:
        raise InvalidInputError("cursor", "wrong_format") from None


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL_PAGE
    if not (text.isascii() and text.isdigit()):
        raise InvalidInputError("limit", "wrong_type")
    limit = int(text) if len(text) <= _LONGEST_LIMIT else LARGEST_PAGE + 1
    if limit < 1:
        raise InvalidInputError("limit", "too_small")
    if limit > LARGEST_PAGE:
        raise InvalidInputError("limit", "too_large")
    return limit
