"""Fitting a calibration: it finds what answers were bent by, and always rises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upi_risk.adapters.numpy.calibration import fit_calibration
from upi_risk.domain.calibration import Calibration
from upi_risk.domain.reliability import reliability


def outcomes(count: int = 60_000, seed: int = 5) -> tuple[list[float], list[int]]:
    """Probabilities of a rare event, and what came of them."""
    dice = np.random.default_rng(seed)
    truth = 1 / (1 + np.exp(-(dice.normal(size=count) * 2 - 4)))
    return truth.tolist(), (dice.random(count) < truth).astype(int).tolist()


@pytest.mark.parametrize("bent", [Calibration(1.0, 1.0, 0.0), Calibration(0.6, 0.6, -1.0), Calibration(1.6, 0.9, 0.7)])
def test_answers_that_were_bent_are_bent_back(bent: Calibration) -> None:
    truth, labels = outcomes()
    back = fit_calibration([bent(p) for p in truth], labels)
    for p in (0.002, 0.01, 0.05, 0.3, 0.7):
        assert back(bent(p)) == pytest.approx(p, rel=0.15)


def test_a_model_that_is_too_sure_is_made_less_so() -> None:
    truth, labels = outcomes(20_000)
    sure = [Calibration(2.0, 2.0, 1.0)(p) for p in truth]
    fitted = fit_calibration(sure[:10_000], labels[:10_000])
    before = reliability(sure[10_000:], labels[10_000:])
    after = reliability([fitted(answer) for answer in sure[10_000:]], labels[10_000:])
    assert after.brier < before.brier
    assert after.log_loss < before.log_loss
    assert after.said == pytest.approx(after.came, rel=0.15)


def test_the_mean_probability_is_the_share_of_fraud_it_was_fitted_to() -> None:
    truth, labels = outcomes(5_000)
    fitted = fit_calibration([p**2 for p in truth], labels)
    assert np.mean([fitted(p**2) for p in truth]) == pytest.approx(np.mean(labels), rel=1e-4)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=2, max_size=60).filter(
        lambda rows: len({label for _, label in rows}) == 2
    )
)
def test_whatever_the_answers_the_calibration_rises(rows: list[tuple[float, int]]) -> None:
    fitted = fit_calibration([answer for answer, _ in rows], [label for _, label in rows])
    assert fitted.fraud >= 0
    assert fitted.good >= 0
    assert fitted.fraud + fitted.good > 0


def test_answers_that_say_the_opposite_are_left_as_they_are() -> None:
    assert fit_calibration([0.9, 0.8, 0.2, 0.1] * 20, [0, 0, 1, 1] * 20) == Calibration(1.0, 1.0, 0.0)
