"""Choosing a model, and services that follow while they answer."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace

import pytest

from tests.contracts.models import MemoryModels
from tests.houses import MemoryHouse
from upi_risk.application.check_transaction import CheckTransaction
from upi_risk.application.choose_model import ChooseModel
from upi_risk.application.coalesce import Coalesce
from upi_risk.application.decide import Decide
from upi_risk.application.follow_model import LONGEST_WAIT, Event, FollowModel, Refused, Swapped, SwappingScorer
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.features import NAMES
from upi_risk.domain.model import Canary
from upi_risk.domain.payment import Payment
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.transaction import Transaction


def some_models(*versions: str) -> MemoryModels:
    """Models that score differently, the first of them serving."""
    models = MemoryModels()
    for number, version in enumerate(versions):
        model = json.dumps({"bias": -2.0 + number, "weights": [0.0] * len(NAMES)}).encode()
        card = replace(models.good()[1], version=version, sha256=hashlib.sha256(model).hexdigest())
        models.put(version, model, replace(card, canaries=()))
        probe = tuple(0.0 for _ in NAMES)
        probability = 1 / (1 + 2.718281828459045 ** (2.0 - number))
        models.put(version, model, replace(card, canaries=(Canary(probe, probability),)))
    models.serve(versions[0])
    return models


def damage(models: MemoryModels, version: str) -> None:
    model, card = models._held.models[version]
    models._held.models[version] = (model + b" ", card)


class CountingModels:
    """A store that counts loads."""

    def __init__(self, models: MemoryModels) -> None:
        self._models = models
        self.loads = 0

    def versions(self) -> list[str]:
        return self._models.store.versions()

    def current(self) -> str:
        return self._models.store.current()

    def load(self, version: str) -> object:
        self.loads += 1
        return self._models.store.load(version)


def following(models: MemoryModels, told: list[Event]) -> tuple[SwappingScorer, FollowModel, CountingModels]:
    counting = CountingModels(models)
    scorer = SwappingScorer(models.store.load(models.store.current()))
    return scorer, FollowModel(counting, scorer, told.append), counting  # type: ignore[arg-type]


def test_a_model_is_promoted_only_when_it_loads() -> None:
    models = some_models("v1.0", "v2.0", "v3.0")
    choose = ChooseModel(models.store, models.registry)
    assert choose.promote("v2.0").version == "v2.0"
    damage(models, "v3.0")
    with pytest.raises(ModelRejectedError, match="not the one its card describes"):
        choose.promote("v3.0")
    assert models.store.current() == "v2.0"


def test_rolling_back_needs_a_version_that_served_and_loads() -> None:
    models = some_models("v1.0", "v2.0")
    choose = ChooseModel(models.store, models.registry)
    with pytest.raises(ModelRejectedError, match="No model served before"):
        choose.roll_back()
    choose.promote("v2.0")
    damage(models, "v1.0")
    with pytest.raises(ModelRejectedError, match="not the one"):
        choose.roll_back()
    assert models.store.current() == "v2.0"
    models._held.models["v1.0"] = some_models("v1.0")._held.models["v1.0"]
    assert choose.roll_back().version == "v1.0"
    assert models.store.current() == "v1.0"


async def test_another_model_that_is_named_takes_over() -> None:
    told: list[Event] = []
    models = some_models("v1.0", "v2.0")
    scorer, follow, counting = following(models, told)
    await follow.look()
    assert (told, counting.loads) == ([], 0)
    models.serve("v2.0")
    await follow.look()
    assert told == [Swapped("v1.0", "v2.0")]
    assert scorer.card.version == "v2.0"


async def test_a_bad_model_is_refused_once_told_once_and_the_old_one_serves_until_it_is_repaired() -> None:
    told: list[Event] = []
    models = some_models("v1.0", "v2.0")
    scorer, follow, counting = following(models, told)
    good = models._held.models["v2.0"]
    damage(models, "v2.0")
    models.serve("v2.0")
    for _ in range(10):
        await follow.look()
    assert scorer.card.version == "v1.0"
    assert [(event.serving, event.wanted) for event in told if isinstance(event, Refused)] == [("v1.0", "v2.0")]
    assert counting.loads == 3  # at looks 1, 3 and 6; the next is at 11
    models._held.models["v2.0"] = good
    await follow.look()
    assert told[1:] == [Swapped("v1.0", "v2.0")]


async def test_waiting_for_a_repair_has_a_limit() -> None:
    models = some_models("v1.0", "v2.0")
    _, follow, counting = following(models, [])
    damage(models, "v2.0")
    models.serve("v2.0")
    for _ in range(2_000):
        follow._wait = min(follow._wait, 0)
        await follow.look()
    assert counting.loads == 2_000
    assert follow._wait == LONGEST_WAIT


async def test_a_name_that_cannot_be_read_is_told_once_and_forgotten_when_all_is_well_again() -> None:
    told: list[Event] = []
    models = some_models("v1.0")
    _, follow, _ = following(models, told)
    for serving in (None, None, "v1.0", None):
        models._held.serving = serving
        await follow.look()
    assert [event.wanted for event in told if isinstance(event, Refused)] == [None, None]


async def test_models_change_under_load_and_no_check_fails_and_each_names_the_model_that_scored_it() -> None:
    models = some_models("v1.0", "v2.0", "v3.0")
    scores = {version: models.store.load(version).score([(0.0,) * len(NAMES)])[0].probability for version in
              models.store.versions()}  # fmt: skip
    house, told = MemoryHouse(), list[Event]()
    scorer, follow, _ = following(models, told)
    check = Coalesce[Payment, Transaction](
        CheckTransaction(house.load, Decide(scorer, RiskPolicy()), house.ledger, house.cache)  # type: ignore[arg-type]
    )
    users = [await house.a_user() for _ in range(20)]
    looking = asyncio.create_task(follow.forever(0.001))
    stop = False

    async def pay(number: int) -> int:
        asked = 0
        while not stop:
            await check(house.payment(users[number]))
            await asyncio.sleep(0)
            asked += 1
        return asked

    paying = [asyncio.create_task(pay(number)) for number in range(len(users))]
    for version in ("v2.0", "v3.0", "v1.0", "v2.0"):
        models.serve(version)
        async with asyncio.timeout(20):
            while scorer.card.version != version:  # noqa: ASYNC110 - what is waited for is the loop's own doing
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
    stop = True
    asked = sum(await asyncio.gather(*paying))
    looking.cancel()
    await asyncio.wait({looking})

    stored = [row for rows in house.store.transactions.values() for row in rows.values()]
    assert len(stored) == asked > 100
    assert {row.assessment.model_version for row in stored} == {"v1.0", "v2.0", "v3.0"}
    for row in stored:
        assert row.assessment.score == pytest.approx(scores[row.assessment.model_version], abs=1e-4)
    assert [event.after for event in told if isinstance(event, Swapped)] == ["v2.0", "v3.0", "v1.0", "v2.0"]
