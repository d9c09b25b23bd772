"""Small streams, small models, and what belongs to them."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
from catboost import CatBoostClassifier

from tests.builders import NOON
from upi_risk.adapters.catboost.learner import CatBoostLearner
from upi_risk.adapters.catboost.scorer import CatBoostScorer, described
from upi_risk.domain.confidence import fit_confidence
from upi_risk.domain.evaluation import Cut, Estimate, Evaluation, OperatingPoint, Part
from upi_risk.domain.examples import Examples, canary_rows
from upi_risk.domain.features import NAMES, Vector, fingerprint
from upi_risk.domain.gate import Rival, Stretch
from upi_risk.domain.metrics import Band, Flagged, Measured
from upi_risk.domain.model import Canary, ModelCard
from upi_risk.domain.stopping import Stopping
from upi_risk.domain.training import HyperParameters, Source, Split, TrainingRecord
from upi_risk.domain.tuning import Candidate, Tried, Tuning
from upi_risk.domain.validation import Fold, Trials, Validation

SMALL = HyperParameters(iterations=30, depth=3, learning_rate=0.1, l2_leaf_reg=3.0, feature_share=1.0)
A_DAY = timedelta(days=1)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def a_stream(days: int = 40, payments_a_day: int = 30, seed: int = 1) -> pl.DataFrame:
    """Payments of a few users, with a receiver that cheats more than others; the columns of a transactions file."""
    dice = random.Random(seed)  # noqa: S311 - made-up payments
    rows = []
    for day in range(days):
        for second in sorted(dice.sample(range(86_400), payments_a_day)):
            fraud = dice.random() < 0.06
            rows.append(
                {
                    "event_time": BEGIN + timedelta(days=day, seconds=second),
                    "user_id": f"U{dice.randrange(12)}",
                    "receiver_id": "mule" if dice.random() < (0.7 if fraud else 0.1) else f"R{dice.randrange(6)}",
                    "amount": round(dice.uniform(200, 4_000) if fraud else dice.uniform(10, 900), 2),
                    "is_fraud": int(fraud),
                }
            )
    return pl.DataFrame(rows)


def some_vectors(count: int, seed: int = 3) -> list[Vector]:
    """Vectors within the features' ranges, some values rounded so that they repeat."""
    dice = np.random.default_rng(seed)
    table = dice.normal(size=(count, len(NAMES))) * 10
    table[:, ::3] = table[:, ::3].round()
    return [tuple(row) for row in table.tolist()]


def some_examples(count: int = 2_000, seed: int = 3) -> Examples:
    """Payments whose outcome hangs on three features and on luck."""
    vectors = np.array(some_vectors(count, seed), dtype=np.float32)
    odds = vectors[:, 4] * 0.2 + vectors[:, 9] * vectors[:, 0] * 0.02 - 1
    labels = (np.random.default_rng(seed).random(count) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    numbers = np.arange(count, dtype=np.int64)
    return Examples(vectors.data, labels.data, (numbers // 50).data, (numbers % 7).data, (numbers * 100 + 100).data)


def a_card(model: bytes, vectors: list[Vector], probabilities: list[float], version: str = "v1.0") -> ModelCard:
    """The card of a model that gives these vectors these probabilities."""
    return ModelCard(
        version=version,
        feature_set="baseline",
        features=NAMES,
        fingerprint=fingerprint(),
        sha256=hashlib.sha256(model).hexdigest(),
        confidence=fit_confidence(probabilities, [0] * len(probabilities)),
        canaries=tuple(map(Canary, vectors, probabilities)),
    )


def a_record() -> TrainingRecord:
    """How some model came to be."""
    return TrainingRecord(
        source=Source("payments.csv", "0" * 64, rows=10, frauds=2, first_at=NOON, last_at=NOON + 30 * A_DAY),
        split=Split(NOON, NOON + 10 * A_DAY, NOON + 17 * A_DAY, NOON + 30 * A_DAY, 7 * A_DAY),
        parameters=SMALL,
        units=(1.0,),
        train_rows=8,
        train_frauds=1,
        measured=(Measured(1.0, 2, 1, 0.9, 0.5, 0.01, 0.1, (Flagged(0.35, 3, 1, 2), Flagged(0.65, 0, 0, 2))),),
        bands=(Band(1.0, 2, 0.25, 0.5),),
        libraries=(("catboost", "1"),),
    )


@cache
def a_small_model(seed: int = 7) -> tuple[bytes, ModelCard]:
    """A CatBoost model of a few trees, and its card."""
    examples, learner = some_examples(), CatBoostLearner(workers=1)
    model = learner.learn([examples], replace(SMALL, seed=seed), lambda _: None)
    probabilities = list(learner.probabilities(model, examples))
    rows = canary_rows(examples.rows, 20)
    vectors = [tuple(float(examples.vectors[row, column]) for column in range(len(NAMES))) for row in rows]
    return model, a_card(model, vectors, [probabilities[row] for row in rows])


def scorer_of(model: CatBoostClassifier, card: ModelCard) -> CatBoostScorer:
    """A scorer of a model that is at hand, and in no file."""
    return CatBoostScorer(described(model), card, lambda: model)


def an_evaluation(  # noqa: PLR0913 - one argument a figure
    *,
    auc: float = 0.95,
    average_precision: float = 0.7,
    rupee_recall: float = 0.5,
    precision: float = 0.9,
    recall: float = 0.9,
    f1: float = 0.9,
) -> Evaluation:
    """Figures of some model, each with an interval of 0.05 to either side."""

    def about(value: float) -> Estimate:
        return Estimate(value, value - 0.05, value + 0.05)

    shares = (about(precision), about(recall), about(f1))
    rupees = (about(1_000), about(rupee_recall), about(12))
    return Evaluation(
        rows=2_000,
        frauds=20,
        repetitions=300,
        seed=7,
        auc=about(auc),
        average_precision=about(average_precision),
        card_precision_at_100=about(0.3),
        points=tuple(OperatingPoint(cut, 0.35, 30, *shares, *rupees) for cut in Cut),
        by_month=(Part("2026-01", 2_000, 20, about(auc)), Part("2026-02", 10, 0)),
        by_pattern=(Part("mule", 1_990, 10, about(auc)),),
    )


A_TEST = Stretch("payments.csv", "a" * 64, BEGIN + 40 * A_DAY, BEGIN + 50 * A_DAY)
"""What :func:`an_evaluation` might be of."""


def a_rival(evaluation: Evaluation) -> Rival:
    """A serving model that learned part of :data:`A_TEST`: the comparison is not fair."""
    return Rival("v0.9", evaluation, replace(A_TEST, begin=BEGIN, end=A_TEST.begin + 3 * A_DAY))


STOPPING = Stopping(50, 1_000, 19, 300, 100, 5)


def a_tuning() -> Tuning:
    """Two candidates on two folds; the second one is better."""
    folds = a_validation().prequential.folds
    return Tuning(
        "grid",
        tuple(
            Candidate(
                replace(SMALL, depth=depth),
                tuple(Tried(replace(fold, auc=auc, average_precision=auc / 2), 30 - depth) for fold in folds),
            )
            for depth, auc in ((2, 0.8), (4, 0.9))
        ),
    )


def a_validation() -> Validation:
    """Two folds of either kind; the random ones flatter."""
    forward = (
        Fold("2026-01-05 .. 2026-01-09", 10, 5, 1, 0.8, 0.4),
        Fold("2026-01-09 .. 2026-01-13", 20, 5, 1, 0.9, 0.5),
    )
    drawn = (Fold("random 1", 10, 5, 1, 0.95, 0.6), Fold("random 2", 10, 5, 1, 0.95, 0.7))
    return Validation(Trials(forward), Trials(drawn))
