"""Write the ``reference.json`` of a model that was trained before there was one, from the file that it learned from.

    .venv/bin/python tools/write_reference.py artifacts/models/v1.0 ../shared/data/handbook.parquet

Neither the model nor its card is touched. The file must be the very one that the card names, and the rows that the card
brings along must come out of it again: then the period and the features are those of training.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import numpy as np

from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.card_reading import read_card
from upi_risk.adapters.files.model_folder import CARD, REFERENCE, ModelFolders, write_whole
from upi_risk.adapters.files.reference_file import write_reference
from upi_risk.adapters.numpy.drift import feature_drift
from upi_risk.adapters.polars.payment_stream import FilePaymentStream
from upi_risk.application.build_card import vectors_of
from upi_risk.domain.drift import Histogram
from upi_risk.domain.examples import canary_rows
from upi_risk.domain.training import SplitWishes

DELAY = timedelta(days=7)
"""The label delay that the shipped models were trained with, the default."""


def main(folder: Path, transactions: Path) -> None:
    """Read the file, take the card's periods, write how features and scores are spread."""
    scorer = ModelFolders(open_scorer).take(folder)
    card, learned = scorer.card, read_card((folder / CARD).read_bytes(), folder.name).learned()
    stream = FilePaymentStream.open(transactions, DELAY, None, card.set)
    split = stream.split(SplitWishes(), DELAY)
    found = (stream.source.sha256, split.train_from, split.train_to)
    if found != (learned.sha256, learned.begin, learned.end):
        raise SystemExit(f"{card.version} learned from another file or period: {learned}, not {found}.")
    train, test = stream.examples(split, 1.0)
    brought = [canary.vector for canary in card.canaries]
    if vectors_of(test, canary_rows(test.rows, len(brought))) != brought:
        raise SystemExit(f"The rows that {card.version} brings along are others: so are its features.")
    rows = np.asarray(test.vectors)
    raw = [scored.probability for part in np.array_split(rows, 1_000) for scored in scorer.score(part.tolist())]
    scores = Histogram.of(card.meaning.scores(raw))
    drift = feature_drift(card.features, train, test)
    write_whole(folder / REFERENCE, write_reference(drift, scores, card.sha256))
    print(f"{folder / REFERENCE}: {train.rows:,} payments learned from, scores of {test.rows:,} later ones.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
