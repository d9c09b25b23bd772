"""A recorded stream through the main job, over memory."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.builders import NOON, SHOP, later
from tests.houses import MemoryHouse
from upi_risk.application.replay import Outcomes, Replay
from upi_risk.application.verify_saved import VerifySaved
from upi_risk.domain.errors import UnknownUserError
from upi_risk.domain.features import NAMES
from upi_risk.domain.indian_time import MICROSECOND
from upi_risk.domain.payment import UpiId
from upi_risk.domain.stream import StreamedPayment
from upi_risk.domain.transaction import Status

DELAY = timedelta(days=7)


def row(user: str, at: datetime, rupees: int = 500, receiver: str = SHOP, *, fraud: bool = False) -> StreamedPayment:
    return StreamedPayment(user, UpiId(receiver), rupees * 100, at, fraud, at + DELAY if fraud else None)


def a_replay(house: MemoryHouse) -> Replay:
    return Replay(house.users, house.identities, house.check, Outcomes(house.confirm, house.report))


async def test_payers_sign_up_payments_are_checked_and_frauds_are_reported_when_due() -> None:
    house, steps = MemoryHouse(), list[int]()
    done = await a_replay(house)(
        [
            row("A", NOON, fraud=True),
            row("B", NOON),
            row("A", later(seconds=1), rupees=5_000),
            row("B", NOON + DELAY),
            row("A", NOON + DELAY + MICROSECOND),
        ],
        steps.append,
    )
    assert (done.sign_ups, done.reports, done.confirmed, sum(steps)) == (2, 1, 1, 5)
    assert [answer.payment.at for answer in done.answers[:2]] == [NOON, NOON]
    reputation = NAMES.index("receiver_reputation")
    assert done.answers[3].features[reputation] == 2 / 3, "a report at the very instant is not known yet"
    assert done.answers[4].features[reputation] < 2 / 3
    assert house.store.users["A"].created_at == NOON - MICROSECOND
    assert house.store.transactions["A"][done.answers[2].payment.transaction_id].status is Status.SETTLED


async def test_the_answers_do_not_depend_on_how_the_stream_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        row(f"U{number % 7}", later(minutes=number), 100 + number * 40, f"s{number % 3}@upi", fraud=number % 9 == 0)
        for number in range(300)
    ]
    rows += [row("U1", NOON + DELAY + timedelta(minutes=number)) for number in range(20)]
    first, second = MemoryHouse(), MemoryHouse()
    whole = await a_replay(first)(rows, lambda _: None)
    monkeypatch.setattr("upi_risk.application.replay.LARGEST_BATCH", 1)
    single = await a_replay(second)(rows, lambda _: None)
    assert [a.features for a in whole.answers] == [a.features for a in single.answers]
    assert max(first.scorer.batches) > 1 == max(second.scorer.batches)


async def test_an_empty_stream_is_answered_with_nothing() -> None:
    assert (await a_replay(MemoryHouse())([], lambda _: None)).answers == []


async def test_a_payment_that_is_refused_ends_the_replay() -> None:
    house = MemoryHouse()
    replay = a_replay(house)
    await replay([row("A", NOON)], lambda _: None)
    house.store.users.clear()
    house.cache.clear()  # type: ignore[union-attr]
    with pytest.raises(UnknownUserError):
        await replay([row("A", later(seconds=1))], lambda _: None)


async def test_what_was_answered_is_compared_with_what_was_saved_row_for_row() -> None:
    house, steps = MemoryHouse(), list[int]()
    done = await a_replay(house)([row("A", later(seconds=n)) for n in range(250)], lambda _: None)
    verify = VerifySaved(house.history)
    assert await verify(done.answers, steps.append) == []
    assert sum(steps) == 250
    names = [answer.payment.transaction_id for answer in done.answers[:3]]
    saved = house.store.transactions["A"]
    saved[names[1]] = replace(saved[names[1]], features=(0.0,) * 14)
    saved["extra"] = replace(
        saved[names[2]], payment=replace(saved[names[2]].payment, transaction_id="extra", at=later(days=1))
    )
    del saved[names[0]]
    assert await verify(done.answers, steps.append) == [
        f"{names[0]}: answered, not saved",
        "extra: saved, not answered",
        f"{names[1]}: saved otherwise than answered",
    ]
