"""A stream through the real service, out of PostgreSQL again, and the features computed from what came out."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import timedelta
from pathlib import Path

import polars as pl
import psycopg

from tests.commands import finish
from tests.e2e.conftest import ROOT
from tests.e2e.test_replay import ROWS, a_stream, replay
from tests.training import quick_trainer
from upi_risk.adapters.polars.features import feature_table
from upi_risk.adapters.polars.transactions_file import read_transactions
from upi_risk.application.train_model import TrainingOrder
from upi_risk.domain.feature_sets import EXTENDED_SET
from upi_risk.domain.training import HyperParameters


def run(database_url: str, redis_url: str, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    environ = {**os.environ, **urls, "ARTIFACTS_DIR": str(ROOT / "artifacts"), "COLUMNS": "200"}
    return finish(*arguments, environ=environ, cwd=cwd)


def test_the_features_computed_from_an_export_are_those_that_were_logged(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    assert replay(a_stream(tmp_path), database_url, redis_url, "--no-verify").returncode == 0
    done = run(database_url, redis_url, tmp_path, "collect", "--out", "export")
    assert done.returncode == 0, done.stderr
    assert f"export holds {ROWS - 1:,} payments in 1 files" in done.stdout, done.stdout
    with psycopg.connect(database_url) as connection:
        stored = connection.execute("select sum(amount_paise), count(reported_at) from transactions").fetchone()

    folder = tmp_path / "export"
    frame = read_transactions(folder).frame
    exported = pl.read_parquet(folder / "part-000001.parquet")
    assert stored == (frame["amount_paise"].sum(), frame["is_fraud"].sum())
    computed = feature_table(frame, EXTENDED_SET)
    for name in EXTENDED_SET.names:
        wrong = (computed[name] != exported[f"logged_{name}"]).sum()
        assert wrong == 0, f"{name}: {wrong} of {exported.height} differ"
    assert exported["logged_receiver_reputation"].n_unique() > 10
    assert json.loads((folder / "manifest.json").read_bytes())["complete"] is True
    assert not any(b"REPLAY" in path.read_bytes() or b"Payer" in path.read_bytes() for path in folder.iterdir())

    small = HyperParameters(iterations=5, depth=2)
    order = TrainingOrder(folder, tmp_path / "m" / "v9", "v9", small, label_delay=timedelta(days=1))
    assert quick_trainer()(order, lambda _step, _share: None).record.source.rows == ROWS - 1
