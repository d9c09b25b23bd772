"""Figures of two models side by side, and the page that shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.builders import NOON
from upi_risk.adapters.matplotlib.experiment_page import render_experiment
from upi_risk.adapters.numpy.arms import measure_arms
from upi_risk.domain.experiment import Experiment, Observed
from upi_risk.domain.experiment_verdict import ExperimentRules, judge

SPLIT = Experiment("one", "v1", "v2", 0.5, 10, NOON)


def some_observed(count: int = 400, seed: int = 1) -> list[Observed]:
    dice = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        fraud, version = bool(dice.random() < 0.2), "v1" if number % 2 else "v2"
        score = round(float(np.clip(dice.normal(0.6 if fraud else 0.3, 0.2), 0, 1)), 4)
        other = round(float(np.clip(dice.normal(0.6 if fraud else 0.3, 0.2), 0, 1)), 4)
        at = NOON + timedelta(days=number // 50, seconds=number)
        user = f"U{number // 3}-{version}"
        rows.append(
            Observed(at, user, 100_00 * (number % 7 + 1), fraud, version, score, _said(score), other, _said(other))
        )
    return rows


def _said(score: float) -> str:
    return "BLOCK" if score > 0.65 else "VERIFY" if score >= 0.35 else "ALLOW"


def test_each_model_is_judged_by_the_payments_that_it_decided() -> None:
    rows = some_observed()
    first, second = measure_arms(SPLIT, rows)
    own = [one for one in rows if one.model_version == "v2"]
    assert (first.model_version, second.model_version) == ("v1", "v2")
    assert second.payments == len(own)
    assert second.frauds == sum(one.fraud for one in own)
    caught = sum(one.fraud and one.decision != "ALLOW" for one in own)
    alerts = sum(one.decision != "ALLOW" for one in own)
    good = [one for one in own if not one.fraud]
    missed = sum(one.amount_paise / 100 for one in own if one.fraud and one.decision == "ALLOW")
    pairs = [(a.score, b.score) for a in own for b in own if a.fraud and not b.fraud]
    expected = {
        "precision": caught / alerts,
        "recall": caught / second.frauds,
        "false_blocks": sum(one.decision == "BLOCK" for one in good) / len(good),
        "missed_rupees": missed / len(own),
        "auc": sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs),
    }
    for name, value in expected.items():
        estimate = getattr(second, name)
        assert estimate.value == pytest.approx(value), name
        assert estimate.low < estimate.value < estimate.high, name


def test_in_shadow_both_are_judged_by_the_payments_with_both_scores() -> None:
    rows = [replace(one, model_version="v1") for one in some_observed()]
    rows[0] = replace(rows[0], other_score=None, other_decision=None)
    first, second = measure_arms(replace(SPLIT, share=0.0), rows)
    assert first.payments == second.payments == len(rows) - 1
    own = [one for one in rows[1:] if one.fraud]
    assert second.recall is not None
    assert second.recall.value == pytest.approx(sum(one.other_decision != "ALLOW" for one in own) / len(own))


def test_what_cannot_be_computed_is_none() -> None:
    rows = [one for one in some_observed() if not one.fraud and one.model_version == "v1"]
    first, second = measure_arms(SPLIT, rows)
    assert (first.recall, first.auc) == (None, None)
    assert first.precision is not None
    assert (second.payments, second.precision) == (0, None)


def test_the_page_stands_alone_and_has_names_as_text() -> None:
    rows, strange = some_observed(), replace(SPLIT, name="<b>one")
    rows += [
        replace(one, at=one.at + timedelta(days=20), model_version="v2", decision="BLOCK", user_id=f"X{index}")
        for index, one in enumerate(rows)
        if not one.fraud
    ]
    verdict = judge(strange, rows, ExperimentRules(frauds=10))
    assert verdict.looks[-1].breached
    page = render_experiment(strange, measure_arms(strange, rows), verdict, "A note.")
    assert "&lt;b&gt;one" in page
    assert "<b>one" not in page
    assert "<svg" in page
    assert "-02 12" not in page  # looks are a day each, so the axis counts no hours
    assert "2026-03-02" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    empty = render_experiment(strange, (), judge(strange, [], ExperimentRules()), "A note.")
    assert "<svg" not in empty
