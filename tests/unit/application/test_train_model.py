"""Training from a small stream, with everything real."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.learning import BEGIN, SMALL, a_stream
from upi_risk.adapters.catboost.learner import CatBoostLearner
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_folder import ModelFolders
from upi_risk.adapters.polars.payment_stream import FilePaymentStream
from upi_risk.adapters.sklearn.ranking import rank
from upi_risk.adapters.system.usage import process_usage
from upi_risk.application.train_model import TrainingOrder, TrainModel
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.training import SplitWishes

DELAY = timedelta(days=2)
TRAIN = TrainModel(FilePaymentStream.open, CatBoostLearner(1), rank, ModelFolders(open_scorer), process_usage)


@pytest.fixture
def order(tmp_path: Path) -> TrainingOrder:
    file = tmp_path / "payments.csv"
    a_stream().write_csv(file)
    return TrainingOrder(file, tmp_path / "v9.1", "v9.1", SMALL, label_delay=DELAY)


def unheard(step: str, share: float) -> None:
    pass


def test_a_model_is_learned_measured_written_and_loaded(order: TrainingOrder) -> None:
    steps: list[str] = []
    trained = TRAIN(order, lambda step, _: steps.append(step))
    assert trained.card == ModelFolders(open_scorer).take(order.out).card
    assert trained.card.version == "v9.1"
    assert trained.card.sha256
    assert 100 <= len(trained.card.canaries) <= 200
    (measured,) = trained.record.measured
    assert 0.8 < measured.auc < 1
    assert 0.3 < measured.average_precision < 1
    assert [flagged.threshold for flagged in measured.flagged] == [0.35, 0.65]
    assert measured.flagged[0].alerts >= measured.flagged[1].alerts > 0
    assert sum(band.rows for band in trained.record.bands) == measured.rows - measured.rows // 2
    assert trained.used.seconds > 0
    assert trained.used.peak_memory_mib > 50
    assert list(dict.fromkeys(steps)) == [
        "Reading the file",
        "Computing features",
        "Growing trees",
        "Measuring on later payments",
        "Loading what was written",
    ]


def test_the_same_order_gives_the_same_files_to_the_bit(order: TrainingOrder, tmp_path: Path) -> None:
    again = replace(order, out=tmp_path / "again")
    TRAIN(order, unheard)
    TRAIN(again, unheard)
    for name in ("fraud_classifier.cbm", "card.json"):
        assert (order.out / name).read_bytes() == (again.out / name).read_bytes()


def test_every_unit_is_learned_and_measured_by_itself(order: TrainingOrder) -> None:
    alone = TRAIN(order, unheard).record
    both = TRAIN(replace(order, units=(1.0, 25.0)), unheard).record
    assert [measured.unit for measured in both.measured] == [1.0, 25.0]
    assert (both.train_rows, both.train_frauds) == (2 * alone.train_rows, 2 * alone.train_frauds)
    assert both.measured[0].rows == both.measured[1].rows == alone.measured[0].rows


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        (SplitWishes(train_to=BEGIN + timedelta(hours=1)), "The training period has"),
        (SplitWishes(test_to=BEGIN + timedelta(days=34, hours=3)), "The test period has"),
    ],
)
def test_a_period_without_frauds_is_refused(order: TrainingOrder, wishes: SplitWishes, sentence: str) -> None:
    with pytest.raises(UnusableDataError, match=sentence):
        TRAIN(replace(order, wishes=wishes), unheard)


def test_a_folder_without_room_is_refused_before_anything_is_read(order: TrainingOrder) -> None:
    order.out.mkdir()
    (order.out / "thesis.docx").touch()
    with pytest.raises(UnusableDataError, match="no model's"):
        TRAIN(replace(order, transactions=Path("absent.csv")), unheard)
