"""Probabilities beside outcomes, worked out by hand."""

import math

import pytest

from upi_risk.domain.reliability import ReliabilityBand, reliability


def test_brier_score_log_loss_and_bands() -> None:
    held = reliability([0.3, 0.3, 0.0005, 0.9], [1, 0, 0, 1])
    assert held.brier == pytest.approx((0.49 + 0.09 + 0.0005**2 + 0.01) / 4)
    assert held.log_loss == pytest.approx(-(math.log(0.3) + math.log(0.7) + math.log(0.9995) + math.log(0.9)) / 4)
    assert (held.said, held.came) == pytest.approx((1.5005 / 4, 0.5))
    assert held.bands == (
        ReliabilityBand(0.001, 1, 0.0005, 0.0),
        ReliabilityBand(0.35, 2, 0.3, 0.5),
        ReliabilityBand(0.9, 1, 0.9, 1.0),
    )


def test_what_was_called_impossible_and_came_costs_much_but_not_everything() -> None:
    assert 30 < reliability([0.0, 1.0], [1, 0]).log_loss < 40
