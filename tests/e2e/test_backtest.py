"""Decisions that the service took, taken again by the command."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tests.e2e.test_replay import a_stream, replay
from tests.e2e.test_rules import BOOK, upi_risk
from tests.servers import rows
from upi_risk.bootstrap.settings import Settings


def test_thresholds_rules_and_another_model_are_tried_on_what_was_decided(tmp_path: Path, settings: Settings) -> None:
    assert replay(a_stream(tmp_path), settings.database_url, settings.redis_url, "--no-verify").returncode == 0
    ((stored, allowed),) = rows(
        settings.database_url, "select count(*), count(*) filter (where decision = 'ALLOW') from transactions"
    )
    book, changed = tmp_path / "book.toml", tmp_path / "changed.parquet"
    book.write_text(BOOK, encoding="utf-8")

    same = upi_risk(settings, "backtest")
    assert same.returncode == 0, same.stderr
    assert f"{stored:,} decisions" in same.stdout
    assert "→" not in same.stdout

    tried = upi_risk(settings, "backtest", "--rules", str(book), "--rows", str(changed))
    assert tried.returncode == 0, tried.stderr
    assert f"any_amount fires {stored:,} times" in tried.stdout
    frame = pl.read_parquet(changed)
    assert frame.height == allowed > 0
    assert set(frame["new_decision"]) == {"VERIFY"}

    stricter = upi_risk(settings, "backtest", "--thresholds", "0.0001,0.0002")
    assert "ALLOW → " in stricter.stdout, stricter.stderr
    same_model = upi_risk(settings, "backtest", "--model", "v2.0")
    assert same_model.returncode == 0, same_model.stderr
    assert "→" not in same_model.stdout
    assert upi_risk(settings, "backtest", "--model", "v1.0").returncode == 0

    for arguments in (("--thresholds", "0.9,0.1"), ("--thresholds", "much"), ("--model", "v99.0")):
        refused = upi_risk(settings, "backtest", *arguments)
        assert (refused.returncode != 0, "Traceback" in refused.stderr) == (True, False)
