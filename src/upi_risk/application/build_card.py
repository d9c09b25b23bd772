"""The card of a model that was just grown."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from upi_risk.domain.confidence import check_confidence, fit_confidence
from upi_risk.domain.examples import Examples, canary_rows
from upi_risk.domain.feature_sets import FEATURE_SETS
from upi_risk.domain.features import Vector
from upi_risk.domain.meaning import Meaning
from upi_risk.domain.metrics import Band
from upi_risk.domain.model import Canary, ModelCard

CANARIES: Final = 200


def vectors_of(examples: Examples, rows: Sequence[int]) -> list[Vector]:
    """Some rows as vectors."""
    return [
        tuple(examples.vectors[row, column] for column in range(len(FEATURE_SETS[examples.feature_set].names)))
        for row in rows
    ]


def build_card(
    version: str, model: bytes, meaning: Meaning, test: Examples, raw: Sequence[float]
) -> tuple[ModelCard, tuple[Band, ...]]:
    """The card, with confidence from the earlier half of the test, and what became of it in the later half.

    Args:
        version: the model's name.
        model: the content of its file.
        meaning: of its raw answers.
        test: payments measured on.
        raw: the model's answer to each.
    """
    labels, scores, half = test.labels.tolist(), meaning.scores(raw), test.rows // 2
    rows, features = canary_rows(test.rows, CANARIES), FEATURE_SETS[test.feature_set]
    confidence = fit_confidence(scores[:half], labels[:half])
    bands = check_confidence(confidence, scores[half:], labels[half:])
    if meaning.base_rate is not None:  # a like score is less often fraud where fraud is rarer
        confidence = replace(confidence, fraud_rates=tuple(map(meaning.base_rate, confidence.fraud_rates)))
    card = ModelCard(
        version=version,
        feature_set=features.name,
        features=features.names,
        fingerprint=features.fingerprint,
        sha256=hashlib.sha256(model).hexdigest(),
        confidence=confidence,
        canaries=tuple(map(Canary, vectors_of(test, rows), [raw[row] for row in rows])),
        meaning=meaning,
    )
    return card, bands
