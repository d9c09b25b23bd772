"""Training from a small stream: once with everything real, then with what is quick; see tests/training.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.learning import BEGIN, SMALL, a_stream
from tests.training import quick_trainer
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_folder import ModelFolders
from upi_risk.application.train_model import Trained, TrainingOrder
from upi_risk.bootstrap.commands.train import build_trainer
from upi_risk.domain.calibration import BaseRate
from upi_risk.domain.cost import CostModel
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.features import NAMES
from upi_risk.domain.meaning import AS_IT_IS, Meaning
from upi_risk.domain.operating_points import ScaleWishes
from upi_risk.domain.stream import FileForm, PatternSource
from upi_risk.domain.training import SplitWishes

DELAY = timedelta(days=2)
DAY_8 = BEGIN + timedelta(days=8)
REAL = build_trainer(workers=1, form=FileForm())
TRAIN = quick_trainer()


def an_order(folder: Path) -> TrainingOrder:
    file = folder / "payments.csv"
    a_stream().write_csv(file)
    return TrainingOrder(file, folder / "v9.1", "v9.1", SMALL, label_delay=DELAY)


@pytest.fixture
def order(tmp_path: Path) -> TrainingOrder:
    return an_order(tmp_path)


@dataclass(frozen=True, slots=True)
class Done:
    """A training with everything real, for many tests to look at; its folder is not to be written."""

    order: TrainingOrder
    trained: Trained
    steps: list[str]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    order, steps = an_order(tmp_path_factory.mktemp("done")), list[str]()
    return Done(order, REAL(order, lambda step, _: steps.append(step)), steps)


def unheard(step: str, share: float) -> None:
    pass


def test_a_model_is_learned_measured_written_and_loaded(done: Done) -> None:
    trained = done.trained
    assert trained.card == ModelFolders(open_scorer).take(done.order.out).card
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
    assert list(dict.fromkeys(done.steps)) == [
        "Reading the file",
        "Computing features",
        "Growing trees",
        "Measuring on later payments",
        "Loading what was written",
        "Drawing the report",
    ]


def test_the_same_order_gives_the_same_files_to_the_bit(done: Done, tmp_path: Path) -> None:
    again = replace(done.order, out=tmp_path / "again")
    REAL(again, unheard)
    for name in ("fraud_classifier.cbm", "card.json", "MODEL_CARD.md", "report.html"):
        assert (done.order.out / name).read_bytes() == (again.out / name).read_bytes()


def test_every_unit_is_learned_and_measured_by_itself(done: Done, order: TrainingOrder) -> None:
    alone = done.trained.record
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


def test_figures_have_intervals_and_are_broken_down_and_the_gate_says_what_it_thinks(order: TrainingOrder) -> None:
    file = order.transactions
    pl.read_csv(file).with_columns(kind=pl.when(pl.col("amount") > 900).then(1).otherwise(2)).write_csv(file)
    record = TRAIN(replace(order, patterns=PatternSource("kind"), strict=True), unheard).record
    assert record.evaluation is not None
    assert record.evaluation.auc.value == pytest.approx(record.measured[0].auc)
    assert [part.name for part in record.evaluation.by_month] == ["2026-02"]
    assert [part.name for part in record.evaluation.by_pattern] == ["1", "2"]
    assert record.verdict is not None
    assert (record.verdict.against, record.verdict.strict) == (None, True)
    assert [drift.feature for drift in record.drift] == list(NAMES)
    assert record.validation is None
    figures = json.loads((order.out / "metrics.json").read_bytes())
    assert figures["evaluation"]["auc"]["low"] < figures["auc"] < figures["evaluation"]["auc"]["high"]
    assert figures["gate"]["checks"][0]["name"] == "AUC"
    assert json.loads((order.out / "card.json").read_bytes())["evaluation"] == figures["evaluation"]


def test_patterns_do_not_change_the_model(done: Done, order: TrainingOrder) -> None:
    file = order.transactions
    pl.read_csv(file).with_columns(kind=pl.col("is_fraud")).write_csv(file)
    assert TRAIN(replace(order, patterns=PatternSource("kind")), unheard).card == done.trained.card


@pytest.mark.parametrize(("column", "sentence"), [("kind", "has no column kind"), ("amount", "at most 30")])
def test_a_pattern_column_that_is_none_is_refused(order: TrainingOrder, column: str, sentence: str) -> None:
    with pytest.raises(UnusableDataError, match=sentence):
        TRAIN(replace(order, patterns=PatternSource(column)), unheard)


def test_patterns_may_lie_in_a_file_beside(order: TrainingOrder, tmp_path: Path) -> None:
    truth = tmp_path / "kinds.csv"
    rows = pl.read_csv(order.transactions)
    kinds = rows.select("event_time", "user_id", "receiver_id", scenario=pl.col("amount") > 900)
    kinds.write_csv(truth)
    record = TRAIN(replace(order, patterns=PatternSource("scenario", truth)), unheard).record
    assert record.evaluation is not None
    assert [part.name for part in record.evaluation.by_pattern] == ["false", "true"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda kinds: kinds.head(5), "has 5 rows"),
        (lambda kinds: kinds.with_columns(user_id=pl.lit("somebody")), "Row 1 of kinds.csv is another payment"),
        (lambda kinds: kinds.drop("receiver_id"), "has no column receiver_id to tell the payments"),
    ],
)
def test_a_file_beside_about_other_payments_is_refused(
    order: TrainingOrder, tmp_path: Path, change: Callable[[pl.DataFrame], pl.DataFrame], sentence: str
) -> None:
    truth = tmp_path / "kinds.csv"
    rows = pl.read_csv(order.transactions)
    change(rows.select("event_time", "user_id", "receiver_id", scenario=pl.lit("a"))).write_csv(truth)
    with pytest.raises(UnusableDataError, match=sentence):
        TRAIN(replace(order, patterns=PatternSource("scenario", truth)), unheard)


def test_the_serving_model_is_measured_on_the_same_payments(done: Done, order: TrainingOrder) -> None:
    served = done.trained
    again = TRAIN(replace(order, version="v9.2", against=done.order.out), unheard)
    verdict = again.record.verdict
    assert verdict is not None
    assert verdict.against == "v9.1"
    assert again.notes == served.notes
    same = {check.name: check for check in verdict.checks}
    assert same["average precision"].met
    assert same["average precision"].value == pytest.approx(served.record.measured[0].average_precision)
    assert same["average precision"].by > 0
    assert verdict.doubts == ()


def test_a_serving_model_that_learned_the_test_or_another_file_is_compared_with_and_doubted(
    done: Done, order: TrainingOrder, tmp_path: Path
) -> None:
    """Red when the split's training period, rather than its test, goes to the gate."""
    earlier = SplitWishes(train_to=DAY_8, test_from=BEGIN + timedelta(days=10))
    verdict = TRAIN(replace(order, wishes=earlier, against=done.order.out), unheard).record.verdict
    assert verdict is not None
    assert [doubt[:38] for doubt in verdict.doubts] == ["v9.1 learned from 2026-01-11 .. 2026-0"]
    other = tmp_path / "other.csv"
    a_stream(seed=2).write_csv(other)
    verdict = TRAIN(replace(order, transactions=other, against=done.order.out), unheard).record.verdict
    assert verdict is not None
    assert [doubt[:48] for doubt in verdict.doubts] == ["v9.1 learned from another file, payments.csv: un"]
    figures = json.loads((order.out / "metrics.json").read_bytes())
    assert figures["gate"]["doubts"] == list(verdict.doubts)


def test_a_serving_model_that_does_not_load_is_told_and_not_compared_with(order: TrainingOrder, tmp_path: Path) -> None:
    trained = TRAIN(replace(order, against=tmp_path / "absent"), unheard)
    assert trained.record.verdict is not None
    assert trained.record.verdict.against is None
    assert trained.notes[-1].startswith("The serving model could not be compared with. There is no model in")


def test_a_short_stream_is_not_calibrated_and_says_so(order: TrainingOrder) -> None:
    trained = TRAIN(order, unheard)
    assert trained.card.meaning == AS_IT_IS
    assert any("a part of the training period has" in note for note in trained.notes)
    short = TRAIN(replace(order, label_delay=timedelta(days=7), wishes=SplitWishes(train_to=DAY_8)), unheard)
    assert any("too short for the label delay" in note for note in short.notes)
    assert short.record.scaling is not None
    assert (short.record.scaling.period, short.record.scaling.points) == ("", None)
    assert short.record.scaling.before == short.record.scaling.after
    assert len(short.record.scaling.break_evens) == 6


def test_a_scale_that_is_not_wanted_is_not_looked_for(long_order: TrainingOrder, tmp_path: Path) -> None:
    steps = list[str]()
    plain = replace(long_order, out=tmp_path / "v9.2", scaling=ScaleWishes(wanted=False))
    trained = TRAIN(plain, lambda step, _: steps.append(step))
    assert trained.card.meaning == AS_IT_IS
    assert trained.notes == ("Nothing was calibrated, and probabilities are scores as they are: it was asked for.",)
    assert "Calibrating" not in steps


def test_without_calibration_the_base_rate_is_corrected_all_the_same(order: TrainingOrder) -> None:
    plain = TRAIN(order, unheard).record
    trained = TRAIN(replace(order, scaling=ScaleWishes(base_rate=0.001)), unheard)
    meaning, record = trained.card.meaning, trained.record
    assert meaning == Meaning(base_rate=BaseRate(record.train_frauds / record.train_rows, 0.001))
    assert record.measured[0].auc == plain.measured[0].auc
    assert record.measured[0].brier == plain.measured[0].brier
    assert record.measured[0].flagged[0].alerts < plain.measured[0].flagged[0].alerts


@pytest.fixture(scope="module")
def long_order(tmp_path_factory: pytest.TempPathFactory) -> TrainingOrder:
    """With frauds enough to calibrate on."""
    folder = tmp_path_factory.mktemp("long")
    a_stream(days=60, payments_a_day=120).write_csv(folder / "payments.csv")
    wishes = ScaleWishes(alert_budget=0.1)
    return TrainingOrder(folder / "payments.csv", folder / "v9.1", "v9.1", SMALL, label_delay=DELAY, scaling=wishes)


@pytest.fixture(scope="module")
def long(long_order: TrainingOrder) -> Trained:
    return TRAIN(long_order, unheard)


def test_a_model_is_calibrated_on_the_later_part_of_training_and_its_score_is_on_a_scale(
    long_order: TrainingOrder, long: Trained
) -> None:
    scaling, split = long.record.scaling, long.record.split
    assert scaling is not None
    assert scaling.period.startswith("2026-02-06")
    assert f".. {split.train_to:%Y-%m-%d}" in scaling.period
    assert scaling.frauds >= 50
    assert scaling.points is not None
    assert long.card.meaning == scaling.meaning == ModelFolders(open_scorer).take(long_order.out).card.meaning
    assert long.card.meaning.scale == scaling.points.scale(0.35, 0.65)
    assert scaling.points.verify.share <= 0.1
    assert scaling.before is not None
    assert scaling.after is not None
    assert long.record.measured[0].brier == scaling.after.brier
    assert long.notes == ()


def test_thresholds_on_the_test_are_near_the_budget_they_were_chosen_for(long: Trained) -> None:
    measured, scaling = long.record.measured[0], long.record.scaling
    assert scaling is not None
    assert scaling.points is not None
    alerts = measured.flagged[0]
    assert alerts.alerts / measured.rows == pytest.approx(scaling.points.verify.share, abs=0.03)
    assert alerts.precision == pytest.approx(scaling.points.verify.precision, abs=0.2)


def test_canaries_are_raw_answers(long_order: TrainingOrder, long: Trained) -> None:
    scorer = ModelFolders(open_scorer).take(long_order.out)
    (scored,) = scorer.score([long.card.canaries[0].vector])
    assert scored.probability == pytest.approx(long.card.canaries[0].probability, abs=1e-9)


def test_files_tell_how_answers_became_scores(long_order: TrainingOrder, long: Trained) -> None:
    scaling = json.loads((long_order.out / "metrics.json").read_bytes())["scaling"]
    assert scaling["before"]["brier"] > 0
    assert scaling["after"]["bands"][0]["rows"] > 0
    card = json.loads((long_order.out / "card.json").read_bytes())
    assert [anchor["score"] for anchor in card["meaning"]["scale"]] == [0.35, 0.65]
    assert card["training"]["monotone"] is True
    page = (long_order.out / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "## What a score means" in page
    assert "A score of 0.35 is a probability of" in page


def test_a_base_rate_moves_probabilities_and_thresholds_together(
    long_order: TrainingOrder, long: Trained, tmp_path: Path
) -> None:
    wishes = replace(long_order.scaling, base_rate=0.005)
    rarer = TRAIN(replace(long_order, out=tmp_path / "v9.2", scaling=wishes), unheard)
    meaning = rarer.card.meaning
    assert meaning.calibration == long.card.meaning.calibration
    assert meaning.base_rate is not None
    assert meaning.base_rate.served == 0.005
    assert meaning.probability(0.3) < long.card.meaning.probability(0.3)
    assert rarer.record.scaling is not None
    assert rarer.record.scaling.after == long.record.scaling.after if long.record.scaling else False
    assert max(rarer.card.confidence.fraud_rates) < max(long.card.confidence.fraud_rates)


def test_where_asking_never_pays_probabilities_stay_scores(long_order: TrainingOrder, tmp_path: Path) -> None:
    useless = CostModel(verify_stops=0.0)
    trained = TRAIN(replace(long_order, out=tmp_path / "v9.2", costs=useless), unheard)
    assert trained.card.meaning.calibration is not None
    assert trained.card.meaning.scale is None
    assert any("Asking never pays" in note for note in trained.notes)


def test_labels_of_the_later_part_are_those_known_when_the_test_begins(long: Trained) -> None:
    part = long.record.split.later_part()
    assert part is not None
    assert part.reported_by == long.record.split.test_from
    assert part.train_to == part.test_from - DELAY
    assert part.test_to == long.record.split.train_to
