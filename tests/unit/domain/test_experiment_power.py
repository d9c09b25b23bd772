"""Experiments call a winner where there is one, and seldom where there is none: few repetitions of tests/trials.py."""

from __future__ import annotations

from dataclasses import replace
from math import erfc, sqrt

import pytest

from tests.trials import SHADOW, World, outcomes
from upi_risk.domain.experiment_verdict import Outcome
from upi_risk.domain.sequential import Contrast

SMALL = World(payers=40_000)
REPETITIONS = 200


def called(world: World, better: float, repetitions: int = REPETITIONS) -> float:
    """The share of experiments that call a winner."""
    found = outcomes(world, better, repetitions)
    return (found[Outcome.CHALLENGER] + found[Outcome.CHAMPION]) / repetitions


@pytest.mark.parametrize(
    "world", [SMALL, replace(SMALL, share=0.1), replace(SHADOW, payers=10_000)], ids=["half", "tenth", "shadow"]
)
def test_two_equal_models_seldom_have_a_winner(world: World) -> None:
    """200 times at 5 % are at most 10 but for chance; the figures of 1,000 times are in docs/experiments.md."""
    assert called(world, better=0.0) <= 0.05


def test_looking_every_day_with_a_p_value_of_one_look_would_call_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same looks with the sequential test removed: what the test above would see."""

    def naive(contrast: Contrast, _: float) -> float:
        return erfc(abs(contrast.value) / sqrt(2 * contrast.variance)) if contrast.variance else 1.0

    monkeypatch.setattr(Contrast, "p_value", naive)
    assert called(SMALL, better=0.0) > 0.10


def test_a_challenger_a_tenth_better_is_found_in_shadow() -> None:
    assert outcomes(SHADOW, 0.1, 50)[Outcome.CHALLENGER] >= 45
