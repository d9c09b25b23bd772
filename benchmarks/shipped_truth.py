"""A shipped model by what is true of a simulated stream, and on payments made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.metrics import precision_recall_curve

from upi_risk.adapters.catboost.learner import CatBoostLearner
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_folder import ModelFolders
from upi_risk.adapters.polars.features import feature_table
from upi_risk.adapters.polars.payment_stream import FilePaymentStream
from upi_risk.adapters.polars.transactions_file import transactions_of
from upi_risk.domain.decision import Level
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.training import SplitWishes

DELAY: Final = timedelta(days=7)
WORKERS: Final = 2
PRECISION, RECALL = 0.85, 0.80
"""The guide's targets."""
RUPEES: Final = (500, 1_000, 2_500, 5_000, 20_000, 100_000)
HISTORY: Final = 30
NOON: Final = datetime(2025, 11, 1, 6, 30, tzinfo=UTC)


def by_truth(folder: Path, transactions: Path, truth: Path) -> dict[str, Any]:
    """Precision and recall of VERIFY and BLOCK in truth, and what the guide's targets cost by the reports.

    Args:
        folder: of the model.
        transactions: the stream that it learned from, split by default.
        truth: the file beside it, a row for each payment in the same order.
    """
    card, model = ModelFolders(open_scorer).content(folder)
    stream = FilePaymentStream.open(transactions, DELAY, None, card.set)
    split = stream.split(SplitWishes(), DELAY)
    test = stream.examples(split, 1.0)[1]
    scores = np.asarray(card.meaning.scores(CatBoostLearner(WORKERS).probabilities(model, test)))
    told = pl.read_parquet(truth, columns=["event_time", "y_true"])
    within = pl.col("event_time").is_between(split.test_from, split.test_to, closed="left")
    frauds = told.filter(within)["y_true"].to_numpy() == 1
    if len(frauds) != len(scores):
        raise SystemExit(f"{truth} is about other payments than {transactions}.")
    precision, recall, cuts = precision_recall_curve(np.asarray(test.labels), scores)
    enough, caught = precision[:-1] >= PRECISION, int(np.flatnonzero(recall[:-1] >= RECALL)[-1])
    policy = RiskPolicy()
    levels = np.array([policy.level(score) for score in scores.tolist()])
    return {
        "payments": len(scores),
        "frauds": int(frauds.sum()),
        "share": float(frauds.mean()),
        "medium": _hit(frauds, levels != Level.LOW),
        "high": _hit(frauds, levels == Level.HIGH),
        "recall_at_precision": float(recall[:-1][enough].max()) if enough.any() else 0.0,
        "precision_at_recall": float(precision[caught]),
        "alerts_at_recall": float((scores >= cuts[caught]).mean()),
    }


def by_hand(folder: Path) -> dict[str, Any]:
    """What a payer of 30 payments of 1,000 to 1,600 rupees, and a new one, score by the amount, at a new receiver."""
    card = ModelFolders(open_scorer).content(folder)[0]
    rows = pl.DataFrame(list(_payments()), orient="row", schema=_SCHEMA).sort("event_time", maintain_order=True)
    frame = transactions_of(rows, "made by hand").frame
    asked = frame["at_us"].to_numpy() == frame["at_us"].max()
    vectors = feature_table(frame, card.set).filter(pl.Series(asked)).to_numpy().astype(np.float32)
    raw = [one.probability for one in ModelFolders(open_scorer).take(folder).score(vectors.tolist())]
    scored = card.meaning.scores(raw)
    by_payer = dict(zip(frame.filter(pl.Series(asked))["user_id"].to_list(), scored, strict=True))
    return {
        "rupees": list(RUPEES),
        "known": [by_payer[f"known{rupees}"] for rupees in RUPEES],
        "new": [by_payer[f"new{rupees}"] for rupees in RUPEES],
    }


_SCHEMA: Final = ["event_time", "user_id", "receiver_id", "amount", "is_fraud", "signed_up_at", "login_count"]


def _payments() -> Iterator[tuple[datetime, str, str, float, int, datetime, int]]:
    for rupees in RUPEES:
        known, new = f"known{rupees}", f"new{rupees}"
        joined = NOON - timedelta(days=200)
        for day in range(HISTORY):
            amount = 1_000.0 + 600 * day / (HISTORY - 1)
            yield NOON - timedelta(days=HISTORY - day), known, f"{known}@shop{day % 6}", amount, 0, joined, 60
        yield NOON, known, f"{known}@new", float(rupees), 0, joined, 60
        yield NOON, new, f"{new}@new", float(rupees), 0, NOON - timedelta(hours=1), 1


def _hit(frauds: npt.NDArray[np.bool_], alerts: npt.NDArray[np.bool_]) -> dict[str, float]:
    both = float((frauds & alerts).sum())
    return {"precision": both / max(1, int(alerts.sum())), "recall": both / max(1, int(frauds.sum()))}
