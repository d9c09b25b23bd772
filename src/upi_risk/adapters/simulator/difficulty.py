"""How hard a population is: what models reach on it, and the best attainable (domain facts, 7.7, tests 5, 7 to 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from catboost import CatBoostClassifier
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from upi_risk.adapters.simulator.acceptance import Stream, area
from upi_risk.adapters.simulator.arrays import Bools, Floats
from upi_risk.adapters.simulator.hindsight import hidden_facts
from upi_risk.adapters.simulator.parameters import PURPOSE, PURPOSES
from upi_risk.adapters.simulator.scenarios import SCENARIOS
from upi_risk.domain.indian_time import DAY_US
from upi_risk.domain.simulation import Figure
from upi_risk.domain.training import TRAINING_SHARE

_GAP_DAYS: Final = 7
_ONE_IN: Final = 5
"""Of honest payments one in so many is learned from; it costs no ranking and saves most of the time."""
_TREES: Final = 200
_SHUFFLES: Final = 4
_SHUFFLED_TREES: Final = 20
_DEPTH: Final = 6
_L2: Final = 10.0
_LEARNING_RATE: Final = 0.06
_SEED: Final = 7
_ALERT_RATE: Final = 0.01
_LARGE: Final = np.array([PURPOSES[PURPOSE["large person"]].name, PURPOSES[PURPOSE["large merchant"]].name])

_RULES: Final = (
    ("is_first_time", 1, 2, 1.0),
    ("is_known_receiver", 1, 2, -1.0),
    ("amount_ratio", 3, 10, 1.0),
    ("amount_ratio", 10, np.inf, 2.0),
    ("is_large_amount", 1, 2, 1.0),
    ("amount", 2_000, np.inf, 1.0),
    ("time_since_last_txn", 0, 600, 1.0),
    ("hour_of_day", 0, 6, 1.0),
    ("receiver_reputation", 0.0, 0.5, 2.0),
)
"""Feature, from, below, points."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Exam:
    """Earlier payments to learn from, later ones to be tried on.

    Attributes:
        learned: whether each payment is learned from; a week lies between them and the test.
        tested: whether each payment is in the test.
        truth: whether each payment is fraud.
        known: whether it was reported as fraud when the test began.
    """

    learned: Bools
    tested: Bools
    truth: Bools
    known: Bools


def difficulty_figures(stream: Stream, workers: int, progress: Progress) -> Iterator[Figure]:
    """What rules, the fourteen features and all that can be known reach on the last fifth of the payments."""
    exam = _exam(stream)
    fourteen = stream.features.to_numpy().astype(np.float32)
    truth = exam.truth[exam.tested]
    if not truth.any() or not exam.known[exam.learned].any():
        yield Figure("test: frauds to be found", float(truth.sum()), 1)
        return
    progress("The fourteen features", 0.6)
    by_reports = _scores(fourteen, exam, exam.known, workers)
    progress("Labels shuffled", 0.7)
    by_chance = _by_chance(fourteen, exam, workers)
    progress("The best attainable", 0.8)
    everything = np.column_stack([fourteen, *hidden_facts(stream).values()]).astype(np.float32)
    best = _scores(everything, exam, exam.truth, workers)
    progress("The same, from reports", 0.93)
    with_reports = _scores(everything, exam, exam.known, workers)
    yield from _ranked(exam, _rules(stream)[exam.tested], by_reports, best)
    observed, told = (float(average_precision_score(truth, scores)) for scores in (with_reports, best))
    yield Figure("hidden facts, labels as reported: AUC", area(with_reports, truth), None, 0.98, model_auc=True)
    yield Figure("hidden facts: average precision lost to late and partial labels", 1 - observed / told, 0.15, 0.35)
    yield Figure("14 features, labels shuffled: AUC", by_chance, 0.48, 0.52)
    yield from _found(stream, exam, by_reports, best)


def _exam(stream: Stream) -> Exam:
    at = stream.frame["at_us"].to_numpy()
    begin = int(at[int(len(at) * TRAINING_SHARE)])
    reported = stream.frame["reported_us"].fill_null(np.iinfo(np.int64).max).to_numpy()
    return Exam(at < begin - _GAP_DAYS * DAY_US, at >= begin, stream.fraud, reported < begin)


def _by_chance(table: NDArray[np.float32], exam: Exam, workers: int) -> float:
    """The mean AUC of models that learned from labels shuffled over all payments, on labels shuffled alike."""
    rng, areas = np.random.default_rng(_SEED), []
    for _ in range(_SHUFFLES):
        shuffled = rng.permutation(exam.known)
        scores = _scores(table, exam, shuffled, workers, _SHUFFLED_TREES)
        areas.append(area(scores, shuffled[exam.tested]))
    return float(np.mean(areas))


def _scores(table: NDArray[np.float32], exam: Exam, labels: Bools, workers: int, trees: int = _TREES) -> Floats:
    """What a model that learned from these labels says of the payments of the test."""
    kept = labels | (np.arange(len(labels)) % _ONE_IN == 0)
    rows = exam.learned & kept
    model = CatBoostClassifier(
        iterations=trees,
        depth=_DEPTH,
        l2_leaf_reg=_L2,
        learning_rate=_LEARNING_RATE,
        random_seed=_SEED,
        thread_count=workers,
        allow_writing_files=False,
        logging_level="Silent",
    )
    model.fit(table[rows], labels[rows].astype(np.int8))
    scores: Floats = model.predict(table[exam.tested], prediction_type="RawFormulaVal", thread_count=workers)
    return scores


def _rules(stream: Stream) -> Floats:
    """What a careful person would write down without data: a point or two for each thing that looks odd."""
    of = {name: stream.features[name].to_numpy() for name in stream.features.columns}
    points = np.zeros(stream.features.height)
    for name, low, high, worth in _RULES:
        points += worth * ((of[name] >= low) & (of[name] < high))
    return points


def _ranked(exam: Exam, rules: Floats, by_reports: Floats, best: Floats) -> Iterator[Figure]:
    truth = exam.truth[exam.tested]
    yield Figure("test: frauds to be found", float(truth.sum()), 1)
    yield Figure("rules: AUC", area(rules, truth), 0.80, 0.86)
    yield Figure("14 features, labels as reported: AUC", area(by_reports, truth), 0.88, 0.93, model_auc=True)
    yield Figure("best attainable from hidden truth: AUC", area(best, truth), 0.955, 0.975, model_auc=True)
    for name, scores in (("rules", rules), ("14 features", by_reports), ("best attainable", best)):
        yield Figure(f"{name}: average precision", float(average_precision_score(truth, scores)))


def _found(stream: Stream, exam: Exam, by_reports: Floats, best: Floats) -> Iterator[Figure]:
    """Recall by scenario when one payment in a hundred is looked at, and how many unlucky honest ones are."""
    scenario = stream.truth["scenario"].fill_null("").to_numpy()[exam.tested]
    alerted, ours = (scores >= np.quantile(scores, 1 - _ALERT_RATE) for scores in (best, by_reports))
    targets = {"takeover": (0.60, None), "look-alike": (None, 0.35)}
    for entry in SCENARIOS:
        rows = scenario == entry.name
        if rows.any():
            low, high = targets.get(entry.name, (None, None))
            yield Figure(
                f"best attainable at 1 % alerts, recall of {entry.name}", float(alerted[rows].mean()), low, high
            )
            yield Figure(f"14 features at 1 % alerts, recall of {entry.name}", float(ours[rows].mean()))
    unlucky = np.isin(stream.truth["purpose"].to_numpy()[exam.tested], _LARGE)
    if unlucky.any():
        yield Figure("14 features at 1 % alerts: large honest first payments stopped", float(ours[unlucky].mean()))
