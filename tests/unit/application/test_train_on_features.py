"""Training over either set of features, and folds within it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.learning import SMALL, a_stream
from tests.training import quick_trainer
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_folder import ModelFolders
from upi_risk.application.train_model import TrainingOrder
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.feature_sets import EXTENDED_SET

TRAIN = quick_trainer()


@pytest.fixture
def order(tmp_path: Path) -> TrainingOrder:
    file = tmp_path / "payments.csv"
    a_stream().write_csv(file)
    return TrainingOrder(file, tmp_path / "v9.1", "v9.1", SMALL, label_delay=timedelta(days=2))


def unheard(step: str, share: float) -> None:
    pass


def test_an_extended_model_is_compared_with_a_serving_one_of_the_fourteen(order: TrainingOrder) -> None:
    TRAIN(order, unheard)
    wide = replace(order, features=EXTENDED_SET, out=order.out.with_name("v9.2"), against=order.out)
    trained = TRAIN(wide, unheard)
    assert trained.record.verdict is not None
    assert any("v9.1 has" in check.why for check in trained.record.verdict.checks)
    assert [drift.feature for drift in trained.record.drift] == list(EXTENDED_SET.names)
    card = ModelFolders(open_scorer).take(wide.out).card
    assert (card.feature_set, card.features) == ("extended", EXTENDED_SET.names)

    narrow = replace(order, out=order.out.with_name("v9.3"), against=wide.out)
    assert any("reads extended features; it was not compared" in note for note in TRAIN(narrow, unheard).notes)


def test_folds_are_tried_within_training_in_order_of_time_and_at_random(order: TrainingOrder) -> None:
    steps: list[tuple[str, float]] = []
    record = TRAIN(replace(order, folds=3), lambda step, share: steps.append((step, share))).record
    validation = record.validation
    assert validation is not None
    assert len(validation.prequential.folds) == len(validation.stratified.folds) == 3
    learned = [fold.train_rows for fold in validation.prequential.folds]
    assert learned == sorted(learned)
    assert max(learned) < record.train_rows
    assert sum(fold.rows for fold in validation.stratified.folds) == record.train_rows
    assert [share for step, share in steps if step == "Validating"] == pytest.approx([n / 6 for n in range(6)])
    told = json.loads((order.out / "metrics.json").read_bytes())["validation"]
    assert set(told["prequential"]["auc"]) == {"mean", "sd"}
    assert told["optimism"]["auc"] == validation.auc_optimism


def test_folds_that_cannot_be_cut_are_refused_before_anything_is_grown(order: TrainingOrder) -> None:
    steps: list[str] = []
    with pytest.raises(UnusableDataError, match="ask for fewer folds"):
        TRAIN(replace(order, folds=20), lambda step, _: steps.append(step))
    assert "Growing trees" not in steps


def test_a_fold_without_frauds_is_refused(order: TrainingOrder) -> None:
    early = pl.col("event_time").str.slice(0, 10) < "2026-01-12"
    honest = pl.when(early).then(0).otherwise("is_fraud").alias("is_fraud")
    pl.read_csv(order.transactions).with_columns(honest).write_csv(order.transactions)
    with pytest.raises(UnusableDataError, match=r"Fold 2026-01-\d\d.*has .* 0 of them known as fraud"):
        TRAIN(replace(order, folds=3), unheard)
