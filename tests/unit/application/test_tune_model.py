"""Trying candidates: judged on folds of time, remembered, chosen; over everything real, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.learning import A_DAY, SMALL, a_stream, some_examples
from upi_risk.adapters.catboost.learner import CatBoostLearner
from upi_risk.adapters.files.journal import FileJournal
from upi_risk.adapters.memory.engine import SerialEngine
from upi_risk.adapters.polars.payment_stream import FilePaymentStream
from upi_risk.adapters.sklearn.ranking import rank
from upi_risk.application.grow import grow
from upi_risk.application.tune_model import Attempt, TryFold, TuneModel
from upi_risk.bootstrap.tuning import start_search
from upi_risk.domain.engine import Crew, Piece, Result, Table
from upi_risk.domain.errors import EngineFailedError, UnusableDataError
from upi_risk.domain.training import Split, SplitWishes
from upi_risk.domain.tuning import Tuning, TuningOrder

DELAY = timedelta(days=2)
ONE = {"learning_rate": (0.1,), "l2_leaf_reg": (3.0,), "fraud_weight": (1.0,)}
GRID = TuningOrder(values={"iterations": (10.0, 20.0), "depth": (2.0, 3.0), **ONE}, folds=2)


class CountingEngine:
    """This process; counts what it does, and is lost after so many pieces."""

    def __init__(self, most: int = 1_000) -> None:
        self.done: list[Any] = []
        self.most = most

    @contextmanager
    def open(self, tables: Iterable[Table], room: Path) -> Iterator[CountingCrew]:
        with SerialEngine().open(tables, room) as crew:
            yield CountingCrew(self, crew)


class CountingCrew:
    def __init__(self, engine: CountingEngine, crew: Crew[Any]) -> None:
        self.engine, self.crew = engine, crew

    def run(
        self, work: Callable[[Any, Piece], Result], pieces: Sequence[tuple[int, Piece]]
    ) -> Iterator[tuple[int, Result]]:
        for place in reversed(range(len(pieces))):  # engines finish in any order
            if len(self.engine.done) == self.engine.most:
                raise EngineFailedError("the machine fell over")
            ((_, result),) = self.crew.run(work, [pieces[place]])
            self.engine.done.append(pieces[place])
            yield place, result


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> FilePaymentStream:
    file = tmp_path_factory.mktemp("stream") / "payments.csv"
    a_stream().write_csv(file)
    return FilePaymentStream.open(file, DELAY)


@pytest.fixture
def split(stream: FilePaymentStream) -> Split:
    return stream.split(SplitWishes(), DELAY)


def tuner(engine: SerialEngine | CountingEngine | None = None) -> TuneModel:
    return TuneModel(TryFold(CatBoostLearner(1), rank), engine or SerialEngine(), start_search, FileJournal)


def tuned(stream: FilePaymentStream, split: Split, out: Path, order: TuningOrder = GRID, **given: Any  # noqa: ANN401 - parameters, and the engine
) -> Tuning:  # fmt: skip
    return tuner(given.pop("engine", None))(
        stream, split, (order, replace(SMALL, **given)), out, lambda _step, _share: None
    )


def test_every_candidate_is_tried_on_every_fold_and_the_order_of_finishing_does_not_matter(
    stream: FilePaymentStream, split: Split, tmp_path: Path
) -> None:
    tuning = tuned(stream, split, tmp_path / "a")
    assert [len(one.tried) for one in tuning.candidates] == [2] * 4
    assert {tried.trees for one in tuning.candidates for tried in one.tried} == {10, 20}
    assert {tried.fold.name for one in tuning.candidates for tried in one.tried} == {
        fold.test_period for fold in split.forward(2)
    }
    assert tuning == tuned(stream, split, tmp_path / "b", engine=CountingEngine())


def test_the_test_period_changes_nothing(stream: FilePaymentStream, split: Split, tmp_path: Path) -> None:
    file = tmp_path / "payments.csv"
    late = pl.col("event_time") >= split.train_to
    blinded = pl.when(late).then(1 - pl.col("is_fraud")).otherwise("is_fraud").alias("is_fraud")
    a_stream().with_columns(blinded).write_csv(file)
    other = FilePaymentStream.open(file, DELAY)
    assert tuned(other, split, tmp_path / "a") == tuned(stream, split, tmp_path / "b")


def test_a_report_that_comes_in_the_test_period_is_not_known_to_the_folds(tmp_path: Path) -> None:
    file = tmp_path / "payments.csv"
    late = pl.when(pl.col("is_fraud") == 1).then(pl.col("event_time") + 8 * A_DAY).alias("reported_at")
    a_stream().with_columns(late).write_csv(file)
    stream = FilePaymentStream.open(file, DELAY)
    split = stream.split(SplitWishes(), DELAY)
    known = tuned(stream, split, tmp_path / "a").candidates[0].tried[-1].fold.frauds
    (_, whole) = next(stream.folds([split.forward(2)[-1]], 1.0))
    assert 0 < known < whole.frauds


def test_what_was_finished_before_is_not_done_again_and_the_result_is_the_same(
    stream: FilePaymentStream, split: Split, tmp_path: Path
) -> None:
    whole = tuned(stream, split, tmp_path / "whole")
    broken, rest, nothing = CountingEngine(most=3), CountingEngine(), CountingEngine()
    with pytest.raises(EngineFailedError):
        tuned(stream, split, tmp_path / "out", engine=broken)
    assert tuned(stream, split, tmp_path / "out", engine=rest) == whole
    assert (len(broken.done), len(rest.done)) == (3, 5)
    assert tuned(stream, split, tmp_path / "out", engine=nothing) == whole
    assert nothing.done == []
    other = CountingEngine()
    tuned(stream, split, tmp_path / "out", engine=other, seed=8)
    assert len(other.done) == 8
    tuner().forget(tmp_path / "out")
    assert not (tmp_path / ".out.progress").exists()


def test_a_search_that_was_interrupted_goes_on_as_it_would_have(
    stream: FilePaymentStream, split: Split, tmp_path: Path
) -> None:
    order = TuningOrder(trials=6, values={"iterations": (5.0, 20.0), "depth": (2.0, 4.0)}, folds=2)
    whole = tuned(stream, split, tmp_path / "whole", order)
    assert (whole.way, len(whole.candidates)) == ("search", 6)
    with pytest.raises(EngineFailedError):
        tuned(stream, split, tmp_path / "out", order, engine=CountingEngine(most=9))
    rest = CountingEngine()
    assert tuned(stream, split, tmp_path / "out", order, engine=rest) == whole
    assert len(rest.done) == 3


def test_progress_counts_candidates_times_folds(stream: FilePaymentStream, split: Split, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    tuner()(stream, split, (GRID, SMALL), tmp_path / "a", lambda step, share: told.append((step, share)))
    assert {step for step, _ in told} == {"Trying 4 candidates on 2 folds"}
    assert [share for _, share in told[1:]] == [number / 8 for number in range(9)]


def test_early_stopping_is_part_of_what_is_judged(stream: FilePaymentStream, split: Split, tmp_path: Path) -> None:
    order = TuningOrder(values={"iterations": (300.0,), "depth": (3.0,), **ONE}, folds=2)
    (candidate,) = tuned(stream, split, tmp_path / "a", order, early_stopping=5).candidates
    assert 1 <= candidate.tried[0].trees < 300


def test_a_fold_without_frauds_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "payments.csv"
    early = pl.col("event_time").dt.day() < 14
    a_stream(days=30).with_columns(is_fraud=pl.when(early).then(0).otherwise("is_fraud")).write_csv(file)
    stream = FilePaymentStream.open(file, DELAY)
    with pytest.raises(UnusableDataError, match=r"Fold 2026-01-\d\d.* 0 of them known as fraud"):
        tuned(stream, stream.split(SplitWishes(), DELAY), tmp_path / "a")


def test_a_worker_with_other_libraries_is_refused(split: Split) -> None:
    attempt = Attempt(SMALL, split, (("catboost", "0.1"),))
    with pytest.raises(EngineFailedError, match=r"A worker has python .* and this process catboost 0\.1"):
        TryFold(CatBoostLearner(1), rank)((some_examples(100), some_examples(100)), attempt)


def test_a_model_stopped_early_is_grown_on_everything_with_the_trees_that_were_found(
    stream: FilePaymentStream, split: Split
) -> None:
    train, _ = stream.examples(split, 1.0)
    wanted = replace(SMALL, iterations=300, early_stopping=5)
    told: list[float] = []
    model, stopping = grow(CatBoostLearner(1), [train], split, wanted, told.append)
    assert stopping is not None
    assert 1 <= stopping.trees < 300
    assert stopping.learned_rows + stopping.watched_rows < train.rows
    assert told == sorted(told)
    alone, nothing = grow(CatBoostLearner(1), [train], split, replace(SMALL, iterations=stopping.trees), told.append)
    assert nothing is None
    assert model == alone
