"""What the role that serves may do: no more than serving needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import psycopg
from psycopg import sql
from sqlalchemy import URL, Connection

from upi_risk.adapters.postgres.engine import driver_url

_EVERYTHING: Final = "SELECT, INSERT, UPDATE, DELETE"

RIGHTS: Final[Mapping[str, str]] = {
    "alembic_version": "SELECT",
    "api_keys": "SELECT, UPDATE (last_used_at)",
    "archived_partitions": "SELECT",
    "audit": "SELECT, INSERT",
    "challenges": _EVERYTHING,  # one takes over another's row, in all columns, and is removed when it is used
    "device_keys": "SELECT, INSERT, UPDATE (used_at, revoked_at)",
    "experiment_scores": "SELECT, INSERT",
    "experiments": "SELECT, INSERT, UPDATE (ended_at, outcome)",
    "fraud_reports": "SELECT, INSERT, DELETE",
    "idempotency_keys": "SELECT, INSERT",
    "labels": "SELECT, INSERT",
    "list_entries": "SELECT",
    "monitoring": "SELECT, INSERT, UPDATE",
    "payees": "SELECT, INSERT, UPDATE",
    "persons": "SELECT, INSERT",
    "receiver_days": "SELECT, INSERT, UPDATE",
    "receiver_hours": "SELECT, INSERT, UPDATE",
    "receiver_reputation": "SELECT, INSERT, UPDATE",
    "reviews": "SELECT, INSERT",
    "rule_books": "SELECT",
    "rules_state": "SELECT",
    "sessions": "SELECT, INSERT, UPDATE (expires_at), DELETE",
    "sign_ins": _EVERYTHING,  # the release before updates all columns; this one those of `sign_ins.RENEWED`
    "task_runs": "SELECT, INSERT, UPDATE",
    "transactions": "SELECT, INSERT, UPDATE (status, settled_at, reported_at)",
    "transactions_rest": "SELECT",
    "user_roles": "SELECT",
    "users": "SELECT, INSERT, UPDATE",
    "webhook_messages": "SELECT, INSERT, UPDATE (attempts, next_at, died_at, error), DELETE",
    "webhooks": "SELECT",
}
"""What it may do with each table. One of a newer release, not named here, it may read, add to, change and remove from:
whoever runs an older command beside that release grants anew, and must not take from it what it serves with."""

_GRANTED: Final = """
SELECT relname FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
   AND relname !~ '^transactions_([0-9]{4}_[0-9]{2}|first)$'
"""
"""All but partitions, and what was one: they are reached through their table alone."""


def application_role(owner_url: str, application_url: str | None) -> URL | None:
    """Whom to grant to: the user of the second URL; None where it is the owner, too.

    Raises:
        StoreUnavailableError: one of them is no URL of PostgreSQL.
    """
    if application_url is None:
        return None
    owner, application = driver_url(owner_url), driver_url(application_url)
    return None if application.username in (None, owner.username) else application


def grant(connection: Connection, application: URL) -> None:
    """Let a role serve, and take every other right on the schema from it; make it, if it is not there.

    Args:
        connection: the owner's, in a transaction.
        application: the role's name and, to make it, its password.
    """
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    name = str(application.username)
    role = sql.Identifier(name)
    with driver.cursor() as cursor:
        if cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is None:
            _make(driver, name, str(application.password or ""))
        database = sql.Identifier(driver.info.dbname)
        for statement in (
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
            "GRANT CONNECT ON DATABASE {database} TO {role}",
            "GRANT USAGE ON SCHEMA public TO {role}",
        ):
            cursor.execute(sql.SQL(statement).format(role=role, database=database))
        tables = cursor.execute(_GRANTED).fetchall()
        for (table,) in tables:
            rights = sql.SQL(cast("Any", RIGHTS.get(table, _EVERYTHING)))  # a constant of this file
            cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(rights, sql.Identifier("public", table), role))
        cursor.execute(sql.SQL("GRANT EXECUTE ON FUNCTION make_partition TO {}").format(role))


def _make(driver: psycopg.Connection[Any], name: str, password: str) -> None:
    """Make a role that may log in and nothing else. Its password leaves this process as a verifier alone."""
    verifier = driver.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    statement = "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION PASSWORD {}"
    driver.execute(sql.SQL(cast("Any", statement)).format(sql.Identifier(name), sql.Literal(verifier)))
