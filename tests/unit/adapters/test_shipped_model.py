"""The model in the repository serves this release, and its README tells its own figures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_store import FileModelStore

ARTIFACTS = Path(__file__).parents[3] / "artifacts"


def test_the_current_model_fits_the_features_of_this_release() -> None:
    store = FileModelStore(ARTIFACTS / "models", open_scorer)
    assert store.current() in store.versions()
    assert len(store.load(store.current()).card.canaries) > 100


def cells(row: str) -> list[str]:
    """What README.md has in the row that begins so."""
    found = re.search(rf"^.*{row} \| (.+) \|$", (ARTIFACTS / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
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


def test_the_readme_tells_the_figures_of_the_model_that_serves() -> None:
    figures = figures_of("v2.0")
    evaluation = figures["evaluation"]
    at = {point["cut"]: point for point in evaluation["points"]}
    assert cells("AUC")[0] == interval(evaluation["auc"])
    assert cells("average precision")[0] == interval(evaluation["average_precision"])
    assert cells("among the riskiest 0.5 %")[0] == interval(at["alerts_0.5_percent"]["rupee_recall"])
    for cut, row in (("medium", "from 0.35: precision, recall"), ("high", "above 0.65: precision, recall")):
        assert cells(row)[0] == f"{at[cut]['precision']['value']:.3f}, {at[cut]['recall']['value']:.3f}"
    for part in evaluation["by_pattern"]:
        told = cells(rf"\| {part['name']}")
        assert told[:2] == [f"{part['frauds']}", f"{part['auc']['value']:.3f}"]
    for fold in figures["validation"]["prequential"]["folds"]:
        days = " .. ".join(at[:10] for at in fold["name"].split(" .. "))
        assert cells(re.escape(days))[2:4] == [f"{fold['auc']:.3f}", f"{fold['average_precision']:.3f}"]
