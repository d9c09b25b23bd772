"""Figures of merit, against values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upi_risk.domain.metrics import Flagged, brier, card_precision, flagged

OUTCOMES = st.lists(st.tuples(st.booleans(), st.integers(0, 1)), max_size=30)


def test_precision_and_recall_are_shares_of_what_was_flagged_and_of_fraud() -> None:
    counted = flagged(0.35, [True, True, False, True], [1, 0, 1, 1])
    assert counted == Flagged(0.35, alerts=3, caught=2, frauds=3)
    assert (counted.precision, counted.recall, counted.f1) == (2 / 3, 2 / 3, 2 / 3)


def test_nothing_flagged_and_nothing_to_find_are_zero() -> None:
    assert (Flagged(0.5, 0, 0, 4).precision, Flagged(0.5, 3, 0, 0).recall, Flagged(0.5, 0, 0, 0).f1) == (0, 0, 0)


@given(OUTCOMES)
def test_f1_is_the_harmonic_mean(outcomes: list[tuple[bool, int]]) -> None:
    counted = flagged(0.5, (flag for flag, _ in outcomes), (label for _, label in outcomes))
    precision, recall = counted.precision, counted.recall
    harmonic = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    assert counted.f1 == pytest.approx(harmonic)


def test_brier_is_the_mean_squared_miss() -> None:
    assert brier([1.0, 0.5, 0.0], [1, 0, 1]) == (0 + 0.25 + 1) / 3


def test_card_precision_counts_victims_among_the_payers_with_the_highest_score_of_the_day() -> None:
    # payer 1 pays twice: the higher score ranks, either payment may be the fraud
    share = card_precision(
        days=[1, 1, 1, 1], payers=[1, 1, 2, 3], scores=[0.9, 0.1, 0.5, 0.8], labels=[0, 1, 1, 0], cards=2
    )
    assert share == 1 / 2


def test_a_payer_found_on_an_earlier_day_is_left_out_and_makes_room() -> None:
    days, payers = [1, 1, 2, 2], [1, 2, 1, 2]
    assert card_precision(days, payers, [0.9, 0.1, 0.9, 0.1], [1, 0, 1, 1], cards=1) == (1 + 1) / 2


def test_a_day_with_few_payers_still_counts_against_all_that_could_be_looked_at() -> None:
    assert card_precision([1], [1], [0.5], [1]) == 1 / 100


def test_of_payers_with_equal_scores_the_lower_number_comes_first() -> None:
    assert card_precision([1, 1], [2, 1], [0.5, 0.5], [1, 0], cards=1) == 0
    assert card_precision([1, 1], [1, 2], [0.5, 0.5], [1, 0], cards=1) == 1


def test_no_days_have_no_precision() -> None:
    assert card_precision([], [], [], []) == 0
