"""The model in the repository serves this release, and its README tells its own figures."""

from __future__ import annotations

import json
import re
from pathlib import Path

from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_store import FileModelStore

ARTIFACTS = Path(__file__).parents[3] / "artifacts"


def test_the_current_model_fits_the_features_of_this_release() -> None:
    store = FileModelStore(ARTIFACTS / "models", open_scorer)
    assert store.current() in store.versions()
    assert len(store.load(store.current()).card.canaries) > 100


def test_the_readme_tells_the_figures_of_the_card() -> None:
    figures = json.loads((ARTIFACTS / "models" / "v1.0" / "metrics.json").read_bytes())
    row = re.search(r"\(v1\.0\)\*\* \| (.+) \|$", (ARTIFACTS / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert row is not None
    flagged = [f"{entry['precision']:.3f} / {entry['recall']:.3f}" for entry in figures["thresholds"]]
    ranked = [f"{figures[name]:.4f}" for name in ("auc", "average_precision", "card_precision_at_100")]
    assert row[1].split(" | ") == [*ranked, f"{figures['brier']:.5f}", *flagged]
