"""The model in the repository serves this release, and its README tells its own figures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks.shipped import page, written
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_store import FileModelStore

ARTIFACTS = Path(__file__).parents[3] / "artifacts"


def test_the_current_model_fits_the_features_of_this_release() -> None:
    store = FileModelStore(ARTIFACTS / "models", open_scorer)
    assert store.current() in store.versions()
    assert len(store.load(store.current()).card.canaries) > 100


README = (ARTIFACTS / "README.md").read_text(encoding="utf-8")


def cells(row: str, document: str = README) -> list[str]:
    """What README.md has in the row that begins so."""
    found = re.search(rf"^.*{row} \| (.+) \|$", document, re.MULTILINE)
    assert found is not None
    return found[1].split(" | ")


def figures_of(version: str) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((ARTIFACTS / "models" / version / "metrics.json").read_bytes())
    return figures


def test_the_readme_tells_the_figures_of_the_card() -> None:
    figures = figures_of("v1.0")
    flagged = [f"{entry['precision']:.3f} / {entry['recall']:.3f}" for entry in figures["thresholds"]]
    ranked = [f"{figures[name]:.4f}" for name in ("auc", "average_precision", "card_precision_at_100")]
    assert cells(r"\(v1\.0\)\*\*") == [*ranked, f"{figures['brier']:.5f}", *flagged]


def interval(estimate: dict[str, float]) -> str:
    return f"{estimate['value']:.3f} ({estimate['low']:.3f} to {estimate['high']:.3f})"


BESIDE: dict[str, Any] = {
    "record": {"payments": 50_800, "users": 600, "days": 60, "seed": 7, "frauds": 507, "reported": 212, "figures": []},
    "truth": {
        "frauds": 1_363, "share": 0.0036, "medium": {"precision": 0.163, "recall": 0.488},
        "high": {"precision": 0.888, "recall": 0.104},
        "recall_at_precision": 0.025, "precision_at_recall": 0.018, "alerts_at_recall": 0.066,
    },
    "by_hand": {"rupees": [500, 100_000], "known": [0.143, 0.417], "new": [0.007, 0.022]},
}  # fmt: skip


def rewritten() -> str:
    """README.md as `make ship` would write it from the figures that are shipped."""
    return written(README, page(figures_of("v2.0"), figures_of("v2.0"), BESIDE))


@pytest.mark.parametrize("document", [README, rewritten()], ids=["as shipped", "as written anew"])
def test_the_readme_tells_the_figures_of_the_model_that_serves(document: str) -> None:
    figures = figures_of("v2.0")
    evaluation = figures["evaluation"]
    at = {point["cut"]: point for point in evaluation["points"]}
    assert cells("AUC", document)[0] == interval(evaluation["auc"])
    assert cells("average precision", document)[0] == interval(evaluation["average_precision"])
    assert cells("among the riskiest 0.5 %", document)[0] == interval(at["alerts_0.5_percent"]["rupee_recall"])
    for cut, row in (("medium", "from 0.35: precision, recall"), ("high", "above 0.65: precision, recall")):
        assert cells(row, document)[0] == f"{at[cut]['precision']['value']:.3f}, {at[cut]['recall']['value']:.3f}"
    for part in evaluation["by_pattern"]:
        told = cells(rf"\| {part['name']}", document)
        assert told[:2] == [f"{part['frauds']}", f"{part['auc']['value']:.3f}"]
    for fold in figures["validation"]["prequential"]["folds"]:
        days = " .. ".join(at[:10] for at in fold["name"].split(" .. "))
        told = cells(re.escape(days), document)
        assert told[2:4] == [f"{fold['auc']:.3f}", f"{fold['average_precision']:.3f}"]


def test_writing_the_figures_anew_leaves_the_rest_of_the_page() -> None:
    begin, end = "## v2.0\n", "What stands in the way of the guide's targets"
    (before, _, _), (_, _, after) = README.partition(begin), README.partition(end)
    assert rewritten().startswith(before + begin)
    assert rewritten().endswith(end + after)
    with pytest.raises(SystemExit, match="lost the marks"):
        written("no marks", "figures")
