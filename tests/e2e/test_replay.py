"""A transactions file through the real service, and what PostgreSQL holds afterwards."""

from __future__ import annotations

import os
import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.commands import finish
from tests.e2e.conftest import ROOT
from tests.servers import rows
from upi_risk.adapters.polars.features import feature_table
from upi_risk.adapters.polars.transactions_file import transactions_of
from upi_risk.domain.feature_sets import EXTENDED_SET

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 800


def a_stream(folder: Path) -> Path:
    """Payments over 60 days by 30 payers to 40 receivers; every 25th is a fraud, one costs nothing."""
    dice = random.Random(5)  # noqa: S311 - made-up payments
    instants = sorted(dice.randrange(60 * 86_400) for _ in range(ROWS))
    frame = pl.DataFrame(
        {
            "event_time": [BEGIN + timedelta(seconds=second) for second in instants],
            "user_id": [str(dice.randrange(30)) for _ in range(ROWS)],
            "receiver_id": [str(dice.randrange(40)) for _ in range(ROWS)],
            "amount": [round(dice.lognormvariate(5, 1), 2) for _ in range(ROWS - 1)] + [0.0],
            "is_fraud": [int(number % 25 == 0) for number in range(ROWS)],
        }
    )
    path = folder / "Stream 7.parquet"
    frame.write_parquet(path)
    return path


def replay(file: Path, database_url: str, redis_url: str, *options: str) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "ARTIFACTS_DIR": str(ROOT / "artifacts"),
        "COLUMNS": "200",
        "REDIS_TIMEOUT_MS": "2000",
    }
    return finish("replay", str(file), *options, environ=environ, cwd=file.parent)


def test_a_replay_ends_with_its_figures_and_saves_what_it_answered(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    file = a_stream(tmp_path)
    done = replay(file, database_url, redis_url)
    assert done.returncode == 0, done.stderr
    for said in (
        f" {ROWS - 1}",
        "left out",
        "AUC of the scores given",
        "cache hit rate",
        "against no cache",
        "equal, row for row",
    ):
        assert said in done.stdout, done.stdout
    assert rows(database_url, "select count(*), sum(transaction_count) from users, (select 1) x")[0][1] == ROWS - 1
    assert len(rows(database_url, "select 1 from transactions")) == ROWS - 1
    due = sum(1 for number in range(0, ROWS, 25))
    assert 0 < len(rows(database_url, "select 1 from fraud_reports")) <= due
    assert rows(database_url, "select 1 from receiver_reputation where receiver_upi not like '%@stream7'") == []

    again = replay(file, database_url, redis_url)
    assert (again.returncode, "--fresh" in again.stderr) == (1, True), again.stderr
    fresh = replay(file, database_url, redis_url, "--fresh", "--limit", "100", "--no-verify")
    assert fresh.returncode == 0, fresh.stderr
    assert len(rows(database_url, "select 1 from transactions")) == 100
    left = """select 1 from receiver_hours h where not exists (
                  select 1 from receiver_days d where d.receiver_upi = h.receiver_upi and d.day = h.hour / 24)"""
    assert rows(database_url, left) == []  # red where --fresh leaves the hours of receivers, which answers then know


def test_the_vectors_that_were_logged_are_those_computed_from_the_table_afterwards(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    assert replay(a_stream(tmp_path), database_url, redis_url, "--no-verify").returncode == 0
    found = rows(
        database_url,
        """select t.checked_at, t.user_id, t.receiver_upi, t.amount_paise / 100.0::float8, t.reported_at is not null,
                  t.settled_at, t.reported_at, u.created_at, t.features
             from transactions t join users u using (user_id) order by t.checked_at""",
    )
    names = ("event_time", "user_id", "receiver_id", "amount", "is_fraud", "settled_at", "reported_at", "signed_up_at")
    history = pl.DataFrame([row[:-1] for row in found], schema=list(names), orient="row")
    history = history.with_columns(
        pl.col("event_time", "settled_at", "reported_at", "signed_up_at").cast(pl.Datetime("us", "UTC"))
    )
    computed = feature_table(transactions_of(history, "history").frame, EXTENDED_SET)
    schema = dict.fromkeys(EXTENDED_SET.names, pl.Float64)
    logged = pl.DataFrame([row[-1] for row in found], schema=schema, orient="row")
    for name in EXTENDED_SET.names:
        wrong = (computed[name] != logged[name]).sum()
        assert wrong == 0, f"{name}: {wrong} of {logged.height} differ"
    for name in ("receiver_reputation", "receiver_count_24h", "receiver_reports_7d", "user_zscore", "pair_age"):
        assert logged[name].n_unique() > 1, name


@pytest.mark.parametrize(
    ("content", "said"),
    [("event_time,user_id\n", "no column"), ("event_time,user_id,receiver_id,amount,is_fraud\nx,1,2,3,0\n", "Row 1")],
)
def test_a_broken_file_is_refused_with_a_sentence(
    tmp_path: Path, database_url: str, redis_url: str, content: str, said: str
) -> None:
    file = tmp_path / "broken.csv"
    file.write_text(content)
    done = replay(file, database_url, redis_url)
    assert (done.returncode, said.lower() in done.stderr.lower(), "Traceback" in done.stderr) == (1, True, False), (
        done.stderr
    )
