"""The report: one page that needs nothing else, and says what it was measured on."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.learning import (
    A_TEST,
    STOPPING,
    a_record,
    a_rival,
    a_small_model,
    a_tuning,
    a_validation,
    an_evaluation,
    some_examples,
    some_vectors,
)
from upi_risk.adapters.catboost.learner import CatBoostLearner
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.matplotlib import tables
from upi_risk.adapters.matplotlib.curves import SHOWN, _steps, leading, scale
from upi_risk.adapters.matplotlib.report import render
from upi_risk.application.calibrate_model import held_against
from upi_risk.domain.calibration import BaseRate, Calibration
from upi_risk.domain.cost import CostModel
from upi_risk.domain.drift import Drift
from upi_risk.domain.gate import AcceptanceGate
from upi_risk.domain.meaning import Meaning
from upi_risk.domain.operating_points import Acted, OperatingPoints, ScaleWishes, break_evens
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.reliability import reliability
from upi_risk.domain.report import Explained, ReportMaterial
from upi_risk.domain.scaling import Scaling
from upi_risk.domain.training import TrainingRecord


@cache
def material() -> ReportMaterial:
    model, card = a_small_model()
    test, vectors = some_examples(400, seed=9), some_vectors(60)
    parts = [scored.contributions for scored in open_scorer(model, card).score(vectors)]
    raw = CatBoostLearner(1).probabilities(model, test)
    explained, riskiest = Explained(vectors, parts), Explained(vectors[:9], parts[:9])
    return ReportMaterial(card, full(), test, list(raw), explained, riskiest, RiskPolicy(), CostModel(), raw)


def full() -> TrainingRecord:
    record, evaluation = a_record(), an_evaluation(auc=0.8)
    named = replace(record.source, name="<script>.csv", cleaning=(("rows_read", 9), ("amounts_rounded", 1_200)))
    return replace(
        record,
        source=named,
        evaluation=evaluation,
        verdict=AcceptanceGate().judge(evaluation, A_TEST, a_rival(evaluation)),
        validation=a_validation(),
        tuning=a_tuning(),
        stopping=STOPPING,
        drift=(Drift("amount", 0.3), Drift("hour_of_day", 0.01)),
    )


class Seen(HTMLParser):
    """What a page asks others for, its ids and its references to them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asked: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href"} and value and not value.startswith(("#", "data:")):
                self.asked.append(value)
            if name == "id" and value:
                self.ids.append(value)


def seen(page: str) -> Seen:
    parser = Seen()
    parser.feed(page)
    return parser


@cache
def the_page() -> str:
    return render(material())


def test_the_page_asks_nobody_for_anything() -> None:
    page = the_page()
    assert seen(page).asked == []
    assert not {"script", "link", "iframe"} & set(seen(page).tags)
    assert "@import" not in page


def test_every_reference_within_a_figure_is_to_a_part_of_that_figure() -> None:
    page = the_page()
    ids = seen(page).ids
    assert len(ids) == len(set(ids))
    references = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', page))
    assert {a or b for a, b in references} <= set(ids)


def test_it_has_every_curve_and_every_table_with_the_split_beside() -> None:
    page = the_page()
    assert seen(page).tags.count("svg") == 8
    for label in ("ROC curve", "Reliability diagram", "SHAP values", "Cost against threshold"):
        assert f'aria-label="{label}"' in page
    assert page.count("train 2026-03-02") >= 5
    for words in (
        "The gate is not passed",
        "Not a fair comparison: v0.9 learned",
        "mule",
        "another population",
        "flatters by +0.1000 AUC",
        "SHA-256",
        "1,200 amounts rounded",
    ):
        assert words in page


def test_every_candidate_is_in_the_tables_the_best_first() -> None:
    page = render(material())
    assert "The best of 2 candidates of a grid, by mean average precision (0.4500, AUC 0.9000)" in page
    assert page.index("<td>0.4500<small>") < page.index("<td>0.4000<small>")
    assert "19 trees of at most 1,000 foretold" in page


def test_it_tells_what_a_score_means_and_how_probabilities_held_before_and_after() -> None:
    given = material()
    labels = given.test.labels.tolist()
    points = OperatingPoints(
        0.01, 0.2, Acted(0.01, 0.3, 0.8), Acted(0.002, 0.9, 0.4), budget_bound=True, rupees_saved=0.5
    )
    meaning = Meaning(Calibration(0.8, 1.1, -0.2), BaseRate(0.3, 0.01), points.scale(0.35, 0.65))
    scaling = Scaling(ScaleWishes(0.01), meaning, "January", 900, 60, points, break_evens(CostModel()))
    held = held_against(scaling, given.raw, given.test)
    record = replace(given.record, scaling=held)
    scores = meaning.scores(given.raw)
    page = render(replace(given, card=replace(given.card, meaning=meaning), record=record, scores=scores))
    assert held.before == reliability(given.raw, labels)
    assert held.after is not None
    for words in (
        f"{held.after.brier:.5f}",
        "On 900 payments of January",
        "to be 0.01 of payments",
        "VERIFY pays from",
    ):
        assert words in page
    assert page.count("calibrated") >= 2
    never = replace(held, points=replace(points, block=None))
    assert "never paid" in render(replace(given, record=replace(given.record, scaling=never)))


def test_names_from_files_are_text() -> None:
    assert "<script>" not in the_page()
    assert "&lt;script&gt;.csv" in the_page()


def test_the_same_material_gives_the_same_page() -> None:
    assert render(material()) == the_page()


def test_without_evaluation_gate_or_folds_the_rest_is_told() -> None:
    page = render(replace(material(), record=a_record()))
    assert "What it looks at" in page
    assert "May it serve?" not in page


def test_a_policy_that_flags_nothing_is_not_marked() -> None:
    page = render(replace(material(), scores=[0.1] * material().test.rows))
    assert "from MEDIUM" not in page


@pytest.mark.parametrize("rows", [50, 20_000])
def test_a_thinned_curve_begins_and_ends_where_the_whole_one_does(rows: int) -> None:
    dice = np.random.default_rng(3)
    scores, labels = dice.random(rows), dice.random(rows) < 0.1
    thresholds, frauds, good = _steps(scores, labels)
    assert (frauds[-1], good[-1]) == (labels.sum(), rows - labels.sum())
    assert thresholds[0] == scores.max()
    assert len(thresholds) <= 600


def test_features_that_are_what_they_were_are_counted_rather_than_listed() -> None:
    many = tuple(Drift(f"feature_{number}", psi) for number, psi in enumerate((0.3, 0.12, *[0.01] * 9)))
    assert "<td>and 6 more</td><td>up to 0.010</td><td>stable</td>" in tables.drift(many, "")
    assert tables.drift(many[:5], "").count("<tr>") == 6


def test_only_the_features_that_move_some_sample_most_are_shown_and_a_few_risky_payments_weigh_as_much() -> None:
    every, riskiest = np.zeros((100, 70)), np.zeros((5, 70))
    every[:, :30] = np.arange(1, 31)
    riskiest[:, 50] = -9.0
    shown = leading([every, riskiest])
    assert len(shown) == SHOWN
    assert shown[-1] == 50
    assert shown[:-1] == list(range(30 - SHOWN + 1, 30))


def test_the_curve_of_the_scale_bends_where_the_scale_does() -> None:
    """Red when its points are spread over payments, nearly all of which are at its lower end."""
    probabilities = np.concatenate([np.linspace(1e-5, 1e-3, 100_000), np.linspace(0.01, 0.9, 100)])
    scores = np.where(probabilities < 0.3, probabilities, 0.9)
    axes = Figure().add_subplot()
    scale(probabilities, scores, RiskPolicy())(axes)
    drawn = np.asarray(axes.lines[0].get_xdata())
    assert np.count_nonzero(drawn > 0.01) > 50
    assert np.diff(drawn[drawn > 0.2]).max() < 0.02
