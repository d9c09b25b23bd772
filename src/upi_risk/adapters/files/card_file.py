"""``card.json``: what a model is, how it came to be and what it is worth, for programs and for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from upi_risk.adapters.files.meaning_file import MeaningPart
from upi_risk.adapters.files.seal import UNSEALED, sealed
from upi_risk.domain.gate import Stretch
from upi_risk.domain.meaning import AS_IT_IS
from upi_risk.domain.model import Canary, ConfidenceCurve, ModelCard
from upi_risk.domain.registry import ModelSheet
from upi_risk.domain.training import TrainingRecord

FORMAT: Final = 3
"""Raised when an older release could no longer read a card rightly; 2 since raw answers may be no scores, 3 since cards
have seals."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file a model was learned from."""

    name: str
    sha256: str
    rows: int
    frauds: int
    first_at: datetime
    last_at: datetime
    cleaning: dict[str, int] = {}


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The periods, in UTC; ends are exclusive."""

    train_from: datetime
    train_to: datetime
    test_from: datetime
    test_to: datetime
    label_delay_seconds: float
    known_since: datetime | None


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the model was grown."""

    source: Source
    split: Split
    rows: int
    frauds: int
    units: tuple[float, ...]
    iterations: int
    depth: int
    learning_rate: float
    seed: int
    l2_leaf_reg: float = 3.0
    fraud_weight: float = 1.0
    feature_share: float = 1.0
    chosen: str | None = None
    """How the parameters were chosen, in words."""
    stopping: dict[str, int] | None = None
    """How the number of trees was found; see :class:`~upi_risk.domain.stopping.Stopping`."""
    libraries: dict[str, str]
    monotone: bool = False


class AtThreshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What flagging from a threshold on gives."""

    threshold: float
    alerts: int
    precision: float
    recall: float
    f1: float


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Figures on the test period, for amounts in one unit."""

    unit: float
    rows: int
    frauds: int
    auc: float
    average_precision: float
    card_precision_at_100: float
    brier: float
    thresholds: tuple[AtThreshold, ...]


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Scores up to an edge: fraud expected of them, and fraud that came."""

    upto: float
    rows: int
    expected: float
    observed: float


class Confidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The confidence curve, and how it held on later payments."""

    edges: tuple[float, ...]
    fraud_rates: tuple[float, ...]
    held: tuple[Band, ...]


class CanaryRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A vector and the probability that the model gave it."""

    vector: tuple[float, ...]
    probability: float


class CardFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The document."""

    format: int
    version: str
    feature_set: str
    features: tuple[str, ...]
    fingerprint: str
    sha256: str
    split: str
    metrics: tuple[Metrics, ...]
    training: Training
    confidence: Confidence
    canaries: tuple[CanaryRow, ...]
    evaluation: dict[str, Any] | None = None
    """Figures with intervals; absent from older cards, and open for more."""
    meaning: MeaningPart | None = None
    """Absent from older cards: their raw answers are scores."""
    seal: str | None = None
    """A digest of the whole document, see :mod:`upi_risk.adapters.files.seal`; absent from older cards."""

    def card(self) -> ModelCard:
        """The part that serving needs."""
        return ModelCard(
            version=self.version,
            feature_set=self.feature_set,
            features=self.features,
            fingerprint=self.fingerprint,
            sha256=self.sha256,
            confidence=ConfidenceCurve(self.confidence.edges, self.confidence.fraud_rates),
            canaries=tuple(Canary(row.vector, row.probability) for row in self.canaries),
            meaning=self.meaning.value() if self.meaning else AS_IT_IS,
        )

    def learned(self) -> Stretch:
        """What it learned from."""
        source, split = self.training.source, self.training.split
        return Stretch(source.name, source.sha256, split.train_from, split.train_to)

    def sheet(self) -> ModelSheet:
        """What a person wants to know before the model serves."""
        measured, training = self.metrics[0], self.training
        figures = {
            "AUC": measured.auc,
            "average precision": measured.average_precision,
            "card precision@100": measured.card_precision_at_100,
            "Brier score": measured.brier,
        }
        for number, at in enumerate(measured.thresholds):
            where = f"{'from' if number == 0 else 'above'} {at.threshold:g}"
            figures |= {f"precision {where}": at.precision, f"recall {where}": at.recall, f"F1 {where}": at.f1}
        grown = {
            "test payments, frauds": f"{measured.rows:,}, {measured.frauds:,}",
            "training payments, frauds": f"{training.rows:,}, {training.frauds:,}",
            "learned from": f"{training.source.name}, {training.source.rows:,} payments",
            "SHA-256 of the data": training.source.sha256,
            "cleaning": _pairs(training.source.cleaning),
            "label delay": f"{training.split.label_delay_seconds / 86_400:g} days",
            "amounts times": ", ".join(f"{unit:g}" for unit in training.units),
            "trees, depth": f"{training.iterations}, {training.depth}",
            "learning rate, seed": f"{training.learning_rate:g}, {training.seed}",
            "L2, weight of a fraud, share of features": f"{training.l2_leaf_reg:g}, {training.fraud_weight:g}, "
            f"{training.feature_share:g}",
            "parameters chosen": training.chosen or "by hand",
            "held to the direction of sense": "yes" if training.monotone else "no",
            "libraries": _pairs(training.libraries),
        }
        return ModelSheet(self.card(), self.split, tuple(figures.items()), tuple(grown.items()))


def _pairs(items: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in items.items())


def metrics_of(record: TrainingRecord) -> tuple[Metrics, ...]:
    """The figures of a record, in the shape that files have."""
    return tuple(
        Metrics(
            unit=measured.unit,
            rows=measured.rows,
            frauds=measured.frauds,
            auc=measured.auc,
            average_precision=measured.average_precision,
            card_precision_at_100=measured.card_precision_at_100,
            brier=measured.brier,
            thresholds=tuple(
                AtThreshold(
                    threshold=flagged.threshold,
                    alerts=flagged.alerts,
                    precision=flagged.precision,
                    recall=flagged.recall,
                    f1=flagged.f1,
                )
                for flagged in measured.flagged
            ),
        )
        for measured in record.measured
    )


def write_card(card: ModelCard, record: TrainingRecord) -> bytes:
    """The content of a ``card.json``; the same card and record give the same bytes."""
    document = CardFile(
        format=FORMAT,
        version=card.version,
        feature_set=card.feature_set,
        features=card.features,
        fingerprint=card.fingerprint,
        sha256=card.sha256,
        split=str(record.split),
        metrics=metrics_of(record),
        training=_training(record),
        confidence=Confidence(
            edges=card.confidence.edges,
            fraud_rates=card.confidence.fraud_rates,
            held=tuple(
                Band(upto=band.upto, rows=band.rows, expected=band.expected, observed=band.observed)
                for band in record.bands
            ),
        ),
        canaries=tuple(CanaryRow(vector=row.vector, probability=row.probability) for row in card.canaries),
        evaluation=msgspec.to_builtins(record.evaluation),
        meaning=MeaningPart.of(card.meaning),
        seal=UNSEALED,
    )
    return sealed(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")


_OF_PARAMETERS: Final = (
    "iterations", "depth", "learning_rate", "seed", "l2_leaf_reg", "fraud_weight", "feature_share", "monotone",
)  # fmt: skip


def _training(record: TrainingRecord) -> Training:
    source, split, parameters = record.source, record.split, record.parameters
    return Training(
        source=Source(
            name=source.name,
            sha256=source.sha256,
            rows=source.rows,
            frauds=source.frauds,
            first_at=source.first_at,
            last_at=source.last_at,
            cleaning=dict(source.cleaning),
        ),
        split=Split(
            train_from=split.train_from,
            train_to=split.train_to,
            test_from=split.test_from,
            test_to=split.test_to,
            label_delay_seconds=split.label_delay.total_seconds(),
            known_since=split.known_since,
        ),
        rows=record.train_rows,
        frauds=record.train_frauds,
        units=record.units,
        **{name: getattr(parameters, name) for name in _OF_PARAMETERS},
        chosen=None if record.tuning is None else str(record.tuning),
        stopping=msgspec.to_builtins(record.stopping),
        libraries=dict(record.libraries),
    )
