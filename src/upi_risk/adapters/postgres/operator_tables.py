"""The tables of operators, as the newest migration leaves them; see ``tables``."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Index, LargeBinary, Table, Text, Uuid

from upi_risk.adapters.postgres.tables import METADATA

__all__ = ["METADATA", "api_keys", "audit", "reviews", "user_roles"]

_INSTANT: Final = DateTime(timezone=True)


def _column(name: str, kind: Any) -> Column[Any]:  # noqa: ANN401 - a type or an instance of one
    return Column(name, kind, nullable=False)


def _key(name: str, kind: Any) -> Column[Any]:  # noqa: ANN401 - a type or an instance of one
    return Column(name, kind, primary_key=True, autoincrement=False)


user_roles: Final = Table(
    "user_roles",
    METADATA,
    _key("user_id", Text),
    _column("role", Text),
    _column("given_at", _INSTANT),
)

api_keys: Final = Table(
    "api_keys",
    METADATA,
    _key("key_id", Text),
    _column("digest", LargeBinary),
    _column("label", Text),
    _column("scopes", ARRAY(Text)),
    _column("created_at", _INSTANT),
    Column("revoked_at", _INSTANT),
    Column("last_used_at", _INSTANT, comment="To the hour"),
    Index("idx_api_keys_digest", "digest", unique=True),
)

audit: Final = Table(
    "audit",
    METADATA,
    _key("number", BigInteger),
    _column("at", _INSTANT),
    _column("actor", Text),
    _column("deed", Text),
    _column("subject", Text),
    _column("detail", Text),
    Column("previous", LargeBinary, nullable=False, comment="The digest of the record before"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of previous and the content"),
)

reviews: Final = Table(
    "reviews",
    METADATA,
    _key("user_id", Text),
    _key("transaction_id", Uuid(as_uuid=False)),
    _column("finding", Text),
    _column("reviewer", Text),
    _column("reviewed_at", _INSTANT),
    _column("note", Text),
)
