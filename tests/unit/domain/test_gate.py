"""What a model must reach to serve, and by how much it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import nan

import pytest

from tests.learning import A_DAY, BEGIN, an_evaluation
from upi_risk.domain.evaluation import Cut
from upi_risk.domain.gate import AcceptanceGate, Check, Rival, Stretch

GATE = AcceptanceGate()
TEST = Stretch("payments.parquet", "a" * 64, BEGIN + 40 * A_DAY, BEGIN + 50 * A_DAY)
BEFORE = replace(TEST, begin=BEGIN, end=TEST.begin)


def test_a_model_above_the_floor_passes_when_nothing_serves() -> None:
    verdict = GATE.judge(an_evaluation(auc=0.93), TEST, None)
    assert verdict.passed
    assert verdict.against is None
    assert str(verdict) == "The gate is passed: AUC 0.9300 is 0.0300 above 0.9000 (the floor)."


@pytest.mark.parametrize("auc", [0.9, 0.85, nan])
def test_a_model_at_the_floor_or_below_or_without_a_figure_fails(auc: float) -> None:
    assert not GATE.judge(an_evaluation(auc=auc), TEST, None).passed


def test_what_fails_says_by_how_much() -> None:
    assert str(GATE.judge(an_evaluation(auc=0.85), TEST, None)) == (
        "The gate is not passed: AUC 0.8500 is 0.0500 below 0.9000 (the floor)."
    )


def test_average_precision_may_be_below_that_of_the_serving_model_within_its_interval_and_no_further() -> None:
    serving = Rival("v1.0", an_evaluation(average_precision=0.7), BEFORE)  # at least 0.65
    assert GATE.judge(an_evaluation(average_precision=0.65), TEST, serving).passed
    verdict = GATE.judge(an_evaluation(average_precision=0.64), TEST, serving)
    assert not verdict.passed
    assert "average precision 0.6400 is 0.0100 below 0.6500 (v1.0 has 0.7000, at least 0.6500)" in str(verdict)


def test_so_may_the_rupee_recall_at_half_a_percent_of_alerts() -> None:
    serving = Rival("v1.0", an_evaluation(rupee_recall=0.5), BEFORE)
    assert GATE.judge(an_evaluation(rupee_recall=0.45), TEST, serving).passed
    assert not GATE.judge(an_evaluation(rupee_recall=0.44), TEST, serving).passed


def test_the_targets_stand_beside_the_gate_and_are_part_of_it_when_it_is_strict() -> None:
    good = an_evaluation(precision=0.9, recall=0.7, f1=0.83)
    beside, strict = GATE.judge(good, TEST, None), GATE.judge(good, TEST, None, strict=True)
    assert [(check.name, check.met) for check in beside.checks] == [
        ("AUC", True),
        ("precision", True),
        ("recall", False),
        ("F1", True),
    ]
    assert beside.passed
    assert not strict.passed
    assert "recall 0.7000 is 0.1000 below 0.8000 (the guide's target)" in str(strict)


def test_a_bound_that_is_inclusive_is_met_by_itself() -> None:
    at = Check("x", 0.5, 0.5, inclusive=True, required=True, why="")
    assert at.met
    assert not replace(at, inclusive=False).met
    assert at.by == 0


def test_an_evaluation_finds_its_points_by_their_cut() -> None:
    assert [an_evaluation().at(cut).cut for cut in Cut] == list(Cut)


def doubts(learned: Stretch) -> tuple[str, ...]:
    return GATE.judge(an_evaluation(), TEST, Rival("v1.0", an_evaluation(), learned)).doubts


def test_a_model_that_learned_what_came_before_the_test_in_the_same_file_is_fair_to_compare_with() -> None:
    assert doubts(BEFORE) == ()
    assert doubts(replace(TEST, begin=TEST.end, end=TEST.end + A_DAY)) == ()


def test_a_model_that_learned_days_of_the_test_has_seen_how_they_ended() -> None:
    """Red when Rival.doubts does not ask for an overlap."""
    (doubt,) = doubts(replace(BEFORE, end=TEST.begin + 3 * A_DAY))
    assert doubt == (
        "v1.0 learned from 2026-02-10 .. 2026-02-13, days that the test has: "
        "it has seen how they ended, and the bounds are too high."
    )
    assert len(doubts(replace(BEFORE, end=TEST.begin + timedelta(microseconds=1)))) == 1


def test_a_model_that_learned_another_file_may_not_know_payments_like_these() -> None:
    """Red when Rival.doubts does not compare digests."""
    (doubt,) = doubts(replace(BEFORE, file="cards.parquet", sha256="b" * 64))
    assert doubt.startswith("v1.0 learned from another file, cards.parquet: unless that is of the same service")
    assert doubt.endswith("the bounds are too low.")
    _, overlap = doubts(replace(TEST, sha256="b" * 64))
    assert "in another file: if the payments are the same, it has seen how they ended" in overlap


def test_an_unfair_comparison_is_said_and_does_not_settle_what_passes() -> None:
    for average_precision, passed in ((0.7, True), (0.1, False)):
        rival = Rival("v1.0", an_evaluation(average_precision=0.7), TEST)
        verdict = GATE.judge(an_evaluation(average_precision=average_precision), TEST, rival)
        assert verdict.passed is passed
        assert ". Not a fair comparison: v1.0 learned from 2026-02-10 .. 2026-02-20, days that" in str(verdict)
