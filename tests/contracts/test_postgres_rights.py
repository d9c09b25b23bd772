"""What the role that serves may do, and what it may not."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.exc import ProgrammingError

from tests.contracts.stores import PERSONS
from tests.contracts.test_audit_log import an_entry
from tests.contracts.test_sign_ins import Both, a_family, a_renewal, begin
from upi_risk.adapters.postgres.audit import PostgresAuditLog
from upi_risk.adapters.postgres.engine import create_engine
from upi_risk.adapters.postgres.grants import RIGHTS
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.adapters.postgres.partitions import PostgresPartitions
from upi_risk.adapters.postgres.sessions import PostgresSessions
from upi_risk.adapters.postgres.sign_ins import RENEWED, PostgresSignIns
from upi_risk.adapters.postgres.tables import METADATA
from upi_risk.domain.audit import verify
from upi_risk.domain.partitions import Month
from upi_risk.domain.session import digest
from upi_risk.domain.sign_in import Verdict

FORBIDDEN = [
    "CREATE TABLE mine (x int)", "DROP TABLE audit", "TRUNCATE audit",
    "ALTER TABLE audit ADD COLUMN x int", "CREATE INDEX ON audit (actor)", "ALTER TABLE audit OWNER TO CURRENT_USER",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'", "CREATE SCHEMA mine", "CREATE ROLE mine",
    "CREATE TRIGGER t AFTER INSERT ON audit EXECUTE FUNCTION f()",
    "UPDATE audit SET actor = 'x'", "DELETE FROM audit", "DELETE FROM transactions",
    "UPDATE transactions SET amount_paise = 1", "UPDATE transactions SET score = 0", "DELETE FROM users",
    "UPDATE fraud_reports SET source = 'x'", "DELETE FROM idempotency_keys",
    "INSERT INTO user_roles VALUES ('UID-1', 'admin', now())", "UPDATE user_roles SET role = 'admin'",
    "INSERT INTO api_keys VALUES ('a', '', '', '{}', now())", "UPDATE api_keys SET revoked_at = NULL",
    "UPDATE reviews SET finding = 'genuine'", "DELETE FROM reviews", "UPDATE alembic_version SET version_num = '0'",
    "UPDATE labels SET fraud = false",
    "DROP TABLE transactions_rest", "SELECT * FROM archived_partitions FOR UPDATE",
    "ALTER TABLE transactions DETACH PARTITION transactions_rest",
    "INSERT INTO transactions_rest SELECT * FROM transactions",
    "UPDATE sessions SET user_id = 'UID-1'",
    "INSERT INTO rule_books VALUES (9, '', '', '', now())", "UPDATE rule_books SET document = ''",
    "DELETE FROM rule_books", "UPDATE rules_state SET book_version = 9",
    "INSERT INTO list_entries VALUES (9, 'allow', 'receiver', 'mule@upi', '', '', now())",
    "UPDATE list_entries SET ended_revision = 9", "DELETE FROM list_entries",
    "INSERT INTO webhooks SELECT * FROM webhooks", "UPDATE webhooks SET url = 'http://mine'", "DELETE FROM webhooks",
    "UPDATE webhook_messages SET body = ''", "UPDATE experiments SET challenger = 'mine'", "DELETE FROM experiments",
    "UPDATE experiment_scores SET score = 0", "DELETE FROM experiment_scores", "DELETE FROM task_runs",
    "DELETE FROM monitoring", "DELETE FROM device_keys", "UPDATE device_keys SET public_key = ''",
    "UPDATE device_keys SET user_id = 'UID-1'",
]  # fmt: skip


@pytest.fixture
def serving(application_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(application_url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_role_that_serves_may_not(serving: psycopg.Connection[tuple[object, ...]], statement: str) -> None:
    """Red as the schema's owner, which served before there were two roles."""
    with pytest.raises(errors.InsufficientPrivilege):
        serving.execute(statement.encode())


async def test_the_role_that_serves_adds_to_the_audit_log_and_reads_it(application_url: str) -> None:
    engine = create_engine(application_url, pool_timeout_seconds=20)
    try:
        log = PostgresAuditLog(engine)
        head = await log.append([an_entry(1), an_entry(2)])
        assert await verify(log.records()) == head
    finally:
        await engine.dispose()


async def test_the_role_that_serves_makes_partitions_for_months_and_nothing_else(application_url: str) -> None:
    """A worker is that role, as the owner's password is for the migration alone."""
    engine = create_engine(application_url, pool_timeout_seconds=20)
    try:
        partitions = PostgresPartitions(engine)
        assert await partitions.make(Month(2026, 3), 0)
        assert await partitions.in_rest() == {}
        assert "transactions_2026_03" in {each.name for each in await partitions.listed()}
        for month in (Month(2016, 3), Month(2126, 1)):
            with pytest.raises(ProgrammingError, match="no month"):
                await partitions.make(month, 0)
    finally:
        await engine.dispose()


def test_what_is_granted_is_what_is_written_down(database_url: str, application_url: str) -> None:
    role = conninfo_to_dict(application_url)["user"]
    with psycopg.connect(database_url) as owner:
        rows = owner.execute(
            "SELECT table_name,"
            " string_agg(privilege_type, ', ' ORDER BY strpos('SELECTINSERTUPDATEDELETE', privilege_type))"
            " FROM information_schema.role_table_grants WHERE grantee = %s GROUP BY 1",
            (role,),
        ).fetchall()
    whole = {name: rights for name, rights in RIGHTS.items() if "(" not in rights}
    assert whole.items() <= dict(rows).items()
    assert set(RIGHTS) == {table.name for table in METADATA.sorted_tables} | {"alembic_version", "transactions_rest"}


async def test_tokens_are_exchanged_with_the_rights_of_the_next_release(
    database_url: str, application_url: str
) -> None:
    """Red when an exchange writes the whole row."""
    role = conninfo_to_dict(application_url)["user"]
    engine = create_engine(application_url, pool_timeout_seconds=20)
    both = Both(PostgresSignIns(engine, PERSONS), PostgresSessions(engine))
    try:
        with psycopg.connect(database_url, autocommit=True) as owner:
            owner.execute(f"REVOKE UPDATE ON sign_ins FROM {role}".encode())
            owner.execute(f"GRANT UPDATE ({', '.join(RENEWED)}) ON sign_ins TO {role}".encode())
        await begin(both, a_family("one"))
        assert (await both.sign_ins.renew(digest("refresh-one"), a_renewal("two"))).verdict is Verdict.LIVE
    finally:
        await engine.dispose()
        upgrade(database_url, application_url)


def test_granting_takes_back_what_somebody_added(database_url: str, application_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(f"GRANT DELETE, UPDATE ON audit TO {conninfo_to_dict(application_url)['user']}".encode())
    upgrade(database_url, application_url)
    with psycopg.connect(application_url) as serving, pytest.raises(errors.InsufficientPrivilege):
        serving.execute("DELETE FROM audit")


def test_a_role_that_is_not_there_is_made_and_may_log_in(database_url: str) -> None:
    named = database_url.replace(database_url.split("//")[1].split("@", maxsplit=1)[0], "made_for_a_test:p%27w%20%22x")
    upgrade(database_url, named)
    try:
        with psycopg.connect(named) as serving:
            assert serving.execute("SELECT count(*) FROM audit").fetchone() == (0,)
            with pytest.raises(errors.InsufficientPrivilege):
                serving.execute("CREATE TEMPORARY TABLE mine (x int)")
    finally:
        with psycopg.connect(database_url, autocommit=True) as owner:
            owner.execute("DROP OWNED BY made_for_a_test")
            owner.execute("DROP ROLE made_for_a_test")


def test_where_one_role_does_all_nothing_is_granted(database_url: str) -> None:
    upgrade(database_url, database_url)
    with psycopg.connect(database_url) as owner:
        owner.execute("DELETE FROM audit")
