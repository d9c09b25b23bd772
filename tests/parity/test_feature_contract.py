"""The contract in words is the contract in code."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from upi_risk.adapters.polars.features import feature_table
from upi_risk.adapters.polars.transactions_file import OPTIONAL, REQUIRED, transactions_of
from upi_risk.domain.feature_sets import EXTENDED_SET
from upi_risk.domain.features import BASELINE, MISSING, Facts

CONTRACT = (Path(__file__).parents[2] / "docs" / "feature-contract.md").read_text(encoding="utf-8")
FILES = (Path(__file__).parents[2] / "docs" / "transactions-file.md").read_text(encoding="utf-8")
FOURTEEN = CONTRACT.partition("## The fourteen")[2].partition("\n## ")[0]
EXTENDED = CONTRACT.partition("## The extended set")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| `(\w+)` \| (.+?) \| (-?[\d.]+) \|$", FOURTEEN, re.MULTILINE)
INDIA = timezone(timedelta(hours=5, minutes=30))


def march(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=INDIA)


def test_each_feature_has_the_line_of_its_definition_in_order() -> None:
    assert [(name, line) for name, line, _ in ROWS] == [(feature.name, feature.line) for feature in BASELINE]


def test_each_extended_feature_has_the_line_of_its_definition_in_order() -> None:
    told = re.findall(r"^\| `(\w+)` \| (.+?) \|$", EXTENDED, re.MULTILINE)
    assert told == [(feature.name, feature.line) for feature in EXTENDED_SET.features[len(BASELINE) :]]


def test_every_fact_and_every_column_is_told() -> None:
    told = set(re.findall(r"`(\w+)`", CONTRACT))
    assert set(Facts._fields) - {"at_us", "amount_paise"} <= told
    assert {*REQUIRED, *OPTIONAL} <= set(re.findall(r"`(\w+)`", FILES))
    assert f"Missing is {MISSING:g}" in CONTRACT


def payment(at: datetime, user: str, receiver: str, amount: float, **known: Any) -> dict[str, Any]:  # noqa: ANN401
    columns = {"settled_at": at, "reported_at": None, "signed_up_at": at - timedelta(days=9), "login_count": 1}
    row = {"event_time": at, "user_id": user, "receiver_id": receiver, "amount": amount, "is_fraud": 0}
    return row | columns | known


def test_the_worked_example_is_right() -> None:
    asha: dict[str, Any] = {"user": "asha", "signed_up_at": march(1, 10)}
    february = datetime(2026, 2, 10, 12, tzinfo=INDIA)
    others = [payment(february + timedelta(minutes=n), f"U{n}", "shop@okbank", 100.0) for n in range(20)]
    others[7]["reported_at"] = march(9, 8)
    rows = [
        *others,
        payment(march(1, 12), receiver="shop@okbank", amount=400.0, **asha),
        payment(march(5, 12), receiver="shop@okbank", amount=600.0, login_count=2, **asha),
        payment(march(6, 18), receiver="mule@okbank", amount=5_000.0, login_count=2, settled_at=None, **asha),
        payment(march(11, 9, 30), receiver="shop@okbank", amount=1_500.0, login_count=2, **asha),
    ]
    raw = pl.DataFrame(rows, infer_schema_length=None)
    last = feature_table(transactions_of(raw, "example").frame).row(-1)
    assert list(last) == pytest.approx([float(value) for _, _, value in ROWS], abs=5e-5)
