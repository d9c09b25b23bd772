"""What every store of experiments promises; see upi_risk.domain.experiment."""

# ruff: noqa: ANN401 - a keyword may be any field

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import NOON, a_payee, a_payment, a_report, a_transaction, a_user, later
from tests.contracts.stores import Stores
from upi_risk.adapters.memory import (
    MemoryExperiments,
    MemoryHistory,
    MemoryLedger,
    MemoryPastChecks,
    MemoryStore,
    MemoryUsers,
)
from upi_risk.adapters.postgres.experiments import PostgresExperiments
from upi_risk.domain.experiment import Experiment, ExperimentConflictError, Observed, OtherScore
from upi_risk.domain.history import Change
from upi_risk.domain.transaction import Transaction

WEEK = timedelta(days=7)


def an_experiment(name: str = "one", **fields: Any) -> Experiment:
    known: dict[str, Any] = {"champion": "v1.0", "challenger": "v2.0", "share": 0.5, "minimum": 10}
    return Experiment(name, **(known | {"started_at": NOON} | fields))


@dataclass(frozen=True)
class House:
    """Experiments, and the payments that they are about."""

    experiments: MemoryExperiments | PostgresExperiments
    stores: Stores

    async def decided(self, user_id: str, *by: tuple[int, str], **fields: Any) -> list[Transaction]:
        """A user's payments: seconds after noon, and the model that decided."""
        user = a_user(user_id)
        await self.stores.users.add(user)
        added = tuple(
            a_transaction(a_payment(user_id, at=later(seconds=second), **fields), model_version=version)
            for second, version in by
        )
        await self.stores.apply(Change(user.moved(later(hours=1)), user.version, added=added))
        return list(added)

    async def matured(self, experiment: Experiment, now: datetime, maturity: timedelta = WEEK) -> list[Observed]:
        return [one async for page in self.experiments.matured(experiment, now, maturity) for one in page]


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        store = MemoryStore()
        stores = Stores(MemoryUsers(store), MemoryLedger(store), MemoryHistory(store), MemoryPastChecks(store))
        return House(MemoryExperiments(store), stores)
    engine: AsyncEngine = request.getfixturevalue("engine")
    return House(PostgresExperiments(engine), Stores.in_postgres(engine))


def a_score(transaction: Transaction, **fields: Any) -> OtherScore:
    payment = transaction.payment
    known: dict[str, Any] = {"model_version": "v2.0", "score": 0.75, "probability": 0.1, "decision": "BLOCK"}
    return OtherScore(payment.user_id, payment.transaction_id, **(known | fields))


async def test_one_experiment_runs_at_a_time(house: House) -> None:
    experiments = house.experiments
    assert await experiments.running() is None
    await experiments.start(an_experiment("one"))
    assert await experiments.running() == an_experiment("one")
    with pytest.raises(ExperimentConflictError, match="one runs"):
        await experiments.start(an_experiment("two"))
    assert await experiments.find("two") is None
    await experiments.stop("one", later(hours=1), "enough")
    assert await experiments.running() is None
    await experiments.start(an_experiment("two"))
    assert await experiments.running() == an_experiment("two")


async def test_a_name_is_given_once(house: House) -> None:
    await house.experiments.start(an_experiment("one"))
    await house.experiments.stop("one", later(hours=1), "enough")
    with pytest.raises(ExperimentConflictError, match="before"):
        await house.experiments.start(an_experiment("one"))


async def test_what_ended_stays_as_it_ended_and_what_never_was_cannot_end(house: House) -> None:
    await house.experiments.start(an_experiment("one"))
    ended = await house.experiments.stop("one", later(hours=1), "enough")
    assert ended == an_experiment("one", ended_at=later(hours=1), outcome="enough")
    assert await house.experiments.stop("one", later(hours=2), "again") == ended
    assert await house.experiments.find("one") == ended
    with pytest.raises(ExperimentConflictError, match="no experiment"):
        await house.experiments.stop("two", later(hours=1), "")


async def test_payments_of_both_models_come_by_instant_with_the_other_score_where_there_is_one(house: House) -> None:
    experiment = an_experiment()
    await house.experiments.start(experiment)
    first, second = await house.decided("UID-B", (3, "v1.0"), (1, "v2.0"))
    await house.decided("UID-A", (3, "v1.0"), (2, "v0.9"))
    await house.experiments.add("one", [a_score(first)])
    found = await house.matured(experiment, later(days=8))
    assert [(one.user_id, one.at, one.model_version) for one in found] == [
        ("UID-B", later(seconds=1), "v2.0"),
        ("UID-A", later(seconds=3), "v1.0"),
        ("UID-B", later(seconds=3), "v1.0"),
    ]
    assert found[0] == Observed(later(seconds=1), "UID-B", 500_00, False, "v2.0", second.assessment.score, "ALLOW")
    assert found[2].other_score == 0.75
    assert found[2].other_decision == "BLOCK"


async def test_a_second_score_of_a_payment_changes_nothing_and_another_experiment_s_is_not_seen(house: House) -> None:
    experiment = an_experiment()
    (first,) = await house.decided("UID-A", (3, "v1.0"))
    await house.experiments.add("one", [a_score(first)])
    await house.experiments.add("one", [a_score(first, score=0.1)])
    await house.experiments.add("two", [a_score(first, score=0.2)])
    (found,) = await house.matured(experiment, later(days=8))
    assert found.other_score == 0.75
    (unscored,) = await house.matured(replace(experiment, name="three"), later(days=8))
    assert unscored.other_score is None


async def test_only_matured_payments_from_start_to_end_count(house: House) -> None:
    await house.decided("UID-A", *((second, "v1.0") for second in (1, 2, 3, 4)))
    running = an_experiment(started_at=later(seconds=2))
    assert [one.at for one in await house.matured(running, later(days=7, seconds=4))] == [
        later(seconds=2),
        later(seconds=3),
    ]
    ended = running.ended(later(seconds=3), "")
    assert [one.at for one in await house.matured(ended, later(days=8))] == [later(seconds=2)]
    assert await house.matured(running, NOON) == []


async def test_a_payment_is_fraud_if_it_was_reported_before_it_matured(house: House) -> None:
    early, late = await house.decided("UID-A", (0, "v1.0"), (1, "v1.0"))
    for transaction, at in ((early, later(days=7, seconds=-1)), (late, later(days=7, seconds=1))):
        user = await house.stores.user("UID-A")
        assert user is not None
        await house.stores.apply(a_report(user, transaction, a_payee("UID-A"), at))
    found = await house.matured(an_experiment(), later(days=30))
    assert [one.fraud for one in found] == [True, False]


async def test_more_payments_than_a_page_all_come(house: House) -> None:
    await house.decided("UID-A", *((second, "v1.0") for second in range(250)))
    assert len(await house.matured(an_experiment(), later(days=8))) == 250
