"""A larger amount never lowers the risk, all else equal."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.learning import SMALL, some_examples
from upi_risk.adapters.catboost.learner import CatBoostLearner
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.catboost.scorer import CatBoostScorer
from upi_risk.application.build_card import build_card
from upi_risk.domain.calibration import BaseRate, Calibration
from upi_risk.domain.examples import Examples
from upi_risk.domain.feature_sets import EXTENDED_SET
from upi_risk.domain.features import NAMES, RISES, Facts, vector
from upi_risk.domain.meaning import Meaning
from upi_risk.domain.score_scale import ScoreScale

MEANING = Meaning(Calibration(0.7, 1.3, -0.4), BaseRate(0.3, 0.01), ScoreScale(((0.01, 0.35), (0.2, 0.65))))
FIELDS = dict.fromkeys(Facts._fields, 0)

facts = st.fixed_dictionaries(
    {
        "at_us": st.integers(0, 2**51),
        "amount_paise": st.integers(1, 10**8),
        "login_count": st.integers(1, 60),
        "transaction_count": st.integers(0, 200),
        "settled_count": st.integers(0, 40),
        "settled_paise": st.integers(1, 10**9),
        "largest_paise": st.integers(0, 10**8),
        "age_us": st.integers(0, 10**13),
        "gap_us": st.integers(-1, 10**12),
        "user_good": st.integers(0, 50),
        "user_reports": st.integers(0, 4),
        "pair_settled": st.integers(0, 9),
        "pair_age_us": st.integers(-1, 10**12),
        "pair_disputed": st.integers(0, 1),
        "receiver_good": st.integers(0, 500),
        "receiver_reports": st.integers(0, 4),
    }
).map(lambda values: Facts(**(FIELDS | values)))


@cache
def perverse(*, monotone: bool) -> CatBoostScorer:
    """A model of payments in which small amounts and good records were fraud, as no sense would have it."""
    dice = np.random.default_rng(2)
    table = np.array([vector(_drawn(dice)) for _ in range(1_500)], dtype=np.float32)
    odds = table[:, NAMES.index("receiver_reputation")] * 3 - np.log1p(table[:, NAMES.index("amount")]) * 0.3
    odds += table[:, NAMES.index("hour_of_day")] * 0.1
    labels = (dice.random(len(table)) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    like = some_examples(len(table))
    examples = Examples(table.data, labels.data, like.days, like.payers, like.paise)
    learner = CatBoostLearner(1)
    model = learner.learn([examples], replace(SMALL, iterations=60, depth=4, monotone=monotone), lambda _: None)
    card, _ = build_card("v9", model, MEANING, examples, learner.probabilities(model, examples))
    return open_scorer(model, card)


def _drawn(dice: np.random.Generator) -> Facts:
    known = int(dice.integers(0, 20))
    return Facts(
        at_us=int(dice.integers(0, 2**51)), amount_paise=int(10 ** dice.uniform(2, 7)), login_count=3,
        transaction_count=known, settled_count=known, settled_paise=known * 50_000, largest_paise=90_000,
        age_us=10**12, gap_us=10**9, user_good=known, user_reports=int(dice.integers(0, 3)), pair_settled=known // 4,
        pair_age_us=10**12, pair_disputed=0, receiver_good=int(dice.integers(0, 40)),
        receiver_reports=int(dice.integers(0, 3)),
    )  # fmt: skip


def score(of: Facts, *, monotone: bool = True) -> float:
    scorer = perverse(monotone=monotone)
    (scored,) = scorer.score([vector(of)])
    meaning = scorer.card.meaning
    return meaning.score(meaning.probability(scored.probability))


@given(facts, st.integers(1, 10**8))
def test_a_larger_amount_with_all_that_follows_from_it_never_lowers_the_score(
    payment: Facts, amount_paise: int
) -> None:
    small, large = sorted((payment.amount_paise, amount_paise))
    assert score(payment._replace(amount_paise=small)) <= score(payment._replace(amount_paise=large))


def test_left_to_itself_the_model_believes_what_it_saw() -> None:
    payment = _drawn(np.random.default_rng(9))
    small, large = (payment._replace(amount_paise=paise) for paise in (1_000, 9_000_000))
    assert score(small, monotone=False) > score(large, monotone=False)
    assert score(small) <= score(large)


def test_every_feature_that_is_held_exists_and_the_others_are_free() -> None:
    held = {feature.name: feature.monotone for feature in EXTENDED_SET.features}
    assert {name for name, direction in held.items() if direction} == RISES
    assert {held[name] for name in RISES} == {1}
