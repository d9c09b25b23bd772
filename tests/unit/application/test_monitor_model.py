"""Looking after the model in service: drift, calibration, what became of its decisions, and the page on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import SHOP, later
from tests.contracts.models import a_weighted
from tests.houses import MemoryHouse
from tests.learning import a_record, a_small_model
from tests.unit.application.test_choose_and_follow_model import some_models
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_folder import ModelFolders, read_folder_reference
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.adapters.files.reference_file import read_reference, write_reference
from upi_risk.adapters.matplotlib.monitoring_page import render_monitoring
from upi_risk.adapters.memory import MemoryFigures, MemoryPastChecks
from upi_risk.application import monitor_model
from upi_risk.application.monitor_model import MonitorModel
from upi_risk.domain.collecting import PastCheck
from upi_risk.domain.decision import Decision
from upi_risk.domain.drift import Drift, Histogram, Reference, ks, psi, shares_in
from upi_risk.domain.features import NAMES
from upi_risk.domain.learning_ports import Usage
from upi_risk.domain.monitoring import LEAST_COMPARED, Confusion, Monitoring, canary_reference, segments_of

NOW = later(days=70)
MODELS = Path(__file__).parents[3] / "artifacts" / "models"


def a_past_check(days: float = 0, **fields: object) -> PastCheck:
    """A good payment, so many days after noon, that was allowed."""
    at = later(days=days)
    check = PastCheck(
        at, "UID-A", SHOP, 600_00, at, None, later(days=-90), tuple(0.0 for _ in NAMES), 0.1, Decision.ALLOW, "v1", 0.01
    )
    return replace(check, **fields)  # type: ignore[arg-type]


class Planted(MemoryPastChecks):
    """Whose checks are given."""

    rows: list[PastCheck]

    def _within(self, first: object, end: object) -> list[PastCheck]:
        assert first is not None
        return [row for row in self.rows if first <= row.at < end]  # type: ignore[operator]


@dataclass
class Watching:
    """A house whose checks are given; it is ten weeks after noon."""

    rows: list[PastCheck]
    house: MemoryHouse = field(default_factory=MemoryHouse)
    figures: MemoryFigures = field(default_factory=MemoryFigures)

    def __post_init__(self) -> None:
        self.house.set_clock(NOW)
        past = Planted(self.house.store)
        past.rows = sorted(self.rows, key=lambda check: check.at)
        self.models = some_models("v1")
        store = self.models._held
        self.monitor = MonitorModel(past, store, store, self.figures, self.house.clock)


def test_ks_is_the_largest_difference_of_running_shares() -> None:
    assert ks((0.5, 0.5, 0.0), (0.2, 0.3, 0.5)) == pytest.approx(0.5)
    assert ks((0.5, 0.5), (0.5, 0.5)) == 0
    assert ks((), ()) == 0


def test_a_histogram_has_a_bin_for_a_value_that_many_share() -> None:
    flags = Histogram.of([0.0] * 80 + [1.0] * 20)
    assert flags == Histogram((0.0, 1.0), (0.8, 0.2, 0.0))
    even = Histogram.of([float(number) for number in range(101)])
    assert even.edges == tuple(float(number) for number in range(0, 101, 10))
    assert shares_in(even.edges, [5.0, 200.0]) == (0.0, 0.5, *(0.0,) * 9, 0.5)


DRIFT = [Drift("amount", 0.1, (1.0, 2.0), (0.5, 0.25, 0.25)), Drift("unknown", 0.2)]
SCORES = Histogram((0.1, 0.9), (0.5, 0.5, 0.0))
REFERENCE = Reference({"amount": Histogram((1.0, 2.0), (0.5, 0.25, 0.25))}, "the training period", SCORES)


def test_a_reference_is_written_and_read_and_nonsense_is_none() -> None:
    """Red without the seal: a changed digit is taken; and without the digest: another model's reference is."""
    written = write_reference(DRIFT, SCORES, "5" * 64)
    assert read_reference(written, "5" * 64) == REFERENCE
    assert read_reference(written, "6" * 64) is None
    assert read_reference(written.replace(b"0.25", b"0.35"), "5" * 64) is None
    assert read_reference(b"{", "5" * 64) is None
    assert read_reference(write_reference([], None, "5" * 64), "5" * 64) is None
    before_seals = b'{"features": {"amount": {"edges": [1.0], "shares": [0.5, 0.5]}}}'
    assert read_reference(before_seals, "5" * 64) == Reference(
        {"amount": Histogram((1.0,), (0.5, 0.5))}, REFERENCE.source
    )


def test_a_folder_s_reference_is_its_model_s(tmp_path: Path) -> None:
    model, card = a_small_model()
    assert read_folder_reference(tmp_path) is None
    record = replace(a_record(), drift=tuple(DRIFT), scores=SCORES)
    ModelFolders(open_scorer).put(tmp_path, model, card, record, Usage(1, 1))
    assert read_folder_reference(tmp_path) == REFERENCE
    (tmp_path / "reference.json").write_bytes(write_reference(DRIFT, SCORES, "0" * 64))
    assert read_folder_reference(tmp_path) is None


@pytest.mark.parametrize("version", ["v1.0", "v2.0"])
def test_the_shipped_models_bring_a_reference_of_all_they_read(version: str) -> None:
    models = FileModelStore(MODELS, open_scorer)
    card, found = models.load(version).card, models.reference(version)
    assert found is not None
    assert set(found.features) == set(card.features)
    assert found.scores is not None
    for held in (found.scores, *found.features.values()):
        assert sum(held.shares) == pytest.approx(1)


def test_a_model_without_a_reference_is_told_by_the_rows_it_brings_along() -> None:
    card = a_weighted().card
    found = canary_reference(card)
    assert set(found.features) == set(NAMES)
    rows = [canary.vector[3] for canary in card.canaries]
    assert found.features[NAMES[3]] == Histogram.of(rows)
    assert f"{len(rows)} rows" in found.source


def test_what_was_said_and_what_came() -> None:
    confusion = Confusion()
    assert (confusion.precision, confusion.recall, confusion.false_alerts) == (None, None, None)
    for decision, fraud in (("ALLOW", True), ("BLOCK", True), ("VERIFY", True), ("VERIFY", False), ("ALLOW", False)):
        confusion.add(a_past_check(decision=decision), fraud=fraud)
    assert (confusion.caught, confusion.missed, confusion.disturbed, confusion.passed) == (2, 1, 1, 1)
    assert confusion.missed_paise == 600_00
    assert (confusion.precision, confusion.recall, confusion.false_alerts) == (2 / 3, 2 / 3, 0.5)
    assert confusion.payments == 5


@pytest.mark.parametrize(
    ("fields", "segments"),
    [
        ({}, ("500 to 5,000 rupees", "receiver not known yet", "older account")),
        ({"amount_paise": 499_99}, ("below 500 rupees", "receiver not known yet", "older account")),
        ({"amount_paise": 5_000_00}, ("5,000 rupees and more", "receiver not known yet", "older account")),
        ({"features": (1.0,) * 14}, ("500 to 5,000 rupees", "known receiver", "older account")),
        ({"features": ()}, ("500 to 5,000 rupees", "receiver not known yet", "older account")),
        (
            {"signed_up_at": later(days=-29)},
            ("500 to 5,000 rupees", "receiver not known yet", "account younger than 30 days"),
        ),
    ],
)
def test_a_payment_is_in_one_segment_of_each_kind(fields: dict[str, Any], segments: tuple[str, ...]) -> None:
    assert segments_of(a_past_check(**fields)) == segments


async def test_matured_payments_are_judged_by_week_with_the_labels_known_in_time() -> None:
    rows = [
        a_past_check(60, reported_at=later(days=61), probability=0.25),
        a_past_check(60.1, reported_at=later(days=68), decision="BLOCK"),
        a_past_check(60.2, decision="VERIFY", probability=None),
        a_past_check(50),
        a_past_check(65, reported_at=later(days=66)),
        a_past_check(2),
    ]
    found = await Watching(rows).monitor()
    assert [week.begins for week in found.weeks] == [date(2026, 4, 20), date(2026, 4, 27)]
    last = found.weeks[-1]
    assert (last.confusion.missed, last.confusion.disturbed, last.confusion.caught) == (1, 2, 0)
    assert last.ratio == pytest.approx(1 / 0.26)
    assert found.weeks[0].ratio == 0
    assert sum(one.payments for one in found.segments.values()) == 3 * 4
    assert found.reliability is not None
    assert found.reliability.came == pytest.approx(1 / 3)
    assert found.delays == pytest.approx((1.0, 7.9))


async def test_recent_payments_of_the_serving_model_are_compared_with_training() -> None:
    other = tuple(9.0 for _ in NAMES)
    rows = [a_past_check(64 + number / 100) for number in range(50)]
    rows += [a_past_check(65, features=other, model_version="v0") for _ in range(50)]
    at = Watching(rows)
    found = await at.monitor()
    assert found.recent == 50
    assert {one.drift.feature for one in found.drift} == {*NAMES, "score"}
    assert found.drift[0].drift.psi >= found.drift[-1].drift.psi
    card = at.models.store.load("v1").card
    held = canary_reference(card).features["amount"]
    (amount,) = [one for one in found.drift if one.drift.feature == "amount"]
    assert amount.drift.psi == psi(held.shares, shares_in(held.edges, [0.0] * 50))
    assert amount.ks == ks(held.shares, shares_in(held.edges, [0.0] * 50))


async def test_where_there_is_a_reference_it_is_taken_and_features_it_lacks_are_left_out() -> None:
    at = Watching([a_past_check(65)])
    at.models._held.references["v1"] = Reference({"amount": Histogram((0.0,), (0.5, 0.5))}, "the training period")
    found = await at.monitor()
    assert {one.drift.feature for one in found.drift} == {"amount", "score"}
    assert found.reference == "the training period"
    at.models._held.references["v1"] = REFERENCE
    (score,) = [one for one in (await at.monitor()).drift if one.drift.feature == "score"]
    assert score.drift.edges == SCORES.edges


async def test_of_many_recent_payments_every_so_many_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor_model, "COMPARED", 10)
    found = await Watching([a_past_check(64 + number / 100) for number in range(100)]).monitor()
    assert found.recent == 9


async def test_nothing_to_tell_is_told(tmp_path: Path) -> None:
    at = Watching([])
    found = await at.monitor()
    assert (found.drift, found.weeks, found.reliability, found.delays) == ((), (), None, None)
    assert await at.figures.latest() == (NOW, [])
    page = render_monitoring(found)
    for said in ("No payment is old enough", "There are none to judge", "decided nothing", "No payment of these weeks"):
        assert said in page
    assert "<table" not in page


async def test_weeks_without_an_alert_or_a_fraud_have_no_curve_but_a_sentence() -> None:
    """Red where the curve is drawn without a point: its days are those of 1970."""
    page = render_monitoring(await Watching([a_past_check(40 + number) for number in range(5)]).monitor())
    assert "neither an alert nor a fraud" in page
    assert page.count("<svg") == 1


def many(found: Monitoring) -> dict[tuple[str, str], float]:
    return {(name, label): value for name, label, value in found.figures()}


async def test_figures_are_kept_for_metrics_and_the_page_stands_alone() -> None:
    """Red without LEAST_COMPARED: the first day of an installation raises the alert on drift."""
    rows = [a_past_check(60 + number / 100, reported_at=later(days=61), decision="BLOCK") for number in range(5)]
    strange = (9.0, *(0.0 for _ in NAMES[1:]))
    rows += [a_past_check(40 + number, features=strange) for number in range(30)]
    found = await Watching(rows).monitor(timedelta(days=5))
    assert found.drift
    assert "drift_psi" not in {name for name, _ in many(found)}, "a handful of payments raises no alert"
    assert "mostly chance" in render_monitoring(found)
    rows += [a_past_check(66 + number / 1_000, features=strange) for number in range(LEAST_COMPARED)]
    at = Watching(rows)
    found = await at.monitor(timedelta(days=5))
    figures = many(found)
    assert figures["segment_recall", "older account"] == 1.0
    assert figures["drift_psi", NAMES[0]] > 1
    assert ("drift_ks", "score") in figures
    assert ("segment_precision", "known receiver") not in figures
    assert figures["calibration_ratio", ""] == found.weeks[-1].ratio
    assert {label for name, label in figures if name == "label_delay_days"} == {"0.5", "0.9"}
    assert await at.figures.latest() == (NOW, sorted(found.figures()))
    page = render_monitoring(found)
    assert page.count("<svg") == 2
    assert "http" not in page.replace("http://www.w3.org", "")
