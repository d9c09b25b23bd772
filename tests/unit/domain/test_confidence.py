"""The confidence curve: learned from held-out payments, and checked on others."""

from hypothesis import given
from hypothesis import strategies as st

from upi_risk.domain.confidence import FINEST_EDGES, check_confidence, fit_confidence
from upi_risk.domain.metrics import Band
from upi_risk.domain.model import ConfidenceCurve

SCORED = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), max_size=400)


def test_a_bands_rate_is_its_share_of_fraud_smoothed_by_one_payment_of_either_kind() -> None:
    scores = [0.01] * 200 + [0.99] * 100
    labels = [0] * 200 + [1] * 99 + [0]
    curve = fit_confidence(scores, labels)
    assert (curve.at(0.01), curve.at(0.99)) == (1 - 1 / 202, 100 / 102)


def test_scores_that_no_payment_had_are_as_sure_as_a_coin() -> None:
    curve = fit_confidence([0.01] * 200 + [0.99] * 100, [0] * 200 + [1] * 100)
    assert curve.at(0.5) == 0.5


def test_without_payments_nothing_is_sure() -> None:
    assert fit_confidence([], []) == ConfidenceCurve((1.0,), (0.5,))


def test_a_band_that_shows_less_fraud_than_one_below_is_joined_with_it() -> None:
    scores, labels = [0.01] * 100 + [0.04] * 100 + [0.9] * 100, [1] * 20 + [0] * 80 + [1] * 10 + [0] * 90 + [1] * 100
    assert fit_confidence(scores, labels).fraud_rates[0] == 31 / 202


def test_scores_are_judged_as_they_are_answered() -> None:
    bands = check_confidence(ConfidenceCurve((0.35, 1.0), (0.1, 0.9)), [0.35004, 0.35006], [0, 1])
    assert bands == (Band(0.35, 1, 0.1, 0.0), Band(1.0, 1, 0.9, 1.0))


def test_bands_that_nothing_fell_into_are_left_out_of_the_check() -> None:
    assert check_confidence(ConfidenceCurve((0.5, 1.0), (0.1, 0.9)), [0.1], [0]) == (Band(0.5, 1, 0.1, 0.0),)


@given(SCORED)
def test_a_higher_score_never_means_less_fraud_and_every_score_has_a_band(scored: list[tuple[float, int]]) -> None:
    curve = fit_confidence([score for score, _ in scored], [label for _, label in scored])
    assert list(curve.fraud_rates) == sorted(curve.fraud_rates)
    assert curve.edges[-1] == 1.0
    assert set(curve.edges) <= set(FINEST_EDGES)
    assert all(0 < rate < 1 for rate in curve.fraud_rates)
    bands = check_confidence(curve, [score for score, _ in scored], [label for _, label in scored])
    assert sum(band.rows for band in bands) == len(scored)
