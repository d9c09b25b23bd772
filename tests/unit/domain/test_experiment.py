"""Experiments: whose decision a payer gets, and when somebody has won."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import inf, sqrt

import pytest

from tests.builders import NOON
from upi_risk.domain.experiment import Arm, Experiment, Observed
from upi_risk.domain.experiment_verdict import ExperimentRules, Outcome, judge
from upi_risk.domain.sequential import ClusterSums, Contrast

SPLIT = Experiment("one", "v1", "v2", 0.5, 100, NOON)
SHADOW = replace(SPLIT, share=0.0)
RULES = ExperimentRules(frauds=10)


def test_a_payer_is_always_in_the_same_arm_and_the_share_is_kept() -> None:
    users = [f"UID-{number}" for number in range(20_000)]
    tenth = replace(SPLIT, share=0.1)
    drawn = [tenth.arm(user) for user in users]
    assert drawn == [tenth.arm(user) for user in users]
    share = drawn.count(Arm.CHALLENGER) / len(users)
    assert abs(share - 0.1) < 4 * sqrt(0.09 / len(users))


def test_shadow_never_decides() -> None:
    assert {SHADOW.arm(f"UID-{number}") for number in range(1_000)} == {Arm.CHAMPION}
    assert SHADOW.shadow
    assert not SPLIT.shadow


def test_another_experiment_draws_other_payers() -> None:
    users = [f"UID-{number}" for number in range(10_000)]
    both = sum(SPLIT.arm(user) == replace(SPLIT, name="two").arm(user) for user in users)
    assert abs(both / len(users) - 0.5) < 0.03


def test_growing_the_share_moves_nobody_back() -> None:
    users = [f"UID-{number}" for number in range(2_000)]
    small = {user for user in users if replace(SPLIT, share=0.1).arm(user) is Arm.CHALLENGER}
    assert small < {user for user in users if replace(SPLIT, share=0.3).arm(user) is Arm.CHALLENGER}


def sums(*pairs: tuple[str, float, float]) -> ClusterSums:
    made = ClusterSums()
    for payer, base, total in pairs:
        made.add(payer, base, total)
    return made


def test_the_variance_of_a_ratio_is_that_of_its_payers() -> None:
    """As computed by hand: residuals of two payers around the ratio, squared, over the base squared."""
    made = sums(("a", 1, 2), ("b", 2, 1), ("a", 1, 0))
    assert made.ratio == pytest.approx(3 / 4)
    residuals = [2 - 0.75 * 2, 1 - 0.75 * 2]
    assert made.variance == pytest.approx(sum(each * each for each in residuals) / 16)
    assert ClusterSums().variance == ClusterSums().ratio == 0


def test_payments_of_one_payer_are_not_taken_for_so_many_witnesses() -> None:
    """Each payment ten times by the same payer says no more than once."""
    once = sums(*((f"u{number}", 1, number % 2) for number in range(100)))
    tenfold = sums(*((f"u{number}", 1, number % 2) for number in range(100) for _ in range(10)))
    strangers = sums(*((f"u{number}-{time}", 1, number % 2) for number in range(100) for time in range(10)))
    assert tenfold.variance == pytest.approx(once.variance)
    assert strangers.variance == pytest.approx(once.variance / 10)


def test_a_contrast_is_a_share_of_the_champion_s_figure() -> None:
    champion = sums(*((f"a{number}", 1, number % 2) for number in range(100)))
    challenger = sums(*((f"b{number}", 1, number % 4 == 0) for number in range(100)))
    contrast = Contrast.between(champion, challenger)
    assert contrast is not None
    assert contrast.value == pytest.approx(-0.5)
    assert contrast.variance == pytest.approx((challenger.variance + champion.variance) / 0.25)
    assert Contrast.between(champion, ClusterSums()) is None
    assert Contrast.between(ClusterSums(), champion) is None


def test_a_champion_without_events_counts_as_if_it_had_one() -> None:
    none = sums(("a", 100, 0))
    contrast = Contrast.between(none, sums(*((f"b{number}", 1, number < 5) for number in range(100))))
    assert contrast is not None
    assert contrast.value == pytest.approx(4)
    assert Contrast.paired(sums(("a", 0, 5))) is None


def test_a_challenger_without_any_cost_is_sure_of_nothing_less() -> None:
    """Red with the variance of the ratio as found: it is 0 there, and no winner could be called."""
    contrast = Contrast.paired(sums(*((f"a{number}", number % 2, 0) for number in range(200))))
    assert contrast is not None
    assert contrast.value == -1
    assert contrast.variance == pytest.approx(0.01)


def test_p_is_the_inverse_likelihood_ratio_of_the_mixture_and_fits_the_confidence_sequence() -> None:
    """At the edge of the 1 - alpha sequence p is alpha."""
    contrast = Contrast(0.0, 0.002)
    edge = contrast.reach(0.1, 0.05)
    assert Contrast(edge, 0.002).p_value(0.1) == pytest.approx(0.05)
    assert Contrast(-edge * 1.01, 0.002).p_value(0.1) < 0.05
    assert contrast.p_value(0.1) == 1.0
    assert Contrast(0.5, 0.0).p_value(0.1) == 1.0
    assert Contrast(0.5, 0.0).reach(0.1, 0.05) == inf


def observed(day: int, number: int, *, fraud: bool, decision: str, **fields: object) -> Observed:
    version = fields.pop("version", "v1")
    return Observed(
        NOON + timedelta(days=day), f"U{number}-{version}", 1_000_00, fraud, str(version), 0.5, decision,
        **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def a_split(days: int, *, missed: tuple[int, int], blocked: tuple[int, int] = (0, 0)) -> list[Observed]:
    """Each day 100 payments of each model, 20 of them fraud; so many missed, so many good ones blocked."""
    made = []
    for day in range(days):
        for arm, version in enumerate(("v1", "v2")):
            for index in range(100):
                fraud = index < 20
                allowed = index < missed[arm] if fraud else index >= 20 + blocked[arm]
                decision = "ALLOW" if allowed else "BLOCK"
                made.append(observed(day, day * 100 + index, fraud=fraud, decision=decision, version=version))
    return made


def test_a_challenger_that_costs_less_wins() -> None:
    verdict = judge(SPLIT, a_split(10, missed=(10, 4)), RULES)
    assert verdict.outcome is Outcome.CHALLENGER
    assert "v2 costs 60.0% less than v1" in verdict.why
    assert len(verdict.looks) == 10
    assert verdict.looks[0].payments == (100, 100)
    assert verdict.looks[-1].frauds == (200, 200)


def test_a_champion_that_costs_less_wins_before_the_margin_is_passed() -> None:
    verdict = judge(SPLIT, a_split(120, missed=(10, 12)), RULES)
    assert verdict.outcome is Outcome.CHAMPION
    assert "% more than v1" in verdict.why


def test_equal_models_are_undecided_and_the_reason_is_told() -> None:
    verdict = judge(SPLIT, a_split(10, missed=(10, 10)), RULES)
    assert verdict.outcome is Outcome.UNDECIDED
    assert "p = 1.0000" in verdict.why


@pytest.mark.parametrize(
    ("experiment", "rules"),
    [(replace(SPLIT, minimum=1_001), RULES), (SPLIT, replace(RULES, frauds=201))],
    ids=["payments", "frauds"],
)
def test_nobody_wins_before_the_minimum(experiment: Experiment, rules: ExperimentRules) -> None:
    verdict = judge(experiment, a_split(10, missed=(10, 4)), rules)
    assert verdict.outcome is Outcome.UNDECIDED
    assert "there are 1,000 and 200" in verdict.why


def test_nothing_observed_is_undecided() -> None:
    verdict = judge(SPLIT, [], RULES)
    assert (verdict.outcome, verdict.looks) == (Outcome.UNDECIDED, ())
    assert "there are 0 and 0" in verdict.why


def test_too_many_false_blocks_stop_it_before_any_minimum() -> None:
    """Red without the guardrails: it would go on to its minimum."""
    patient = replace(SPLIT, minimum=1_000_000)
    verdict = judge(patient, a_split(20, missed=(10, 10), blocked=(5, 15)), RULES)
    assert verdict.outcome is Outcome.BREACHED
    assert "more false blocks than v1" in verdict.why


def test_a_winner_that_does_harm_later_is_stopped() -> None:
    """Red where the first that is called stays: a challenger that waits for its promotion would go on deciding."""
    good = a_split(10, missed=(10, 4))
    assert judge(SPLIT, good, RULES).outcome is Outcome.CHALLENGER
    bad = [
        replace(one, at=one.at + timedelta(days=10), user_id=f"{one.user_id}-") for one in a_split(40, missed=(4, 20))
    ]
    verdict = judge(SPLIT, good + bad, RULES)
    assert verdict.outcome is Outcome.BREACHED
    assert "missed rupees" in verdict.why


def test_missed_rupees_stop_it_too() -> None:
    verdict = judge(replace(SPLIT, minimum=1_000_000), a_split(20, missed=(6, 18)), RULES)
    assert verdict.outcome is Outcome.BREACHED
    assert "missed rupees" in verdict.why


def test_in_shadow_both_are_judged_by_the_same_payments_and_those_without_a_pair_are_left_out() -> None:
    rows = [
        observed(day, day * 100 + index, fraud=index < 20, decision="BLOCK" if 10 <= index < 20 else "ALLOW",
                 other_score=0.5, other_decision="BLOCK" if 2 <= index < 20 else "ALLOW")
        for day in range(10) for index in range(100)
    ]  # fmt: skip
    rows.append(observed(9, 5_000, fraud=True, decision="ALLOW"))
    verdict = judge(SHADOW, rows, RULES)
    assert verdict.outcome is Outcome.CHALLENGER
    assert verdict.unpaired == 1
    assert verdict.looks[-1].payments == (1_000, 1_000)


def test_a_single_large_amount_does_not_decide() -> None:
    """Red with amounts that count in full: the one fraud outweighs all others' costs."""
    rows = a_split(3, missed=(10, 10))
    rows.append(replace(observed(2, 9_000, fraud=True, decision="ALLOW", version="v2"), amount_paise=100_000_000))
    capped = judge(SPLIT, rows, RULES).looks[-1].cost
    whole = judge(SPLIT, rows, replace(RULES, cap_rupees=1e9)).looks[-1].cost
    assert capped is not None
    assert whole is not None
    assert capped.value < 0.7 < whole.value
