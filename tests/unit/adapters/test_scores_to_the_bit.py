"""The numbers that serve are the library's own, to the last bit, on ordinary and on extreme rows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from catboost import CatBoostClassifier

from tests.learning import scorer_of
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.catboost.scorer import CatBoostScorer, exported, fraud_probabilities
from upi_risk.adapters.files.model_store import FileModelStore

MODELS = Path(__file__).parents[3] / "artifacts" / "models"
ROWS = 10_000
EXTREMES = np.array([np.finfo(np.float32).max, np.finfo(np.float32).min, 0.0, -0.0, 1e-45], dtype=np.float32)


def library(version: str) -> CatBoostClassifier:
    model = CatBoostClassifier()
    model.load_model(str(next((MODELS / version).glob("*.cbm"))))
    return model


@cache
def borders(version: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The feature and the border of every split."""
    document: dict[str, Any] = exported(library(version))
    splits = [split for tree in document["oblivious_trees"] for split in tree["splits"] or []]
    columns = [feature["flat_feature_index"] for feature in document["features_info"]["float_features"]]
    return (
        np.array([columns[split["float_feature_index"]] for split in splits]),
        np.array([split["border"] for split in splits], dtype=np.float32),
    )


def hard_rows(scorer: CatBoostScorer, version: str) -> npt.NDArray[np.float32]:
    """Canary rows; those with values on, just above and just below borders; noise; the ends of 32 bits."""
    dice = np.random.default_rng(25)
    canaries = np.array([canary.vector for canary in scorer.card.canaries], dtype=np.float32)
    edges = canaries[dice.integers(0, len(canaries), 7_000)]
    features, at = borders(version)
    for _ in range(12):
        drawn = dice.integers(0, len(at), len(edges))
        beside = np.stack([at, np.nextafter(at, np.float32(np.inf)), np.nextafter(at, np.float32(-np.inf))])
        edges[np.arange(len(edges)), features[drawn]] = beside[dice.integers(0, 3, len(edges)), drawn]
    noise = (dice.normal(size=(2_000, canaries.shape[1])) * 1_000).astype(np.float32)
    ends = dice.choice(EXTREMES, size=(1_000, canaries.shape[1]))
    return np.concatenate([canaries, edges, noise, ends])


@pytest.mark.parametrize("version", ["v1.0", "v2.0"])
def test_ten_thousand_rows_score_as_the_library_scores_them(version: str) -> None:
    scorer = FileModelStore(MODELS, open_scorer).load(version)
    assert isinstance(scorer, CatBoostScorer)
    rows = hard_rows(scorer, version)
    assert len(rows) >= ROWS
    ours = [scored.probability.hex() for scored in scorer.score([tuple(row) for row in rows.tolist()])]
    assert ours == [value.hex() for value in fraud_probabilities(library(version), rows).tolist()]


def test_odds_beyond_the_range_of_the_exponential_are_certain() -> None:
    model = library("v1.0")
    card = FileModelStore(MODELS, open_scorer).load("v1.0").card
    model.set_scale_and_bias(1.0, -5_000.0)
    row = card.canaries[0].vector
    assert scorer_of(model, card).score([row])[0].probability == 0.0
    model.set_scale_and_bias(1.0, 5_000.0)
    assert scorer_of(model, card).score([row])[0].probability == 1.0


def test_a_scaled_and_shifted_model_scores_as_the_library_does() -> None:
    model = library("v1.0")
    scorer = FileModelStore(MODELS, open_scorer).load("v1.0")
    model.set_scale_and_bias(0.37, 0.123)
    rows = np.array([canary.vector for canary in scorer.card.canaries], dtype=np.float32)
    ours = [scored.probability for scored in scorer_of(model, scorer.card).score(rows.tolist())]
    assert ours == fraud_probabilities(model, rows).tolist()
