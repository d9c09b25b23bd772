"""Batches form by themselves while one is under way."""

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from upi_risk.application.coalesce import Coalesce
from upi_risk.application.parting import SMALL_BATCH
from upi_risk.application.patience import Patience
from upi_risk.application.room import BOUNDLESS, LARGEST_BATCH, LEAST
from upi_risk.domain.errors import DeadlineError, OverloadedError, StoreUnavailableError, UnknownUserError, UpiRiskError


class Doubling:
    """Doubles numbers, refuses 13, fails as a whole for a batch that holds 666; waits for the gate."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.batches: list[list[int]] = []

    async def __call__(self, numbers: Sequence[int]) -> Sequence[int | UpiRiskError]:
        self.batches.append(list(numbers))
        await self.gate.wait()
        if 666 in numbers:
            raise StoreUnavailableError
        return [UnknownUserError() if number == 13 else 2 * number for number in numbers]


async def started(doubling: Doubling, *numbers: int) -> tuple[Coalesce[int, int], list[asyncio.Task[int]]]:
    coalesce = Coalesce(doubling, Patience(deadline_seconds=60, waiting_seconds=60))
    tasks = []
    for number in numbers:
        tasks.append(asyncio.create_task(coalesce(number)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    return coalesce, tasks


async def test_a_lone_call_waits_for_nobody() -> None:
    doubling = Doubling()
    doubling.gate.set()
    assert await Coalesce(doubling)(21) == 42
    assert doubling.batches == [[21]]


async def test_what_arrives_while_a_batch_is_under_way_forms_the_next() -> None:
    doubling = Doubling()
    _, tasks = await started(doubling, 1, 2, 3, 4)
    doubling.gate.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8]
    assert doubling.batches == [[1], [2, 3, 4]]


async def test_a_refusal_is_its_caller_s_alone() -> None:
    doubling = Doubling()
    _, (first, second) = await started(doubling, 13, 1)
    doubling.gate.set()
    with pytest.raises(UnknownUserError):
        await first
    assert await second == 2


async def test_a_failed_batch_fails_for_each_of_its_callers_and_the_next_one_works() -> None:
    doubling = Doubling()
    coalesce, (first, *rest) = await started(doubling, 1, 666, 2)
    doubling.gate.set()
    assert await first == 2
    for task in rest:
        with pytest.raises(StoreUnavailableError):
            await task
    assert await coalesce(3) == 6


async def test_a_caller_who_leaves_does_not_disturb_the_others() -> None:
    doubling = Doubling()
    coalesce, (first, second, third) = await started(doubling, 1, 2, 666)
    first.cancel()
    second.cancel()
    third.cancel()
    doubling.gate.set()
    await coalesce.drain()
    assert doubling.batches == [[1], [2, 666]]
    assert await coalesce(5) == 10


async def test_a_batch_is_bounded() -> None:
    doubling = Doubling()
    _, tasks = await started(doubling, 0, *range(LARGEST_BATCH + 1))
    doubling.gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert [len(batch) for batch in doubling.batches] == [1, LARGEST_BATCH, 1]


async def test_draining_an_idle_one_returns_at_once() -> None:
    await Coalesce(Doubling()).drain()


class Stuck:
    """Answers its first batch never, the others at once; a batch that is told to stop takes its time."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.stopped = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, numbers: Sequence[int]) -> Sequence[int | UpiRiskError]:
        self.asked.append(list(numbers))
        if len(self.asked) == 1:
            try:
                await asyncio.Event().wait()
            finally:
                self.stopped.set()
                await self.let_go.wait()
        return list(numbers)


SHORT = Patience(deadline_seconds=0.3, waiting_seconds=30)


async def test_a_batch_that_hangs_is_abandoned_and_the_next_is_answered() -> None:
    stuck = Stuck()
    coalesce = Coalesce(stuck, SHORT)
    began = asyncio.get_running_loop().time()
    with pytest.raises(DeadlineError):
        await coalesce(1)
    assert asyncio.get_running_loop().time() - began < 5
    assert await coalesce(2) == 2
    assert stuck.stopped.is_set()
    assert coalesce.late == 1
    stuck.let_go.set()
    await coalesce.drain()


async def test_who_waited_behind_a_batch_that_hangs_is_sent_away_in_time() -> None:
    stuck = Stuck()
    coalesce, tasks = Coalesce(stuck, SHORT), []
    for number in (1, 2, 3):
        tasks.append(asyncio.create_task(coalesce(number)))
        await asyncio.sleep(0.001)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[0], DeadlineError)
    assert all(isinstance(outcome, DeadlineError) or outcome in {2, 3} for outcome in outcomes)
    stuck.let_go.set()


async def test_what_waits_too_long_has_the_next_refused_at_once() -> None:
    stuck = Stuck()
    coalesce = Coalesce(stuck, Patience(deadline_seconds=5, waiting_seconds=0.02, most_waiting=100))
    waiting = [asyncio.create_task(coalesce(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.append(asyncio.create_task(coalesce(3)))
    await asyncio.sleep(0.03)
    with pytest.raises(OverloadedError):
        coalesce.admit()
    with pytest.raises(OverloadedError):
        await coalesce(4)
    assert (coalesce.shed, coalesce.waiting) == (2, 1)
    for task in waiting:
        task.cancel()
    stuck.let_go.set()


async def test_no_more_than_so_many_wait() -> None:
    doubling = Doubling()
    coalesce = Coalesce(doubling, Patience(waiting_seconds=60, deadline_seconds=60, most_waiting=2))
    tasks = [asyncio.create_task(coalesce(1))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(coalesce(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    doubling.gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert outcomes[:3] == [2, 4, 6]
    assert isinstance(outcomes[3], OverloadedError)
    assert doubling.batches == [[1], [2, 3]]


async def test_an_idle_one_admits() -> None:
    Coalesce(Doubling()).admit()


async def test_more_than_a_batch_holds_is_sent_away_in_time_while_every_batch_hangs() -> None:
    async def stuck(_: Sequence[int]) -> Sequence[int | UpiRiskError]:
        await asyncio.Event().wait()
        return []

    coalesce = Coalesce[int, int](stuck, Patience(deadline_seconds=0.1, waiting_seconds=60))
    began = asyncio.get_running_loop().time()
    asked = [coalesce(number) for number in range(LARGEST_BATCH + 50)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {DeadlineError}
    assert asyncio.get_running_loop().time() - began < 5
    assert coalesce.late == len(asked)
    await coalesce.drain()


async def test_a_second_batch_begins_beside_the_first_as_soon_as_it_is_as_large() -> None:
    doubling = Doubling()
    coalesce = Coalesce(doubling, Patience(deadline_seconds=60, waiting_seconds=60), most_under_way=2)

    async def ask(*numbers: int) -> list[asyncio.Task[int]]:
        tasks = [asyncio.create_task(coalesce(number)) for number in numbers]
        for _ in range(4):
            await asyncio.sleep(0)
        return tasks

    tasks = await ask(1, 2)
    tasks += await ask(3)
    assert doubling.batches == [[1, 2]]
    tasks += await ask(4)
    assert doubling.batches == [[1, 2], [3, 4]]
    tasks += await ask(5, 6, 7, 8)
    assert len(doubling.batches) == 2
    doubling.gate.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8, 10, 12, 14, 16]
    assert doubling.batches == [[1, 2], [3, 4], [5, 6, 7, 8]]
    await coalesce.drain()


async def under_way(*waiting: int) -> tuple[Doubling, Coalesce[int, int], list[asyncio.Task[int]]]:
    """Up to two batches beside one another; so many questions come at a time, with a few turns of the loop between."""
    doubling = Doubling()
    coalesce = Coalesce(doubling, Patience(deadline_seconds=60, waiting_seconds=60), most_under_way=2)
    tasks: list[asyncio.Task[int]] = []
    for count in waiting:
        tasks += [asyncio.create_task(coalesce(1)) for _ in range(count)]
        for _ in range(8):
            await asyncio.sleep(0)
    return doubling, coalesce, tasks


@pytest.mark.parametrize(
    ("waiting", "batches"),
    [
        ([2 * SMALL_BATCH], [SMALL_BATCH, SMALL_BATCH]),
        ([2 * SMALL_BATCH - 1], [2 * SMALL_BATCH - 1]),
        ([101], [51, 50]),
        ([31, 15], [31]),
        ([31, 16], [31, 16]),
        ([31, 15, 1], [31, 16]),
        ([31, 31, 40], [31, 31]),
    ],
)
async def test_who_waits_together_is_parted(waiting: list[int], batches: list[int]) -> None:
    """Red with ``part`` giving all, and with ``due`` never saying ``WHEN_QUIET``."""
    doubling, coalesce, tasks = await under_way(*waiting)
    assert [len(batch) for batch in doubling.batches] == batches
    doubling.gate.set()
    assert await asyncio.gather(*tasks) == [2] * sum(waiting)
    await coalesce.drain()


async def test_half_a_batch_waits_for_those_who_are_just_coming() -> None:
    """Red with ``_QUIET_TURNS`` of 0, which does not wait for them."""
    doubling, coalesce, tasks = await under_way(31)
    for count in (16, 5, 5):
        tasks += [asyncio.create_task(coalesce(1)) for _ in range(count)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    for _ in range(8):
        await asyncio.sleep(0)
    assert [len(batch) for batch in doubling.batches] == [31, 26]
    doubling.gate.set()
    await asyncio.gather(*tasks)


async def test_nobody_is_expected_beside_batches_that_ended() -> None:
    doubling, coalesce, tasks = await under_way(31)
    tasks += [asyncio.create_task(coalesce(1)) for _ in range(20)]
    await asyncio.sleep(0)
    doubling.gate.set()
    assert await asyncio.gather(*tasks) == [2] * 51
    await coalesce.drain()
    assert [len(batch) for batch in doubling.batches] == [31, 20]


async def test_a_batch_whose_questions_were_all_sent_away_is_not_asked() -> None:
    doubling = Doubling()
    doubling.gate.set()
    coalesce = Coalesce[int, int](doubling, Patience(deadline_seconds=0.001))
    task = asyncio.create_task(coalesce(1))
    coalesce._queue.clear()
    await asyncio.sleep(0)
    coalesce._queue.clear()
    await coalesce.drain()
    assert doubling.batches == []
    task.cancel()


async def test_nobody_waits_for_a_batch_that_ended_otherwise_than_it_may() -> None:
    """Red when the futures of a batch are left to themselves at its end: whoever asked waits for ever."""

    async def forgetful(_: Sequence[int]) -> list[int]:
        return []

    check = Coalesce(forgetful)
    with pytest.raises(DeadlineError):
        await asyncio.wait_for(check(1), 10)
    await check.drain()


async def test_a_question_that_waited_too_long_behind_a_batch_is_sent_away() -> None:
    doubling = Doubling()
    coalesce, (first, second) = await started(doubling, 1, 2)
    coalesce._queue[0].since -= 100
    loop = asyncio.get_running_loop()
    coalesce._watch(loop)
    with pytest.raises(DeadlineError):
        await second
    assert coalesce.late == 1
    doubling.gate.set()
    assert await first == 2
    await coalesce.drain()


async def test_when_the_loop_is_short_of_time_no_more_are_let_in_than_it_answers_in_time() -> None:
    """Red without the room: a queue that nobody has waited in for long lets everybody in."""
    doubling = Doubling()
    coalesce, tasks = await started(doubling, *range(LEAST))
    assert not coalesce.crowded()
    now = asyncio.get_running_loop().time()
    coalesce._room.answered(1, now + 1, now + 1)
    for _ in range(9):
        coalesce._room.looked(0.05, 1.0, 0.0)
    assert coalesce.crowded()
    assert coalesce.full()
    with pytest.raises(OverloadedError):
        await coalesce(1)
    doubling.gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not coalesce.full()
    assert not coalesce.crowded()


async def test_a_process_short_of_time_answers_few_together() -> None:
    """Red when a batch takes all that wait."""
    doubling = Doubling()
    coalesce, tasks = await started(doubling, 0)
    coalesce._room.batch = 3
    tasks += [asyncio.create_task(coalesce(number)) for number in range(1, 8)]
    await asyncio.sleep(0)
    doubling.gate.set()
    assert await asyncio.gather(*tasks) == [2 * number for number in range(8)]
    assert [len(batch) for batch in doubling.batches] == [1, 3, 3, 1]


async def test_what_was_refused_elsewhere_counts() -> None:
    coalesce = Coalesce(Doubling())
    coalesce.note_shed(3)
    assert coalesce.shed == 3


@pytest.mark.parametrize("by_pace", [True, False])
async def test_the_loop_is_watched_where_that_is_asked_for(*, by_pace: bool) -> None:
    """Red when the lateness of the look is not told to the room, and when it is told where it may not count."""
    doubling = Doubling()
    seconds = itertools.count(step=10).__next__  # the thread computes all the time
    patience = Patience(deadline_seconds=60, waiting_seconds=0.002, by_pace=by_pace, computed=seconds)
    coalesce = Coalesce(doubling, patience)
    doubling.gate.set()
    await coalesce(1)
    loop = asyncio.get_running_loop()
    coalesce._room.answered(1, loop.time() + 1, loop.time() + 1)
    coalesce._looked = coalesce._look_due = loop.time() - 1
    coalesce._watch(loop)
    assert coalesce._room.most == (LEAST if by_pace else BOUNDLESS)
    assert coalesce._timer is not None
    coalesce._timer.cancel()


async def test_a_calm_of_lone_questions_ends_what_a_busy_time_began() -> None:
    """Red when only a timer looks: each is answered before it comes, and the next burst is refused in part."""
    doubling = Doubling()
    coalesce = Coalesce(doubling, Patience(by_pace=True))
    doubling.gate.set()
    await coalesce(0)
    coalesce._room.answered(1, 1e9, 1e9)
    coalesce._room.looked(0.05, 1.0, 0.0)
    assert coalesce._room.most < BOUNDLESS
    for _ in range(20):
        coalesce._looked -= 1
        await coalesce(1)
    assert coalesce._room.most == BOUNDLESS


@pytest.mark.parametrize("timer_first", [True, False])
async def test_nobody_is_refused_because_the_process_stood_still(*, timer_first: bool) -> None:
    """Red when lateness counts whatever the thread computed, and when what comes before the timer is refused."""
    doubling = Doubling()
    coalesce = Coalesce(doubling, Patience(deadline_seconds=60, waiting_seconds=0.5, by_pace=True))
    tasks = [asyncio.create_task(coalesce(0))]
    await asyncio.sleep(0.01)
    tasks.append(asyncio.create_task(coalesce(1)))
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    coalesce._queue[0].since -= 3
    coalesce._looked -= 2
    assert coalesce.full(), "somebody has waited, and no look is overdue"
    coalesce._looked = coalesce._look_due = loop.time() - 3
    if timer_first:
        coalesce._watch(loop)
    assert not coalesce.full()
    assert coalesce._room.most == BOUNDLESS
    doubling.gate.set()
    assert await asyncio.gather(*tasks) == [0, 2]
