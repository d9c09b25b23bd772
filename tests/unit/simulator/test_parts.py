"""Parts of the simulator that can be held to a plainer count."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

import upi_risk
from upi_risk.adapters.polars.features import feature_table
from upi_risk.adapters.polars.transactions_file import read_transactions
from upi_risk.adapters.simulator.acceptance import Stream, area
from upi_risk.adapters.simulator.arrays import pick, positions
from upi_risk.adapters.simulator.hindsight import Before, hidden_facts
from upi_risk.adapters.simulator.parameters import PURPOSE
from upi_risk.adapters.simulator.population import populate
from upi_risk.adapters.simulator.purposes import rounded
from upi_risk.adapters.simulator.returning import origins
from upi_risk.adapters.simulator.rhythm import calendar
from upi_risk.adapters.simulator.scenarios import SCENARIOS, Delays
from upi_risk.adapters.simulator.world import SimulatedWorld
from upi_risk.bootstrap.commands.simulate import read_stream
from upi_risk.domain.simulation import Figure, SimulationOrder

SOURCE = Path(upi_risk.__file__).parent


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_positions_count_from_zero_in_each_run() -> None:
    assert positions(np.array([2, 0, 3])).tolist() == [0, 1, 0, 1, 2]
    assert positions(np.array([], dtype=np.int64)).tolist() == []


def test_what_weighs_nothing_is_never_picked() -> None:
    picked = pick(np.array([0.0, 1.0, 0.0, 3.0]), 4_000, rng())
    assert set(picked.tolist()) == {1, 3}
    assert 0.7 < (picked == 3).mean() < 0.8


def test_the_area_is_that_of_the_library_with_ties() -> None:
    score, truth = rng().integers(0, 5, 400).astype(float), rng().random(400) < 0.3
    assert area(score, truth) == pytest.approx(roc_auc_score(truth, score))


def test_sums_before_a_payment_are_those_of_a_plain_count() -> None:
    dice = rng()
    group, at = dice.integers(0, 4, 80), np.sort(dice.integers(0, 500, 80))
    values = dice.random(80)
    before = Before(group, at)
    windowed, everything, age = before.total(values, 100), before.total(values), before.age_us()
    for row in range(80):
        earlier = [other for other in range(row) if group[other] == group[row]]
        assert everything[row] == pytest.approx(sum(values[other] for other in earlier))
        assert windowed[row] == pytest.approx(sum(values[other] for other in earlier if at[row] - at[other] <= 100))
        assert age[row] == (at[row] - at[earlier[0]] if earlier else -1)


def test_people_return_within_a_purpose_and_to_an_earlier_payment_only() -> None:
    user, purpose = np.repeat([0, 1], 300), rng().integers(0, 6, 600)
    origin = origins(user, purpose, rng())
    rows = np.arange(600)
    assert (origin <= rows).all()
    assert (origin[origin] == origin).all()
    assert (user[origin] == user).all()
    assert (purpose[origin] == purpose).all()
    assert 0.05 < (origin == rows).mean() < 0.6


def test_a_large_first_payment_always_goes_to_somebody_new() -> None:
    purpose = np.full(50, PURPOSE["large person"])
    assert (origins(np.zeros(50, dtype=np.int64), purpose, rng()) == np.arange(50)).all()


def test_a_payday_that_a_month_lacks_is_its_last_day() -> None:
    february = calendar(date(2026, 2, 1), 28, rng())
    assert february.since_payday(np.array([31]))[0, 27] == 0
    assert february.since_payday(np.array([1]))[0, 2] == 2


def test_amounts_are_never_below_a_rupee_nor_finer_than_a_paisa() -> None:
    amount = rounded(np.array([0.2, 3.333, 77.77, 1_234.567]).repeat(200), rng())
    assert amount.min() >= 1
    assert np.allclose(amount * 100, np.round(amount * 100), atol=1e-6)


def test_the_shares_of_scenarios_and_delays_add_up_to_one() -> None:
    assert sum(scenario.mix for scenario in SCENARIOS) == pytest.approx(1)
    for delays in {scenario.delays for scenario in SCENARIOS} | {Delays()}:
        assert delays.hours + delays.days + delays.weeks == pytest.approx(1)


def test_a_population_has_the_segments_it_should() -> None:
    users = populate(20_000, 120, rng())
    assert np.bincount(users.segment)[1] / 20_000 == pytest.approx(0.22, abs=0.02)
    assert users.per_day.mean() == pytest.approx(1.39, abs=0.05)


def test_the_hidden_facts_of_a_payment_do_not_depend_on_what_comes_later(tmp_path: Path) -> None:
    order = SimulationOrder(200, 30, 5, date(2025, 7, 1), tmp_path / "payments.parquet", prevalence=0.02)
    SimulatedWorld(read_stream, workers=1).make(order, lambda _step, _share: None)
    frame, truth = read_transactions(order.out).frame, pl.read_parquet(order.truth)
    cut = frame.height // 2
    whole = hidden_facts(Stream(frame, feature_table(frame), truth))
    early = frame.head(cut)
    for name, values in hidden_facts(Stream(early, feature_table(early), truth.head(cut))).items():
        np.testing.assert_allclose(values, whole[name][:cut], atol=1e-9, err_msg=name)


def test_the_truth_is_read_by_the_simulator_alone() -> None:
    readers = {
        str(file.relative_to(SOURCE))
        for file in SOURCE.rglob("*.py")
        if any(word in file.read_text(encoding="utf-8") for word in ("y_true", "truth.parquet", ".truth)"))
    }
    outside = {name for name in readers if not name.startswith("adapters/simulator/")}
    assert outside == {"bootstrap/commands/simulate.py", "domain/simulation.py"}


@pytest.mark.parametrize(
    ("value", "low", "high", "met"),
    [(1, 1, 2, True), (2, 1, 2, True), (0.9, 1, None, False), (2.1, None, 2, False), (float("nan"), 1, None, False)],
)
def test_a_figure_is_met_within_its_bounds(value: float, low: float | None, high: float | None, met: bool) -> None:
    assert Figure("figure", value, low, high).met is met
