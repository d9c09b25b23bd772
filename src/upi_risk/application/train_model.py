"""From a recorded stream to a model that may serve, and the figures it earned on later payments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from heapq import nlargest
from itertools import starmap
from pathlib import Path
from typing import Final

from upi_risk.application.build_card import build_card, vectors_of
from upi_risk.application.calibrate_model import CalibrateModel, LaterPart, held_against
from upi_risk.application.grow import grow
from upi_risk.application.measure_model import Evaluate, Rank, measure
from upi_risk.application.tune_model import TuneModel
from upi_risk.application.validate_model import Progress, Stratified, ValidateModel
from upi_risk.domain.calibration import FitCalibration
from upi_risk.domain.cost import CostModel
from upi_risk.domain.drift import Drift, Histogram
from upi_risk.domain.errors import ModelRejectedError, UnusableDataError
from upi_risk.domain.evaluation import Evaluation
from upi_risk.domain.examples import Examples, canary_rows
from upi_risk.domain.feature_sets import BASELINE_SET, FeatureSet
from upi_risk.domain.gate import AcceptanceGate, Rival, Stretch
from upi_risk.domain.learning_ports import Learner, ModelShelf, PaymentStream, Usage
from upi_risk.domain.model import ModelCard
from upi_risk.domain.operating_points import ScaleWishes
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.ports import Scorer
from upi_risk.domain.report import Explained, ReportMaterial
from upi_risk.domain.stream import PatternSource
from upi_risk.domain.training import HyperParameters, Split, SplitWishes, TrainingRecord
from upi_risk.domain.tuning import Tuning, TuningOrder

EXPLAINED: Final = 1_500
"""Payments, spread over the test, whose contributions the report shows."""

RISKIEST: Final = 500
"""Payments with the highest scores whose contributions it shows beside: most payments are good, and look it."""

Read = Callable[[Path, timedelta, PatternSource | None, FeatureSet], PaymentStream]
"""Opens a file, given the label delay, where kinds of fraud are told and the features to compute."""

FindDrift = Callable[[Sequence[str], Examples, Examples], tuple[Drift, ...]]
"""How far each feature named is, in the test, from what it was in training."""


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """What is to be trained.

    Attributes:
        transactions: the file to learn from.
        out: the folder for the model.
        version: the model's name.
        parameters: how to grow it.
        wishes: which periods; the default split where nothing is wished.
        label_delay: from a payment to its report, where the file does not tell.
        units: factors for amounts; the stream is learned once for each, with payers and receivers of its own.
        patterns: where kinds of fraud are told; figures are broken down by them. None: not asked for.
        folds: of the validation; 0 leaves it out.
        against: the folder of the model that serves, to compare with; None: nothing serves.
        strict: whether the guide's targets are part of the gate.
        costs: of decisions, for the scale and the report.
        tuning: what to try within the training period, to choose the parameters; None takes those given.
        scaling: what the scale is made for.
        features: what the model reads.
    """

    transactions: Path
    out: Path
    version: str
    parameters: HyperParameters = field(default_factory=HyperParameters)
    wishes: SplitWishes = field(default_factory=SplitWishes)
    label_delay: timedelta = timedelta(days=7)
    units: tuple[float, ...] = (1.0,)
    patterns: PatternSource | None = None
    folds: int = 0
    against: Path | None = None
    strict: bool = False
    costs: CostModel = field(default_factory=CostModel)
    tuning: TuningOrder | None = None
    scaling: ScaleWishes = field(default_factory=ScaleWishes)
    features: FeatureSet = BASELINE_SET


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was written and proven to load, how it came to be, and what is worth saying of its data."""

    card: ModelCard
    record: TrainingRecord
    used: Usage
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Instruments:
    """What figures are computed with.

    Attributes:
        rank: AUC and average precision.
        evaluate: every figure with its interval.
        drift: of features.
        stratified: the random split.
        render: the report, a page of HTML.
        calibrate: what answers are worth.
    """

    rank: Rank
    evaluate: Evaluate
    drift: FindDrift
    stratified: Stratified
    render: Callable[[ReportMaterial], str]
    calibrate: FitCalibration


class TrainModel:
    """Read, split, learn, calibrate, measure, judge, write, prove."""

    def __init__(  # noqa: PLR0913, PLR0917 - choosing, growing, measuring, keeping: one more than five
        self,
        read: Read,
        learner: Learner,
        tune: TuneModel,
        instruments: Instruments,
        shelf: ModelShelf,
        usage: Callable[[], Usage],
    ) -> None:  # fmt: skip
        self._read = read
        self._learner = learner
        self._tune = tune
        self._instruments = instruments
        self._calibrate = CalibrateModel(learner, instruments.calibrate)
        self._validate = ValidateModel(learner, instruments.rank, instruments.stratified)
        self._shelf = shelf
        self._usage = usage

    def __call__(self, order: TrainingOrder, progress: Progress) -> Trained:
        """Train a model; on return it lies in its folder and has been loaded from there.

        Raises:
            UnusableDataError: the file, the split, the folds or the folder will not do.
            ModelRejectedError: what was written does not load as it should.
        """
        start = self._usage()
        self._shelf.require_room(order.out)
        progress("Reading the file", 0.0)
        stream = self._read(order.transactions, order.label_delay, order.patterns, order.features)
        split = stream.split(order.wishes, order.label_delay)
        folds = split.forward(order.folds) if order.folds else ()
        train, tests, part = _examples(stream, split, order.units, progress)
        tuning = self._tuned(stream, split, order, progress)
        wanted = tuning.best.parameters if tuning else order.parameters
        model, stopping = grow(self._learner, train, split, wanted, lambda done: progress("Growing trees", done))
        parameters = replace(wanted, iterations=stopping.trees) if stopping else wanted
        validation = self._validate(stream, folds, train[0], parameters, progress) if folds else None
        scaling = self._calibrate(part, parameters, order.scaling, order.costs, partial(progress, "Calibrating"))
        progress("Measuring on later payments", 0.0)
        raw = [self._learner.probabilities(model, test) for test in tests]
        meaning, scaling = scaling.meaning, held_against(scaling, raw[0], tests[0])
        scores, measuring = meaning.scores(raw[0]), partial(measure, self._instruments.rank, meaning)
        evaluation = self._evaluated(tests[0], scores, order)
        serving, notes = self._serving(order, tests[0])
        card, bands = build_card(order.version, model, meaning, tests[0], raw[0])
        record = TrainingRecord(
            source=stream.source,
            split=split,
            parameters=parameters,
            units=order.units,
            train_rows=sum(examples.rows for examples in train),
            train_frauds=sum(examples.frauds for examples in train),
            measured=tuple(starmap(measuring, zip(order.units, tests, raw, strict=True))),
            bands=bands,
            libraries=self._learner.libraries,
            evaluation=evaluation,
            verdict=AcceptanceGate().judge(evaluation, _tested(stream, split), serving, strict=order.strict),
            validation=validation,
            drift=self._instruments.drift(order.features.names, train[0], tests[0]),
            tuning=tuning,
            stopping=stopping,
            scaling=scaling,
            scores=Histogram.of(scores),
        )
        used = self._usage().since(start)
        scorer = self._kept(order, (model, card, record, used), (tests[0], scores, raw[0]), progress)
        return Trained(scorer.card, record, used, (*stream.notes, *scaling.notes, *notes))

    def _kept(
        self,
        order: TrainingOrder,
        made: tuple[bytes, ModelCard, TrainingRecord, Usage],
        measured: tuple[Examples, Sequence[float], Sequence[float]],
        progress: Progress,
    ) -> Scorer:
        """Write the model, load it from where it lies, and put its report beside it.

        Args:
            order: what was wanted.
            made: the model file's content, and what is told of it.
            measured: the payments of the test, their scores, and the model's answers before these were made of them.
            progress: told each step.
        """
        model, card, record, used = made
        self._shelf.put(order.out, model, card, record, used)
        progress("Loading what was written", 0.0)
        scorer = self._shelf.take(order.out)
        progress("Drawing the report", 0.0)
        test, scores, raw = measured
        material = ReportMaterial(
            card=scorer.card,
            record=record,
            test=test,
            scores=scores,
            explained=_explained(scorer, test, canary_rows(test.rows, EXPLAINED)),
            riskiest=_explained(scorer, test, nlargest(RISKIEST, range(test.rows), key=raw.__getitem__)),
            policy=RiskPolicy(),
            costs=order.costs,
            raw=raw,
        )
        self._shelf.add_report(order.out, self._instruments.render(material))
        self._tune.forget(order.out)
        return scorer

    def _tuned(self, stream: PaymentStream, split: Split, order: TrainingOrder, progress: Progress) -> Tuning | None:
        if order.tuning is None:
            return None
        return self._tune(stream, split, (order.tuning, order.parameters), order.out, progress)

    def _evaluated(self, test: Examples, scores: Sequence[float], order: TrainingOrder) -> Evaluation:
        return self._instruments.evaluate(test, scores, RiskPolicy(), order.parameters.seed)

    def _serving(self, order: TrainingOrder, test: Examples) -> tuple[Rival | None, tuple[str, ...]]:
        """What the model that serves reaches on the same payments, by the same draws; or why it was not asked."""
        if order.against is None:
            return None, ()
        try:
            card, model = self._shelf.content(order.against)
            learned = self._shelf.learned(order.against)
        except ModelRejectedError as error:
            return None, (f"The serving model could not be compared with. {error}",)
        if not order.features.begins_with(card.set):
            return None, (f"The serving model {card.version} reads {card.feature_set} features; it was not compared.",)
        scores = card.meaning.scores(self._learner.probabilities(model, test))
        return Rival(card.version, self._evaluated(test, scores, order), learned), ()


def _examples(
    stream: PaymentStream, split: Split, units: tuple[float, ...], progress: Progress
) -> tuple[list[Examples], list[Examples], LaterPart]:
    """What to learn from and what to measure on, a table a unit; and the training period in its two parts."""
    later = split.later_part()
    train, tests, learned, judged = [], [], [], []
    for done, unit in enumerate(units):
        progress("Computing features", done / len(units))
        (to_learn, to_measure), *parts = stream.folds([split, *([later] if later else [])], unit)
        train.append(to_learn)
        tests.append(to_measure)
        learned += [earlier for earlier, _ in parts]
        judged += [after for _, after in parts]
    for name, examples in (("training", train[0]), ("test", tests[0])):
        if not examples.has_both_kinds:
            message = f"The {name} period has {examples.rows:,} payments, {examples.frauds:,} of them known as fraud; "
            raise UnusableDataError(f"{message}it needs some of either kind ({split}).")
    return train, tests, LaterPart(train[0], later, learned, judged[0] if judged else None)


def _tested(stream: PaymentStream, split: Split) -> Stretch:
    return Stretch(stream.source.name, stream.source.sha256, split.test_from, split.test_to)


def _explained(scorer: Scorer, test: Examples, rows: Sequence[int]) -> Explained:
    vectors = vectors_of(test, rows)
    return Explained(vectors, [scored.contributions for scored in scorer.score(vectors)])
