"""Folds, their spread, and what ignoring time flatters."""

from __future__ import annotations

from statistics import mean, stdev

import pytest

from tests.learning import a_validation
from upi_risk.domain.drift import Drift, psi
from upi_risk.domain.validation import Spread


def test_a_spread_is_the_mean_and_the_deviation_of_a_sample() -> None:
    assert Spread.of([1.0, 2.0, 4.0]) == Spread(mean([1, 2, 4]), pytest.approx(stdev([1, 2, 4])))  # type: ignore[arg-type]


def test_the_optimism_is_what_the_random_folds_have_more() -> None:
    validation = a_validation()
    assert validation.prequential.auc.mean == pytest.approx(0.85)
    assert validation.auc_optimism == pytest.approx(0.1)
    assert validation.average_precision_optimism == pytest.approx(0.2)


def test_payments_like_those_learned_have_not_drifted() -> None:
    assert psi([0.5, 0.5], [0.5, 0.5]) == 0
    assert psi([0.5, 0.5], [0.4, 0.6]) == pytest.approx(0.04055, abs=1e-5)


def test_a_bin_that_was_empty_counts_as_a_little() -> None:
    assert 0 < psi([1.0, 0.0], [0.9, 0.1]) < 1


@pytest.mark.parametrize(("value", "says"), [(0.05, "stable"), (0.1, "shifted"), (0.25, "another population")])
def test_drift_is_told_in_a_word(value: float, says: str) -> None:
    assert Drift("amount", value).says == says
