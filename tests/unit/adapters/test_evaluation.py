"""Figures with intervals, against the plain definitions and against scikit-learn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from tests.learning import some_examples
from upi_risk.adapters.numpy.cards import Cards
from upi_risk.adapters.numpy.drift import feature_drift
from upi_risk.adapters.numpy.evaluation import REPETITIONS, evaluate
from upi_risk.adapters.numpy.ranked import Ranked
from upi_risk.adapters.sklearn.ranking import rank
from upi_risk.adapters.sklearn.stratified import stratified
from upi_risk.domain.evaluation import Cut, Evaluation, Part
from upi_risk.domain.examples import Examples
from upi_risk.domain.features import NAMES
from upi_risk.domain.metrics import card_precision, flagged
from upi_risk.domain.policy import RiskPolicy

POLICY = RiskPolicy()
FIRST = (datetime(2026, 1, 20, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days


def a_test(rows: int = 3_000, payers: int = 200, days: int = 40, seed: int = 5) -> tuple[Examples, list[float]]:
    """Payments and scores that know a little of them; many scores are equal."""
    dice = np.random.default_rng(seed)
    labels = (dice.random(rows) < 0.05).astype(np.int8)
    scores = np.round(np.clip(dice.beta(1, 6, rows) + labels * dice.beta(2, 2, rows), 0, 1), 2)
    examples = Examples(
        np.zeros((rows, len(NAMES)), dtype=np.float32).data,
        labels.data,
        np.sort(dice.integers(FIRST, FIRST + days, rows)).data,
        dice.integers(1_000, 1_000 + payers, rows).data,
        dice.integers(100, 90_000, rows).data,
        ["takeover" if number % 3 else "mule" for number in range(rows)],
    )
    return examples, scores.tolist()


@pytest.fixture(scope="module")
def measured() -> Evaluation:
    return evaluate(*a_test(), POLICY, 7)


def test_the_figures_are_those_of_the_plain_definitions(measured: Evaluation) -> None:
    test, scores = a_test()
    labels = test.labels.tolist()
    assert (measured.auc.value, measured.average_precision.value) == pytest.approx(rank(labels, scores))
    assert measured.card_precision_at_100.value == pytest.approx(
        card_precision(test.days.tolist(), test.payers.tolist(), scores, labels)
    )
    for cut, flags in (
        (Cut.MEDIUM, [score >= 0.35 for score in scores]),
        (Cut.HIGH, [score > 0.65 for score in scores]),
    ):
        plain, point = flagged(0, flags, labels), measured.at(cut)
        assert point.alerts == plain.alerts
        assert point.precision.value == pytest.approx(plain.precision)
        assert point.recall.value == pytest.approx(plain.recall)
        assert point.f1.value == pytest.approx(plain.f1)
        assert point.good_stopped.value == plain.alerts - plain.caught


def test_rupees_are_those_of_the_frauds_acted_on(measured: Evaluation) -> None:
    test, scores = a_test()
    rows = list(zip(test.labels.tolist(), scores, test.paise.tolist(), strict=True))
    saved = sum(paise for fraud, score, paise in rows if fraud and score >= 0.35) / 100
    lost = sum(paise for fraud, _, paise in rows if fraud) / 100
    point = measured.at(Cut.MEDIUM)
    assert point.rupees_saved.value == pytest.approx(saved)
    assert point.rupee_recall.value == pytest.approx(saved / lost)


def test_no_threshold_has_a_better_f1_than_the_best(measured: Evaluation) -> None:
    test, scores = a_test()
    labels = test.labels.tolist()
    best = max(flagged(at, [score >= at for score in scores], labels).f1 for at in set(scores))
    assert measured.at(Cut.BEST_F1).f1.value == pytest.approx(best)


def test_an_alert_rate_is_that_share_of_the_payments(measured: Evaluation) -> None:
    assert [measured.at(cut).alerts for cut in (Cut.RATE_0_1, Cut.RATE_0_5, Cut.RATE_1)] == [3, 15, 30]


def test_every_figure_lies_in_its_interval_and_no_interval_is_a_point(measured: Evaluation) -> None:
    figures = [measured.auc, measured.average_precision, measured.card_precision_at_100]
    figures += [measured.at(cut).rupee_recall for cut in Cut]
    assert all(figure.low <= figure.value <= figure.high for figure in figures)
    assert all(figure.low < figure.high for figure in figures)


def test_the_same_seed_gives_the_same_intervals_and_another_seed_others(measured: Evaluation) -> None:
    assert evaluate(*a_test(), POLICY, 7) == measured
    assert evaluate(*a_test(), POLICY, 8).auc != measured.auc


def test_fewer_draws_change_the_ends_of_an_interval_and_no_figure(measured: Evaluation) -> None:
    fewer = evaluate(*a_test(), POLICY, 7, 20)
    assert (fewer.repetitions, measured.repetitions) == (20, REPETITIONS)
    assert fewer.auc.value == measured.auc.value
    assert (fewer.auc.low, fewer.auc.high) != (measured.auc.low, measured.auc.high)


def test_intervals_are_wider_when_fewer_payers_made_the_payments(measured: Evaluation) -> None:
    """Payments of one payer are drawn together: 12 payers tell less than 200."""
    test, scores = a_test()
    labels = np.asarray(test.labels)
    same = np.where(labels == 1, np.arange(len(labels)) % 4, np.arange(len(labels)) % 12)
    few = evaluate(replace(test, payers=same.astype(np.int64).data), scores, POLICY, 7)
    assert few.auc.value == measured.auc.value
    spread = measured.at(Cut.MEDIUM).rupees_saved
    wide = few.at(Cut.MEDIUM).rupees_saved
    assert wide.high - wide.low > 1.5 * (spread.high - spread.low)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    others = (a_test(seed=seed) for seed in range(100, 130))
    truth = np.mean([rank(test.labels.tolist(), scores)[0] for test, scores in others])
    drawn = (a_test(seed=seed) for seed in range(12))
    intervals = [evaluate(replace(test, patterns=()), scores, POLICY, 7, 100).auc for test, scores in drawn]
    assert sum(interval.low <= truth <= interval.high for interval in intervals) >= 9


def test_months_divide_the_test_and_patterns_take_their_frauds_and_all_good_payments(measured: Evaluation) -> None:
    assert [part.name for part in measured.by_month] == ["2026-01", "2026-02"]
    assert sum(part.rows for part in measured.by_month) == measured.rows
    assert [part.name for part in measured.by_pattern] == ["mule", "takeover"]
    assert sum(part.frauds for part in measured.by_pattern) == measured.frauds
    good = measured.rows - measured.frauds
    assert all(part.rows == part.frauds + good for part in measured.by_pattern)
    assert all(part.auc is not None for part in (*measured.by_month, *measured.by_pattern))


def test_without_a_pattern_column_there_are_no_patterns() -> None:
    test, scores = a_test(rows=300)
    assert evaluate(replace(test, patterns=()), scores, POLICY, 7).by_pattern == ()


def test_a_month_without_fraud_is_listed_without_figures() -> None:
    test, scores = a_test(rows=300)
    days = np.asarray(test.days).copy()
    labels = np.asarray(test.labels) * (days < FIRST + 12)
    told = evaluate(replace(test, labels=labels.astype(np.int8).data), scores, POLICY, 7).by_month[1]
    assert told == Part("2026-02", told.rows, 0)


def test_one_payer_has_intervals_that_are_points() -> None:
    test, scores = a_test(rows=300)
    alone = evaluate(replace(test, payers=np.zeros(300, dtype=np.int64).data), scores, POLICY, 7)
    assert alone.auc.low == pytest.approx(alone.auc.high)


def test_draws_that_miss_all_fraud_are_left_out() -> None:
    labels, payers = np.array([1, 0, 0, 0], dtype=np.int8), np.array([0, 1, 2, 3])
    days = np.full(4, FIRST)
    test = Examples(np.zeros((4, 14), dtype=np.float32).data, labels.data, days.data, payers.data, (payers + 1).data)
    told = evaluate(test, [0.9, 0.1, 0.2, 0.1], POLICY, 7)
    assert (told.auc.low, told.auc.high) == (1, 1)
    assert told.at(Cut.RATE_1).threshold == 1.0


def test_a_payer_drawn_twice_counts_as_two_payments() -> None:
    scores, labels = np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, False, True, False])
    ranked = Ranked(scores, labels, np.ones(4), np.arange(4))
    drawn = ranked.drawn(np.array([1.0, 2.0, 1.0, 0.0]))
    assert drawn.auc() == pytest.approx(rank([1, 0, 0, 1], [0.9, 0.8, 0.8, 0.8])[0])
    assert drawn.average_precision() == pytest.approx(rank([1, 0, 0, 1], [0.9, 0.8, 0.8, 0.8])[1])


def test_a_draw_without_fraud_has_no_figures() -> None:
    ranked = Ranked(np.array([0.9, 0.1]), np.array([True, False]), np.ones(2), np.arange(2))
    nothing = ranked.drawn(np.array([0.0, 2.0]))
    assert np.isnan([nothing.auc(), nothing.average_precision()]).all()


def test_a_payer_drawn_twice_takes_two_of_an_analysts_looks() -> None:
    labels = np.array([True] + [False] * 120)
    cards = Cards(np.zeros(121, dtype=np.int64), np.arange(121), np.linspace(1, 0, 121), labels)
    assert cards.precision(np.ones(121)) == 0.01
    assert cards.precision(np.array([3.0] + [1.0] * 120)) == 0.03
    assert cards.precision(np.array([0.0] + [1.0] * 120)) == 0


def test_stratified_folds_measure_every_payment_once_and_keep_the_share_of_fraud() -> None:
    test, _ = a_test()
    folds = list(stratified(test, 5, 7))
    assert sum(measured.rows for _, measured in folds) == test.rows
    assert all(train.rows + measured.rows == test.rows for train, measured in folds)
    assert {measured.frauds for _, measured in folds} <= {test.frauds // 5, test.frauds // 5 + 1}
    assert len(folds[0][1].patterns) == folds[0][1].rows
    assert folds[0][1].paise.tolist() == next(stratified(test, 5, 7))[1].paise.tolist()
    assert next(stratified(replace(test, patterns=()), 5, 7))[0].patterns == ()


def test_features_that_moved_have_drifted_and_others_have_not() -> None:
    before, after = some_examples(seed=3), some_examples(seed=4)
    moved = np.asarray(after.vectors).copy()
    moved[:, 2] += 20
    drift = {of.feature: of.psi for of in feature_drift(NAMES, before, replace(after, vectors=moved.data))}
    assert drift.pop(NAMES[2]) > 1
    assert max(drift.values()) < 0.05
