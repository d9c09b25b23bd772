"""What every scorer promises; see upi_risk.domain.ports.Scorer."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import pytest

from tests.contracts.models import a_weighted
from tests.learning import a_small_model, some_vectors
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.domain.backtest import BulkScorer
from upi_risk.domain.features import NAMES
from upi_risk.domain.ports import Scorer


class Both(Scorer, BulkScorer, Protocol):
    """What backtests load serves, too."""


@pytest.fixture(scope="module", params=["memory", "catboost"])
def scorer(request: pytest.FixtureRequest) -> Scorer:
    return a_weighted() if request.param == "memory" else open_scorer(*a_small_model())


def test_each_vector_gets_a_probability_and_a_part_for_each_feature(scorer: Scorer) -> None:
    scored = scorer.score(some_vectors(50))
    assert len(scored) == 50
    assert all(0 <= result.probability <= 1 for result in scored)
    assert all(len(result.contributions) == len(scorer.card.features) for result in scored)
    assert len({result.probability for result in scored}) > 10


def test_the_parts_add_up_to_the_log_odds_with_one_constant_for_all(scorer: Scorer) -> None:
    constants = [
        math.log(result.probability / (1 - result.probability)) - sum(result.contributions)
        for result in scorer.score(some_vectors(50))
    ]
    assert constants == pytest.approx([constants[0]] * 50, abs=1e-9)


def test_a_vector_gets_the_same_result_alone_and_among_others(scorer: Scorer) -> None:
    vectors = some_vectors(64)
    together = scorer.score(vectors)
    assert [scorer.score([vector])[0] for vector in vectors] == together
    assert scorer.score(vectors[::-1])[::-1] == together


def test_many_at_once_get_the_same_probabilities_to_the_bit(scorer: Both) -> None:
    vectors = some_vectors(200)
    alone = [result.probability.hex() for result in scorer.score(vectors)]
    columns = [list(column) for column in zip(*vectors, strict=True)]
    assert [float(probability).hex() for probability in scorer.probabilities(columns)] == alone


def test_threads_that_share_it_get_what_one_gets(scorer: Scorer) -> None:
    vectors = some_vectors(200)
    alone = scorer.score(vectors)
    with ThreadPoolExecutor(8) as threads:
        shared = list(threads.map(lambda vector: scorer.score([vector])[0], vectors * 5))
    assert shared == alone * 5


def test_no_vectors_get_no_results(scorer: Scorer) -> None:
    assert scorer.score([]) == []


@pytest.mark.parametrize(
    "vector",
    [
        (*[0.0] * (len(NAMES) - 1), math.nan),
        (math.inf, *[0.0] * (len(NAMES) - 1)),
        (0.0,) * (len(NAMES) - 1),
        (0.0,) * (len(NAMES) + 1),
    ],
    ids=["nan", "infinity", "too short", "too long"],
)
def test_what_is_not_finite_numbers_for_each_feature_is_refused(scorer: Scorer, vector: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="14 finite numbers"):
        scorer.score([vector])


def test_canary_rows_score_as_the_card_says(scorer: Scorer) -> None:
    scored = scorer.score([canary.vector for canary in scorer.card.canaries])
    scorer.card.require_canaries([result.probability for result in scored])
