"""The tables, as the newest migration leaves them; a test holds the two equal."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from upi_risk.adapters.postgres.operating_tables import (
    archived_partitions,
    challenges,
    device_keys,
    experiment_scores,
    experiments,
    labels,
    list_entries,
    monitoring,
    rule_books,
    rules_state,
    task_runs,
)
from upi_risk.adapters.postgres.operator_tables import api_keys, audit, reviews, user_roles
from upi_risk.adapters.postgres.schema import INSTANT, METADATA, column, key

__all__ = [
    "METADATA",
    "api_keys",
    "archived_partitions",
    "audit",
    "challenges",
    "device_keys",
    "experiment_scores",
    "experiments",
    "fraud_reports",
    "idempotency_keys",
    "labels",
    "list_entries",
    "monitoring",
    "payees",
    "persons",
    "receiver_days",
    "receiver_hours",
    "receiver_reputation",
    "reviews",
    "rule_books",
    "rules_state",
    "sessions",
    "sign_ins",
    "task_runs",
    "transactions",
    "user_roles",
    "users",
]

users: Final = Table(
    "users",
    METADATA,
    key("user_id", Text),
    Column("name", Text, nullable=False, comment="Empty, but of users who are not protected yet"),
    Column("mobile", Text, nullable=False, comment="What is kept in the phone's place"),
    column("created_at", INSTANT),
    column("last_event_at", INSTANT),
    column("last_login_at", INSTANT),
    column("version", BigInteger),
    column("login_count", Integer),
    column("transaction_count", Integer),
    column("settled_count", Integer),
    column("settled_paise", BigInteger),
    column("largest_paise", BigInteger),
    column("payee_count", Integer),
    Column("last_settled_at", INSTANT),
    Column(
        "track",
        ARRAY(Integer),
        nullable=False,
        comment="For each day in reach: its number, settled payments, fraud reports",
    ),
    Column(
        "habits",
        JSON,
        nullable=False,
        server_default="[]",
        comment="Tiles of five minutes, hours and days; squares; amounts; hours of the day",
    ),
    Index("idx_users_mobile", "mobile", unique=True),
    postgresql_with={"fillfactor": 70},
)

persons: Final = Table(
    "persons",
    METADATA,
    key("user_id", Text),
    Column("sealed", Text, nullable=False, comment="Name and phone; see docs/adr/0044"),
)

transactions: Final = Table(
    "transactions",
    METADATA,
    key("user_id", Text),
    key("transaction_id", Uuid(as_uuid=False)),
    column("receiver_upi", Text),
    column("amount_paise", BigInteger),
    column("checked_at", INSTANT),
    Column("idempotency_key", Text),
    column("features", ARRAY(Double)),
    column("score", Double),
    column("level", Text),
    column("decision", Text),
    column("factors", JSONB),
    column("confidence", Double),
    column("model_version", Text),
    column("policy_version", Text),
    column("status", Text),
    Column("settled_at", INSTANT),
    Column("reported_at", INSTANT),
    Column("probability", Double),
    Column("model_score", Double, comment="Where rules or lists changed the score"),
    Column("rules_version", Text),
    CheckConstraint("amount_paise > 0 AND amount_paise <= 100000000", name="ck_transactions_amount"),
    postgresql_partition_by="RANGE (transaction_id)",  # version 7: they rise with time
)
Index("idx_transactions_user_id", transactions.c.user_id, transactions.c.checked_at.desc())
Index(
    "idx_transactions_checked_at",
    func.timezone(text("'UTC'"), transactions.c.checked_at),  # an expression, so that no other index is taken for it
    postgresql_using="brin",
    postgresql_with={"autosummarize": "on"},
)
Index(
    "idx_transactions_cases",
    transactions.c.checked_at,
    transactions.c.transaction_id,
    postgresql_where=text("decision <> 'ALLOW'"),
)

idempotency_keys: Final = Table(
    "idempotency_keys",
    METADATA,
    key("user_id", Text),
    key("idempotency_key", Text),
    column("transaction_id", Uuid(as_uuid=False)),
)

payees: Final = Table(
    "payees",
    METADATA,
    key("user_id", Text),
    key("receiver_upi", Text),
    column("settled_count", Integer),
    Column("first_settled_at", INSTANT),
    column("disputed", Boolean),
    postgresql_with={"fillfactor": 80},
)

receiver_reputation: Final = Table(
    "receiver_reputation",
    METADATA,
    key("receiver_upi", Text),
    column("first_seen_at", INSTANT),
    column("fraud_reports", Integer),
    Column(
        "reputation_score",
        Double,
        nullable=False,
        comment="As of updated_at: the last report, or the first sight",
    ),
    column("updated_at", INSTANT),
    Column("payers", Integer, nullable=False, server_default="0"),
    Column("first_hour", Integer, comment="The Indian hour of the first settled payment"),
)

receiver_days: Final = Table(
    "receiver_days",
    METADATA,
    key("receiver_upi", Text),
    Column(
        "day",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="Number of the Indian calendar day; 0 is 1970-01-01",
    ),
    column("settled", Integer),
    Column("reports", Integer, nullable=False, comment="The first of each payer alone"),
    Column("paise", BigInteger, nullable=False, server_default="0"),
    Column("fresh", Integer, nullable=False, server_default="0", comment="First payments of a payer"),
    Column("reported", Integer, nullable=False, server_default="0", comment="Payments reported, whoever reported"),
    Column("reported_paise", BigInteger, nullable=False, server_default="0"),
    postgresql_with={"fillfactor": 70},
)

receiver_hours: Final = Table(
    "receiver_hours",
    METADATA,
    key("receiver_upi", Text),
    Column(
        "slot",
        SmallInteger,
        primary_key=True,
        autoincrement=False,
        comment="The hour modulo 48: an hour takes the row of the one two days before",
    ),
    Column("hour", Integer, nullable=False, comment="Number of the hour in India; 0 began 1970-01-01"),
    column("settled", Integer),
    column("paise", BigInteger),
    column("fresh", Integer),
    postgresql_with={"fillfactor": 70},
)

sessions: Final = Table(
    "sessions",
    METADATA,
    key("token_digest", LargeBinary),
    column("user_id", Text),
    column("kind", Text),
    column("family", Text),
    column("created_at", INSTANT),
    column("expires_at", INSTANT),
    Index("idx_sessions_user_id", "user_id"),
    Index("idx_sessions_family", "family"),
    Index("idx_sessions_expires_at", "expires_at"),
)

sign_ins: Final = Table(
    "sign_ins",
    METADATA,
    key("family", Text),
    column("user_id", Text),
    column("created_at", INSTANT),
    column("ends_at", INSTANT),
    column("renewed_at", INSTANT),
    column("expires_at", INSTANT),
    column("refresh_digest", LargeBinary),
    Column("previous_digest", LargeBinary),
    Column("sealed", LargeBinary),
    Index("idx_sign_ins_user_id", "user_id"),
    Index("idx_sign_ins_expires_at", "expires_at"),
)

fraud_reports: Final = Table(
    "fraud_reports",
    METADATA,
    key("user_id", Text),
    key("transaction_id", Uuid(as_uuid=False)),
    column("receiver_upi", Text),
    column("reported_at", INSTANT),
    column("source", Text),
)
