"""Where VERIFY and BLOCK begin: the cheapest thresholds within what people can look at."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from upi_risk.domain.calibration import BaseRate
from upi_risk.domain.cost import CostModel
from upi_risk.domain.decision import Decision
from upi_risk.domain.operating_points import (
    AMOUNTS,
    OperatingPoints,
    Row,
    ScaleWishes,
    break_evens,
    choose_operating_points,
)

COSTS = CostModel()
ALL = ScaleWishes(alert_budget=1.0, block_precision=0.5)
THOUSAND = 1_000_00


def stream() -> list[Row]:
    """1,000 payments of 1,000 rupees: 4 at 0.6 with 3 frauds, 6 at 0.2 with 1, 40 at 0.01 with 1, the rest good."""
    groups = ((0.6, 4, 3), (0.2, 6, 1), (0.01, 40, 1), (0.001, 950, 0))
    return [(p, int(number < frauds), THOUSAND) for p, count, frauds in groups for number in range(count)]


def chosen(
    rows: list[Row] | None = None, wishes: ScaleWishes = ALL, base_rate: BaseRate | None = None
) -> OperatingPoints:
    points = choose_operating_points(stream() if rows is None else rows, COSTS, wishes, base_rate)
    assert points is not None
    return points


def test_verify_begins_where_the_payments_would_have_cost_least() -> None:
    # A fraud asked about saves 227 rupees, a good payment asked about costs 3.30: the 40 at 0.01 pay, the 950 do not.
    points = chosen()
    assert 0.001 < points.verify_from < 0.01
    assert (points.verify.share, points.verify.precision, points.verify.recall) == pytest.approx((0.05, 0.1, 1.0))
    assert not points.budget_bound


def test_block_begins_where_it_saves_most_with_the_precision_that_is_wanted() -> None:
    # A fraud blocked saves 653 rupees more than asking, a good payment blocked costs 151.70 more.
    points = chosen()
    assert 0.2 < points.block_above < 0.6
    assert points.block is not None
    assert (points.block.share, points.block.precision, points.block.recall) == pytest.approx((0.004, 0.75, 0.6))
    saved = 5 * 227 - 45 * 3.3 + 3 * 653 - 151.7
    assert points.rupees_saved == pytest.approx(saved / (5 * 880))


def test_a_budget_moves_verify_up() -> None:
    points = chosen(wishes=replace(ALL, alert_budget=0.02))
    assert 0.01 < points.verify_from < 0.2
    assert points.budget_bound


def test_a_precision_that_is_not_reached_blocks_nothing_that_was_seen() -> None:
    points = chosen(wishes=replace(ALL, block_precision=0.8))
    assert points.block is None
    assert points.block_above == 0.6
    assert points.rupees_saved == pytest.approx((5 * 227 - 45 * 3.3) / (5 * 880))


def test_where_fraud_is_rarer_asking_pays_later() -> None:
    rarer = BaseRate(learned=0.005, served=0.0005)
    rows = [(rarer(p), fraud, paise) for p, fraud, paise in stream()]
    points = chosen(rows, base_rate=rarer)
    assert rarer(0.01) < points.verify_from < rarer(0.2)
    # 0.4 frauds stand among 6.003 good payments of each ten that are asked about.
    frauds, good = 4 * rarer.fraud_weight, 6 * rarer.good_weight
    assert points.verify.precision == pytest.approx(frauds / (frauds + good))
    assert points.verify.share == pytest.approx((frauds + good) / 1_000)


@pytest.mark.parametrize(
    "rows",
    [
        [(0.5, 0, THOUSAND), (0.1, 0, THOUSAND), (0.1, 1, 10_00)],  # only good payments, and a fraud not worth asking
        [(0.5, 1, THOUSAND), (0.5, 0, THOUSAND)],  # all alike: there is no lower probability to allow
        [(0.5, 1, THOUSAND)] * 5 + [(0.1, 0, THOUSAND)],  # beyond the budget
    ],
)
def test_where_asking_never_pays_within_the_budget_there_is_no_point(rows: list[Row]) -> None:
    wishes = replace(ALL, alert_budget=0.5 if len(rows) == 6 else 1.0)
    assert choose_operating_points(rows, COSTS, wishes, None) is None


def test_the_scale_has_both_points_at_the_policy_s_thresholds() -> None:
    points = chosen()
    scale = points.scale(0.35, 0.65)
    assert scale(points.verify_from) == pytest.approx(0.35)
    assert scale(points.block_above) == pytest.approx(0.65)
    assert scale(0.001) < 0.35 <= scale(0.01) < scale(0.2) < 0.65 < scale(0.6)


def test_break_evens_fall_with_the_amount_and_a_small_payment_is_never_asked_about() -> None:
    evens = break_evens(COSTS)
    assert tuple(even.rupees for even in evens) == AMOUNTS
    for which in ("verify", "block"):
        known = [getattr(even, which) for even in evens]
        assert all(low is not None and high is not None and high < low for low, high in pairwise(known))
    assert evens[1].verify == pytest.approx(3.3 / (3.3 + 0.23 * 500 - 3))
    assert evens[1].block == COSTS.pays_from(Decision.BLOCK, Decision.VERIFY, 500)


def test_a_decision_that_stops_nothing_never_pays() -> None:
    useless = break_evens(replace(COSTS, verify_stops=0.0))
    assert {even.verify for even in useless} == {None}
    assert all(even.block is not None for even in useless)
    assert {even.block for even in break_evens(replace(COSTS, recovered=1.0))} == {None}
