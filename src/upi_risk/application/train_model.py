"""From a recorded stream to a model that may serve, and the figures it earned on later payments."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from upi_risk.domain.confidence import SCORE_DIGITS, check_confidence, fit_confidence
from upi_risk.domain.decision import Level
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.features import NAMES, fingerprint
from upi_risk.domain.learning_ports import Learner, ModelShelf, PaymentStream, Usage
from upi_risk.domain.metrics import Band, Measured, brier, card_precision, flagged
from upi_risk.domain.model import Canary, ModelCard
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.training import (
    Examples,
    HyperParameters,
    Split,
    SplitWishes,
    TrainingRecord,
    canary_rows,
)

CANARIES: Final = 200

Progress = Callable[[str, float], None]
"""Told what is being done and the share of it that is done."""

Rank = Callable[[Sequence[int], Sequence[float]], tuple[float, float]]
"""The AUC and the average precision of scores, given labels of both kinds."""


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
    """

    transactions: Path
    out: Path
    version: str
    parameters: HyperParameters = field(default_factory=HyperParameters)
    wishes: SplitWishes = field(default_factory=SplitWishes)
    label_delay: timedelta = timedelta(days=7)
    units: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was written and proven to load, how it came to be, and what is worth saying of its data."""

    card: ModelCard
    record: TrainingRecord
    used: Usage
    notes: tuple[str, ...]


class TrainModel:
    """Read, split, learn, measure, write, prove."""

    def __init__(
        self,
        read: Callable[[Path, timedelta], PaymentStream],
        learner: Learner,
        rank: Rank,
        shelf: ModelShelf,
        usage: Callable[[], Usage],
    ) -> None:
        self._read = read
        self._learner = learner
        self._rank = rank
        self._shelf = shelf
        self._usage = usage

    def __call__(self, order: TrainingOrder, progress: Progress) -> Trained:
        """Train a model; on return it lies in its folder and has been loaded from there.

        Raises:
            UnusableDataError: the file, the split or the folder will not do.
            ModelRejectedError: what was written does not load as it should.
        """
        start = self._usage()
        self._shelf.require_room(order.out)
        progress("Reading the file", 0.0)
        stream = self._read(order.transactions, order.label_delay)
        split = stream.split(order.wishes, order.label_delay)
        train, tests = _examples(stream, split, order.units, progress)
        model = self._learner.learn(train, order.parameters, lambda done: progress("Growing trees", done))
        progress("Measuring on later payments", 0.0)
        scores = [self._learner.probabilities(model, test) for test in tests]
        card, bands = _card(order.version, model, tests[0], scores[0])
        record = TrainingRecord(
            source=stream.source,
            split=split,
            parameters=order.parameters,
            units=order.units,
            train_rows=sum(examples.rows for examples in train),
            train_frauds=sum(examples.frauds for examples in train),
            measured=tuple(map(self._measured, order.units, tests, scores)),
            bands=bands,
            libraries=self._learner.libraries,
        )
        used = self._usage()
        used = Usage(used.seconds - start.seconds, used.peak_memory_mib)
        self._shelf.put(order.out, model, card, record, used)
        progress("Loading what was written", 0.0)
        return Trained(self._shelf.take(order.out).card, record, used, stream.notes)

    def _measured(self, unit: float, test: Examples, scores: Sequence[float]) -> Measured:
        policy, labels = RiskPolicy(), test.labels.tolist()
        auc, average_precision = self._rank(labels, scores)
        levels = [policy.level(round(score, SCORE_DIGITS)) for score in scores]
        return Measured(
            unit=unit,
            rows=test.rows,
            frauds=test.frauds,
            auc=auc,
            average_precision=average_precision,
            card_precision_at_100=card_precision(test.days.tolist(), test.payers.tolist(), scores, labels),
            brier=brier(scores, labels),
            flagged=(
                flagged(policy.medium_from, (level is not Level.LOW for level in levels), labels),
                flagged(policy.high_above, (level is Level.HIGH for level in levels), labels),
            ),
        )


def _examples(
    stream: PaymentStream, split: Split, units: tuple[float, ...], progress: Progress
) -> tuple[list[Examples], list[Examples]]:
    """What to learn from and what to measure on, a table a unit."""
    train, tests = [], []
    for done, unit in enumerate(units):
        progress("Computing features", done / len(units))
        to_learn, to_measure = stream.examples(split, unit)
        train.append(to_learn)
        tests.append(to_measure)
    for name, examples in (("training", train[0]), ("test", tests[0])):
        if not 0 < examples.frauds < examples.rows:
            message = f"The {name} period has {examples.rows:,} payments, {examples.frauds:,} of them known as fraud; "
            raise UnusableDataError(f"{message}it needs some of either kind ({split}).")
    return train, tests


def _card(version: str, model: bytes, test: Examples, scores: Sequence[float]) -> tuple[ModelCard, tuple[Band, ...]]:
    """The card, with confidence from the earlier half of the test, and what became of it in the later half."""
    labels, half = test.labels.tolist(), test.rows // 2
    confidence = fit_confidence(scores[:half], labels[:half])
    card = ModelCard(
        version=version,
        feature_set="baseline",
        features=NAMES,
        fingerprint=fingerprint(),
        sha256=hashlib.sha256(model).hexdigest(),
        confidence=confidence,
        canaries=tuple(
            Canary(tuple(test.vectors[row, column] for column in range(len(NAMES))), scores[row])
            for row in canary_rows(test.rows, CANARIES)
        ),
    )
    return card, check_confidence(confidence, scores[half:], labels[half:])
