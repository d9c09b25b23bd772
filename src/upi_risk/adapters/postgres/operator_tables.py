"""The tables of roles, keys, the audit log and reviews, as the newest migration leaves them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ARRAY, BigInteger, Column, Index, LargeBinary, Table, Text, Uuid

from upi_risk.adapters.postgres.schema import INSTANT, METADATA, column, key

user_roles: Final = Table(
    "user_roles",
    METADATA,
    key("user_id", Text),
    column("role", Text),
    column("given_at", INSTANT),
)

api_keys: Final = Table(
    "api_keys",
    METADATA,
    key("key_id", Text),
    column("digest", LargeBinary),
    column("label", Text),
    column("scopes", ARRAY(Text)),
    column("created_at", INSTANT),
    Column("revoked_at", INSTANT),
    Column("last_used_at", INSTANT, comment="To the hour"),
    Index("idx_api_keys_digest", "digest", unique=True),
)

audit: Final = Table(
    "audit",
    METADATA,
    key("number", BigInteger),
    column("at", INSTANT),
    column("actor", Text),
    column("deed", Text),
    column("subject", Text),
    column("detail", Text),
    Column("previous", LargeBinary, nullable=False, comment="The digest of the record before"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of previous and the content"),
)

reviews: Final = Table(
    "reviews",
    METADATA,
    key("user_id", Text),
    key("transaction_id", Uuid(as_uuid=False)),
    column("finding", Text),
    column("reviewer", Text),
    column("reviewed_at", INSTANT),
    column("note", Text),
)
