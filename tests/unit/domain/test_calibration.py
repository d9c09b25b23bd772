"""From raw answers to probabilities and scores: always rising, and right where it can be worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upi_risk.domain.calibration import BaseRate, Calibration, log_odds, probability_of
from upi_risk.domain.meaning import AS_IT_IS, Meaning
from upi_risk.domain.score_scale import ScoreScale

answers = st.floats(1e-6, 1 - 1e-6)
shares = st.floats(1e-5, 0.99)
calibrations = st.builds(Calibration, st.floats(0.1, 5), st.floats(0.1, 5), st.floats(-5, 5))
scales = st.builds(
    lambda low, gap: ScoreScale(((probability_of(low), 0.35), (probability_of(low + gap), 0.65))),
    st.floats(-12, 5),
    st.floats(0.05, 10),
)


@given(answers)
def test_exponents_of_one_and_no_offset_change_nothing(raw: float) -> None:
    assert Calibration(1.0, 1.0, 0.0)(raw) == pytest.approx(raw, rel=1e-9)


def test_a_calibration_is_its_formula() -> None:
    odds = 0.8 * math.log(0.2) - 1.5 * math.log(0.8) - 0.5
    assert Calibration(0.8, 1.5, -0.5)(0.2) == pytest.approx(1 / (1 + math.exp(-odds)))


def test_answers_of_nought_and_one_have_a_probability() -> None:
    calibrated = Calibration(1.0, 1.0, 0.0)
    assert 0 < calibrated(0.0) < 1e-11
    assert 1 - 1e-11 < calibrated(1.0) <= 1


@pytest.mark.parametrize("numbers", [(-0.1, 1.0, 0.0), (0.0, 0.0, 0.0), (1.0, -1.0, 0.0), (1.0, 1.0, math.nan)])
def test_a_calibration_that_would_not_rise_is_refused(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="do not rise"):
        Calibration(*numbers)


def test_a_base_rate_counts_every_payment_as_often_as_it_occurs() -> None:
    # 100 payments look alike, 20 of them fraud, where 1 payment in 10 was fraud. Where it is 1 in 1,000, each fraud
    # stands for 0.01 frauds and each good payment for 1.11.
    rarer = BaseRate(learned=0.1, served=0.001)
    assert (rarer.fraud_weight, rarer.good_weight) == pytest.approx((0.01, 1.11))
    assert rarer(0.2) == pytest.approx(20 * 0.01 / (20 * 0.01 + 80 * 1.11))
    assert (rarer(0.0), rarer(1.0)) == (0.0, 1.0)


@given(shares, shares, answers)
def test_there_and_back_is_no_correction(learned: float, served: float, probability: float) -> None:
    assert BaseRate(served, learned)(BaseRate(learned, served)(probability)) == pytest.approx(probability, rel=1e-6)


@pytest.mark.parametrize(("learned", "served"), [(0.0, 0.1), (0.1, 0.0), (1.0, 0.1), (0.1, 1.0)])
def test_a_base_rate_of_nothing_or_all_is_refused(learned: float, served: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        BaseRate(learned, served)


def test_anchors_have_their_own_scores() -> None:
    scale = ScoreScale(((0.002, 0.35), (0.05, 0.65)))
    assert (scale(0.002), scale(0.05)) == pytest.approx((0.35, 0.65))
    assert (scale(0.0), scale(1.0)) == (0.0, 1.0)


def test_beyond_the_anchors_twice_the_odds_are_twice_the_odds() -> None:
    scale = ScoreScale(((0.002, 0.35), (0.05, 0.65)))
    for probability in (1e-6, 1e-3, 0.06, 0.9):
        twice = probability_of(log_odds(probability) + math.log(2) * (-1 if probability < 0.01 else 1))
        step = log_odds(scale(twice)) - log_odds(scale(probability))
        assert step == pytest.approx(math.log(2) * (-1 if probability < 0.01 else 1))


def test_between_two_anchors_log_odds_are_a_straight_line() -> None:
    scale = ScoreScale(((0.002, 0.35), (0.05, 0.65)))
    middle = probability_of((log_odds(0.002) + log_odds(0.05)) / 2)
    assert scale(middle) == pytest.approx(0.5)


def test_a_scale_with_the_policy_s_own_thresholds_changes_nothing() -> None:
    scale = ScoreScale(((0.35, 0.35), (0.65, 0.65)))
    assert [scale(p) for p in (0.01, 0.35, 0.5, 0.9)] == pytest.approx([0.01, 0.35, 0.5, 0.9])


@pytest.mark.parametrize(
    "anchors", [(), ((0.0, 0.35),), ((0.1, 1.0),), ((0.2, 0.35), (0.1, 0.65)), ((0.1, 0.65), (0.2, 0.35))]
)
def test_anchors_that_do_not_rise_are_refused(anchors: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match="rise between 0 and 1"):
        ScoreScale(anchors)


@given(st.builds(Meaning, calibrations, st.builds(BaseRate, shares, shares), scales), answers, answers)
def test_a_higher_answer_is_never_a_lower_score_and_a_much_higher_one_is_a_higher_score(
    meaning: Meaning, one: float, other: float
) -> None:
    low, high = meaning.scores(sorted((one, other)))
    assert 0 <= low <= high <= 1
    if abs(one - other) > 1e-3 and high < 1 - 1e-9:
        assert low < high


@given(answers)
def test_as_it_is_nothing_is_changed_to_the_last_bit(raw: float) -> None:
    assert (AS_IT_IS.calibrated(raw), AS_IT_IS.probability(raw), AS_IT_IS.scores([raw])) == (raw, raw, [raw])


def test_log_odds_far_out_are_probabilities() -> None:
    assert probability_of(-1_000) == 0
    assert probability_of(1_000) == 1


def test_a_meaning_is_told_in_a_line() -> None:
    assert str(AS_IT_IS) == "raw answers"
    whole = Meaning(Calibration(0.8, 1.1, -0.2), BaseRate(0.1, 0.001), ScoreScale(((0.0123456, 0.35), (0.2, 0.65))))
    assert str(whole) == (
        "calibrated 0.8, 1.1, -0.2; fraud 0.001 of payments instead of 0.1; "
        "score 0.35 is a probability of 0.01235; score 0.65 is a probability of 0.2"
    )
