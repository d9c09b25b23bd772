"""The tables, as the newest migration leaves them; a test holds the two equal."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

METADATA: Final = MetaData()
_INSTANT: Final = DateTime(timezone=True)


def _column(name: str, kind: Any) -> Column[Any]:  # noqa: ANN401 - a type or an instance of one
    return Column(name, kind, nullable=False)


def _key(name: str, kind: Any) -> Column[Any]:  # noqa: ANN401 - a type or an instance of one
    return Column(name, kind, primary_key=True, autoincrement=False)


users: Final = Table(
    "users",
    METADATA,
    _key("user_id", Text),
    _column("name", Text),
    _column("mobile", Text),
    _column("created_at", _INSTANT),
    _column("last_event_at", _INSTANT),
    _column("last_login_at", _INSTANT),
    _column("version", BigInteger),
    _column("login_count", Integer),
    _column("transaction_count", Integer),
    _column("settled_count", Integer),
    _column("settled_paise", BigInteger),
    _column("largest_paise", BigInteger),
    _column("payee_count", Integer),
    Column("last_settled_at", _INSTANT),
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

transactions: Final = Table(
    "transactions",
    METADATA,
    _key("user_id", Text),
    _key("transaction_id", Uuid(as_uuid=False)),
    _column("receiver_upi", Text),
    _column("amount_paise", BigInteger),
    _column("checked_at", _INSTANT),
    Column("idempotency_key", Text),
    _column("features", ARRAY(Double)),
    _column("score", Double),
    _column("level", Text),
    _column("decision", Text),
    _column("factors", JSONB),
    _column("confidence", Double),
    _column("model_version", Text),
    _column("policy_version", Text),
    _column("status", Text),
    Column("settled_at", _INSTANT),
    Column("reported_at", _INSTANT),
    Column("probability", Double),
    Column("model_score", Double, comment="Where rules or lists changed the score"),
    Column("rules_version", Text),
    CheckConstraint("amount_paise > 0 AND amount_paise <= 100000000", name="ck_transactions_amount"),
)
Index("idx_transactions_user_id", transactions.c.user_id, transactions.c.checked_at.desc())

idempotency_keys: Final = Table(
    "idempotency_keys",
    METADATA,
    _key("user_id", Text),
    _key("idempotency_key", Text),
    _column("transaction_id", Uuid(as_uuid=False)),
)

payees: Final = Table(
    "payees",
    METADATA,
    _key("user_id", Text),
    _key("receiver_upi", Text),
    _column("settled_count", Integer),
    Column("first_settled_at", _INSTANT),
    _column("disputed", Boolean),
    postgresql_with={"fillfactor": 80},
)

receiver_reputation: Final = Table(
    "receiver_reputation",
    METADATA,
    _key("receiver_upi", Text),
    _column("first_seen_at", _INSTANT),
    _column("fraud_reports", Integer),
    Column(
        "reputation_score",
        Double,
        nullable=False,
        comment="As of updated_at: the last report, or the first sight",
    ),
    _column("updated_at", _INSTANT),
    Column("payers", Integer, nullable=False, server_default="0"),
    Column("first_hour", Integer, comment="The Indian hour of the first settled payment"),
)

receiver_days: Final = Table(
    "receiver_days",
    METADATA,
    _key("receiver_upi", Text),
    Column(
        "day",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="Number of the Indian calendar day; 0 is 1970-01-01",
    ),
    _column("settled", Integer),
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
    _key("receiver_upi", Text),
    Column(
        "slot",
        SmallInteger,
        primary_key=True,
        autoincrement=False,
        comment="The hour modulo 48: an hour takes the row of the one two days before",
    ),
    Column("hour", Integer, nullable=False, comment="Number of the hour in India; 0 began 1970-01-01"),
    _column("settled", Integer),
    _column("paise", BigInteger),
    _column("fresh", Integer),
    postgresql_with={"fillfactor": 70},
)

sessions: Final = Table(
    "sessions",
    METADATA,
    _key("token_digest", LargeBinary),
    _column("user_id", Text),
    _column("kind", Text),
    _column("family", Text),
    _column("created_at", _INSTANT),
    _column("expires_at", _INSTANT),
    Index("idx_sessions_user_id", "user_id"),
    Index("idx_sessions_family", "family"),
    Index("idx_sessions_expires_at", "expires_at"),
)

sign_ins: Final = Table(
    "sign_ins",
    METADATA,
    _key("family", Text),
    _column("user_id", Text),
    _column("created_at", _INSTANT),
    _column("ends_at", _INSTANT),
    _column("renewed_at", _INSTANT),
    _column("expires_at", _INSTANT),
    _column("refresh_digest", LargeBinary),
    Column("previous_digest", LargeBinary),
    Column("sealed", LargeBinary),
    Index("idx_sign_ins_user_id", "user_id"),
    Index("idx_sign_ins_expires_at", "expires_at"),
)

challenges: Final = Table(
    "challenges",
    METADATA,
    _key("slot", LargeBinary),
    _column("challenge_id", Text),
    _column("subject", LargeBinary),
    Column("code", LargeBinary),
    _column("created_at", _INSTANT),
    _column("expires_at", _INSTANT),
    _column("tries", SmallInteger),
    Index("idx_challenges_challenge_id", "challenge_id", unique=True),
    Index("idx_challenges_expires_at", "expires_at"),
)

device_keys: Final = Table(
    "device_keys",
    METADATA,
    _key("user_id", Text),
    _key("key_id", Text),
    _column("public_key", LargeBinary),
    _column("created_at", _INSTANT),
    Column("used_at", _INSTANT),
    Column("revoked_at", _INSTANT),
)

webhooks: Final = Table(
    "webhooks",
    METADATA,
    _key("webhook_id", Text),
    _column("url", Text),
    _column("secret", Text),
    _column("kinds", postgresql.ARRAY(Text)),
    _column("author", Text),
    _column("created_at", _INSTANT),
)

webhook_messages: Final = Table(
    "webhook_messages",
    METADATA,
    _key("webhook_id", Text),
    _key("event_id", Text),
    _column("kind", Text),
    _column("body", Text),
    _column("created_at", _INSTANT),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", _INSTANT, comment="Null for a dead one"),
    Column("died_at", _INSTANT),
    Column("error", Text),
)
Index("idx_webhook_messages_due", webhook_messages.c.next_at, postgresql_where=webhook_messages.c.next_at.is_not(None))

rule_books: Final = Table(
    "rule_books",
    METADATA,
    _key("version", Integer),
    _column("document", Text),
    _column("reason", Text),
    _column("author", Text),
    _column("created_at", _INSTANT),
)

list_entries: Final = Table(
    "list_entries",
    METADATA,
    Column("revision", Integer, primary_key=True, autoincrement=False, comment="Of the lists, once it was added"),
    _column("side", Text),
    _column("kind", Text),
    _column("subject", Text),
    _column("reason", Text),
    _column("author", Text),
    _column("added_at", _INSTANT),
    Column("expires_at", _INSTANT),
    Column("ended_revision", Integer, comment="Of the lists, once it was removed or replaced"),
    Column("ended_at", _INSTANT),
    Column("ended_by", Text),
    Index(
        "idx_list_entries_in_force",
        "side",
        "kind",
        "subject",
        unique=True,
        postgresql_where=text("ended_revision IS NULL"),
    ),
)

rules_state: Final = Table(
    "rules_state",
    METADATA,
    _key("id", Integer),
    _column("book_version", Integer),
    _column("lists_revision", Integer),
    CheckConstraint("id = 1", name="rules_state_id_check"),
    comment="One row: what serving processes look at to see whether anything changed",
)

fraud_reports: Final = Table(
    "fraud_reports",
    METADATA,
    _key("user_id", Text),
    _key("transaction_id", Uuid(as_uuid=False)),
    _column("receiver_upi", Text),
    _column("reported_at", _INSTANT),
    _column("source", Text),
)

labels: Final = Table(
    "labels",
    METADATA,
    _key("user_id", Text),
    _key("transaction_id", Uuid(as_uuid=False)),
    _key("source", Text),
    _key("labelled_at", _INSTANT),
    _column("fraud", Boolean),
)

experiments: Final = Table(
    "experiments",
    METADATA,
    _key("name", Text),
    _column("champion", Text),
    _column("challenger", Text),
    Column("share", Double, nullable=False, comment="Of payers the challenger decides for; 0 is shadow"),
    _column("minimum", Integer),
    _column("started_at", _INSTANT),
    Column("ended_at", _INSTANT),
    Column("outcome", Text, nullable=False, server_default=""),
)
Index(
    "idx_experiments_running",
    experiments.c.ended_at.is_(None),
    unique=True,
    postgresql_where=experiments.c.ended_at.is_(None),
)

experiment_scores: Final = Table(
    "experiment_scores",
    METADATA,
    _key("user_id", Text),
    _key("transaction_id", Uuid(as_uuid=False)),
    _key("experiment", Text),
    Column("model_version", Text, nullable=False, comment="Of the model that did not decide"),
    _column("score", Double),
    _column("probability", Double),
    _column("decision", Text),
)

task_runs: Final = Table(
    "task_runs",
    METADATA,
    _key("task", Text),
    _key("period", Text),
    _column("attempt", Integer),
    _column("started_at", _INSTANT),
    Column("ended_at", _INSTANT),
    _column("succeeded", Boolean),
    _column("said", Text),
)

monitoring: Final = Table(
    "monitoring",
    METADATA,
    Column("number", SmallInteger, primary_key=True, autoincrement=False, comment="1: there is one row"),
    _column("taken_at", _INSTANT),
    Column("figures", Text, nullable=False, comment="JSON: name, label and value of each"),
)
