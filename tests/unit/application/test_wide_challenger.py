"""A challenger that reads more than the model that serves: what it needs is computed while it is tried, not before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.doubles import AmountScorer
from tests.unit.application.test_experiments import Stricter, Trying, models_of
from upi_risk.application.decide import Answer, Decide
from upi_risk.application.model_health import ModelHealth
from upi_risk.domain.experiment import Experiment
from upi_risk.domain.feature_sets import BASELINE_SET, EXTENDED_SET
from upi_risk.domain.features import Vector
from upi_risk.domain.model import Scored
from upi_risk.domain.policy import SANDBOX, RiskPolicy
from upi_risk.domain.transaction import Transaction

FOURTEEN, SEVENTY = len(BASELINE_SET.names), len(EXTENDED_SET.names)


class Wide(Stricter):
    """Reads all 70 features, and refuses vectors of another length."""

    def __init__(self) -> None:
        super().__init__()
        self.card = replace(self.card, feature_set="extended", features=EXTENDED_SET.names)

    def score(self, vectors: list[Vector]) -> list[Scored]:  # type: ignore[override]
        assert {len(vector) for vector in vectors} <= {SEVENTY}
        padding = (0.0,) * (SEVENTY - FOURTEEN)
        return [one._replace(contributions=one.contributions + padding) for one in super().score(vectors)]


async def a_wide_trial(share: float) -> Trying:
    trying = Trying(share=share, challenger=Wide())
    await trying.users(12)
    return trying


async def decided(trying: Trying) -> list[Transaction]:
    payments = [trying.house.payment(f"UID-{number}", rupees=2_000) for number in range(12) for _ in range(2)]
    answers: list[Answer] = await trying.answers(*payments)
    return [answer for answer in answers if isinstance(answer, Transaction)]


async def test_it_scores_in_shadow_and_no_answer_changes() -> None:
    """Red where the champion is given the wider vectors whole, or the challenger the narrow ones."""
    alone = await a_wide_trial(0.0)
    alone.leave()
    trying = await a_wide_trial(0.0)
    plain, tried = await decided(alone), await decided(trying)
    assert [one.assessment for one in tried] == [one.assessment for one in plain]
    assert [one.features[:FOURTEEN] for one in tried] == [one.features for one in plain]
    assert {len(one.features) for one in tried} == {SEVENTY}
    assert (trying.check.kept, trying.check.lost) == (24, 0)
    assert {score.model_version for score in trying.scores.values()} == {"v0-strict"}


async def test_without_an_experiment_nothing_wider_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    trying = await a_wide_trial(0.0)
    await decided(trying)
    trying.leave()
    monkeypatch.setitem(EXTENDED_SET.__dict__, "of", None)  # would fail where it is called
    assert {len(one.features) for one in await decided(trying)} == {FOURTEEN}


async def test_with_a_share_either_model_is_asked_behind_the_other() -> None:
    """Red where each arm's vectors are its own model's: the wide one says nothing of the champion's payments."""
    trying = await a_wide_trial(0.5)
    answers = await decided(trying)
    assert set(models_of(answers)) == {"v0-amount", "v0-strict"}
    assert {len(one.features) for one in answers} == {SEVENTY}
    assert (trying.check.kept, trying.check.lost) == (24, 0)


async def test_a_narrow_challenger_gets_its_part_of_a_wide_champion_s_vectors() -> None:
    trying = await a_wide_trial(0.0)
    policy, narrow, health = RiskPolicy(forced=SANDBOX), AmountScorer(), ModelHealth(lambda: 0.0, lambda _: None)
    wide = trying.challenger
    trying.arms._champion = Decide(wide, policy)
    trying.check._champion = wide
    trying.arms.trial = replace(
        trying.trial,
        experiment=Experiment("two", "v0-strict", "v0-amount", 0.0, 1, trying.experiment.started_at),
        challenger=narrow,
        decide=Decide(narrow, policy, health),
    )
    assert trying.arms.features is EXTENDED_SET
    answers = await decided(trying)
    assert {len(one.features) for one in answers} == {SEVENTY}
    assert (trying.check.kept, trying.check.lost) == (24, 0)


async def test_what_was_decided_before_the_wider_features_were_known_has_no_other_score() -> None:
    trying = await a_wide_trial(0.0)
    trying.leave()
    before = await decided(trying)
    assert trying.check._others(trying.trial, before) == []
