"""The tables of those who operate the service and of ways in, as the newest migration leaves them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects import postgresql

from upi_risk.adapters.postgres.schema import INSTANT, METADATA, column, key

challenges: Final = Table(
    "challenges",
    METADATA,
    key("slot", LargeBinary),
    column("challenge_id", Text),
    column("subject", LargeBinary),
    Column("code", LargeBinary),
    column("created_at", INSTANT),
    column("expires_at", INSTANT),
    column("tries", SmallInteger),
    Index("idx_challenges_challenge_id", "challenge_id", unique=True),
    Index("idx_challenges_expires_at", "expires_at"),
)

device_keys: Final = Table(
    "device_keys",
    METADATA,
    key("user_id", Text),
    key("key_id", Text),
    column("public_key", LargeBinary),
    column("created_at", INSTANT),
    Column("used_at", INSTANT),
    Column("revoked_at", INSTANT),
)

rule_books: Final = Table(
    "rule_books",
    METADATA,
    key("version", Integer),
    column("document", Text),
    column("reason", Text),
    column("author", Text),
    column("created_at", INSTANT),
)

list_entries: Final = Table(
    "list_entries",
    METADATA,
    Column("revision", Integer, primary_key=True, autoincrement=False, comment="Of the lists, once it was added"),
    column("side", Text),
    column("kind", Text),
    column("subject", Text),
    column("reason", Text),
    column("author", Text),
    column("added_at", INSTANT),
    Column("expires_at", INSTANT),
    Column("ended_revision", Integer, comment="Of the lists, once it was removed or replaced"),
    Column("ended_at", INSTANT),
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
    key("id", Integer),
    column("book_version", Integer),
    column("lists_revision", Integer),
    CheckConstraint("id = 1", name="rules_state_id_check"),
    comment="One row: what serving processes look at to see whether anything changed",
)

labels: Final = Table(
    "labels",
    METADATA,
    key("user_id", Text),
    key("transaction_id", Uuid(as_uuid=False)),
    key("source", Text),
    key("labelled_at", INSTANT),
    column("fraud", Boolean),
)

experiments: Final = Table(
    "experiments",
    METADATA,
    key("name", Text),
    column("champion", Text),
    column("challenger", Text),
    Column("share", Double, nullable=False, comment="Of payers the challenger decides for; 0 is shadow"),
    column("minimum", Integer),
    column("started_at", INSTANT),
    Column("ended_at", INSTANT),
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
    key("user_id", Text),
    key("transaction_id", Uuid(as_uuid=False)),
    key("experiment", Text),
    Column("model_version", Text, nullable=False, comment="Of the model that did not decide"),
    column("score", Double),
    column("probability", Double),
    column("decision", Text),
)

task_runs: Final = Table(
    "task_runs",
    METADATA,
    key("task", Text),
    key("period", Text),
    column("attempt", Integer),
    column("started_at", INSTANT),
    Column("ended_at", INSTANT),
    column("succeeded", Boolean),
    column("said", Text),
)

monitoring: Final = Table(
    "monitoring",
    METADATA,
    Column("number", SmallInteger, primary_key=True, autoincrement=False, comment="1: there is one row"),
    column("taken_at", INSTANT),
    Column("figures", Text, nullable=False, comment="JSON: name, label and value of each"),
)

webhooks: Final = Table(
    "webhooks",
    METADATA,
    key("webhook_id", Text),
    column("url", Text),
    column("secret", Text),
    column("kinds", postgresql.ARRAY(Text)),
    column("author", Text),
    column("created_at", INSTANT),
)

webhook_messages: Final = Table(
    "webhook_messages",
    METADATA,
    key("webhook_id", Text),
    key("event_id", Text),
    column("kind", Text),
    column("body", Text),
    column("created_at", INSTANT),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", INSTANT, comment="Null for a dead one"),
    Column("died_at", INSTANT),
    Column("error", Text),
)
Index("idx_webhook_messages_due", webhook_messages.c.next_at, postgresql_where=webhook_messages.c.next_at.is_not(None))

archived_partitions: Final = Table(
    "archived_partitions",
    METADATA,
    key("name", Text),
    key("archived_at", INSTANT),
    Column("number", BigInteger, nullable=False, comment="Of transactions, whose users go on counting them"),
    column("paise", Numeric),
    Column("digest", Text, nullable=False, comment="SHA-256 of the transactions, by user and id"),
    column("place", Text),
)
