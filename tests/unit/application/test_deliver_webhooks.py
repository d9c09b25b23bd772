"""Delivering over memory, on made-up time, with answers that are given."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tests.builders import NOON
from upi_risk.adapters.memory import ManualClock, MemoryOutbox, MemoryStore, MemoryWebhooks
from upi_risk.application.deliver_webhooks import LEASE, MOST_AT_ONCE, UNSIGNED, DeliverWebhooks
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.outbox import Answered, Delivery
from upi_risk.domain.webhooks import PAUSES, EventKind, Webhook, event_of_promotion

SECRET = "whsec_" + "QUJD" * 8


@dataclass
class AnsweringCourier:
    """Answers what it is told to, the last one for good."""

    answers: list[Answered]
    seen: list[Mapping[str, str]] = field(default_factory=list)

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> Answered:
        self.seen.append(headers)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Post:
    def __init__(self, *answers: Answered) -> None:
        store = MemoryStore()
        self.clock, self.webhooks, self.outbox = ManualClock(NOON), MemoryWebhooks(store), MemoryOutbox(store)
        self.courier = AnsweringCourier(list(answers))
        self.deliver = DeliverWebhooks(self.outbox, self.courier, self.clock, lambda: 0.0)

    async def put(self, count: int = 1) -> None:
        await self.webhooks.add(Webhook("a", "https://a.example", SECRET, frozenset(EventKind), "asha", NOON))
        for number in range(count):
            await self.outbox.put(event_of_promotion(f"v{number}", NOON))


async def test_a_message_is_tried_with_growing_pauses_until_it_is_taken() -> None:
    post = Post(Answered(500), Answered(None, "ConnectError"), Answered(200))
    await post.put()
    assert await post.deliver.once() == 1
    assert await post.deliver.once() == 0
    for pause in PAUSES[:2]:
        post.clock.advance(pause)
        assert await post.deliver.once() == 1
    post.clock.advance(PAUSES[-1])
    assert await post.deliver.once() == 0
    assert len({headers["webhook-id"] for headers in post.courier.seen}) == 1
    assert len({headers["webhook-timestamp"] for headers in post.courier.seen}) == 3


async def test_a_message_nobody_takes_dies_after_all_attempts_and_can_be_replayed() -> None:
    post = Post(Answered(500))
    await post.put()
    for pause in PAUSES:
        assert await post.deliver.once() == 1
        post.clock.advance(pause)
    assert await post.deliver.once() == 1
    (letter,) = await post.outbox.dead()
    assert (letter.attempts, letter.error) == (len(PAUSES) + 1, "status 500")
    assert await post.outbox.replay([letter.event_id], post.clock.now()) == 1
    assert await post.deliver.once() == 1
    assert await post.outbox.dead() == []


async def test_a_subscriber_that_is_gone_is_not_asked_again() -> None:
    post = Post(Answered(410))
    await post.put()
    await post.deliver.once()
    assert [letter.error for letter in await post.outbox.dead()] == ["status 410"]


async def test_what_a_dead_worker_had_claimed_is_tried_after_the_lease() -> None:
    post = Post(Answered(200))
    await post.put()
    await post.outbox.claim(NOON, NOON + LEASE, 1)
    assert await post.deliver.once() == 0
    post.clock.advance(LEASE)
    assert await post.deliver.once() == 1


async def test_delivering_goes_on_through_an_outage_of_the_store_and_without_a_pause_while_there_is_more() -> None:
    post, told = Post(Answered(200)), asyncio.Event()
    await post.put(MOST_AT_ONCE + 1)
    claim, errors = post.outbox.claim, list[Exception]()

    async def fails(*_: object) -> list[object]:
        post.outbox.claim = claim  # type: ignore[method-assign]
        raise StoreUnavailableError

    post.outbox.claim = fails  # type: ignore[method-assign, assignment]
    task = asyncio.create_task(post.deliver.forever(0, errors.append))
    async with asyncio.timeout(20):
        while len(post.courier.seen) <= MOST_AT_ONCE:  # noqa: ASYNC110 - it tells no other way
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert [type(error) for error in errors] == [StoreUnavailableError]
    assert not told.is_set()


async def test_a_message_that_cannot_be_signed_is_not_sent_and_dies_saying_why() -> None:
    post = Post(Answered(200))
    await post.put()
    claim = post.outbox.claim

    async def claim_sealed(now: datetime, until: datetime, most: int) -> list[Delivery]:
        return [replace(delivery, secret=None) for delivery in await claim(now, until, most)]

    post.outbox.claim = claim_sealed  # type: ignore[method-assign]  # as a store tells of one that it cannot open
    for pause in (*PAUSES, PAUSES[-1]):
        assert await post.deliver.once() == 1
        post.clock.advance(pause)
    assert post.courier.seen == []
    (letter,) = await post.outbox.dead()
    assert letter.error == UNSIGNED.error
