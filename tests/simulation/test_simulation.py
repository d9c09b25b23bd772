"""The core under faults that a seed draws: what holds always, and that it would be seen if it did not."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.simulation import invariants, world
from tests.simulation.invariants import ViolationError
from tests.simulation.world import World
from upi_risk.adapters.memory import MemoryLedger, MemorySnapshotCache, MemoryStore
from upi_risk.adapters.memory.snapshot_cache import _HeldUser
from upi_risk.application import ahead, coalesce
from upi_risk.application.ahead import Decided
from upi_risk.application.check_transaction import CheckTransaction
from upi_risk.application.coalesce import Coalesce
from upi_risk.domain.draft import Draft
from upi_risk.domain.history import CacheEntry, Change, Snapshot, Wanted
from upi_risk.domain.payment import Payment
from upi_risk.domain.transaction import Transaction

SEEDS = 200
MOST_SEEDS = 60
"""Within so many seeds a planted fault has to be found."""


@pytest.mark.parametrize("tens", range(SEEDS // 10))
def test_no_seed_breaks_a_promise(tens: int) -> None:
    for seed in range(tens * 10, tens * 10 + 10):
        World(seed).run()


def test_a_seed_always_runs_alike() -> None:
    assert World(7).run() == World(7).run()
    assert World(7).run() != World(8).run()


def test_faults_do_happen() -> None:
    told = {line.split()[-1] for seed in range(40) for line in World(seed).run()}
    assert {"lost", "unheard", "crashed", "away", "DeadlineError", "StoreUnavailableError"} <= told


def _without_version(self: MemoryLedger, change: Change) -> bool:
    held = self._store.users[change.user.user_id]
    return not self._brings_used_key(change) and _apply(
        self, Change(change.user, held.version, change.payees, change.added, change.amended, change.deltas)
    )


_apply = MemoryLedger._apply


async def _answer_first(self: CheckTransaction, drafts: list[Draft], *_resting_on: object) -> set[str]:
    changes = [draft.change() for draft in drafts if draft.user.version > draft.expected_version]
    work = asyncio.create_task(self._ledger.commit(changes))  # behind the answer's back
    work.add_done_callback(lambda done: done.cancelled() or done.exception())
    return set()


def _keep_every_pair(self: MemorySnapshotCache, entry: CacheEntry) -> None:
    held = self._user(entry.user.user_id)
    if held is not None and held.user.version >= entry.user.version:
        return
    known = {payee.receiver: payee for payee in entry.payees if payee.exists}
    payees = (held.payees if held else {}) | known
    self._users[entry.user.user_id] = _HeldUser(entry.user, payees, self._clock.now().replace(year=2030))


async def _all_applied(self: MemoryLedger, changes: Sequence[Change]) -> list[bool]:
    for change in changes:
        self._apply(change)
    return [True] * len(changes)


def _tell_of_the_last(self: MemoryLedger, item: Wanted, snapshot: Snapshot) -> None:
    """To every key that is looked for, the user's last row."""
    _look_up(self, item, snapshot)
    rows = list(self._store.transactions.get(item.user_id, {}).values())
    if item.idempotency_key is not None and rows:
        snapshot.answers[item.user_id, item.idempotency_key] = rows[-1]


_look_up = MemoryLedger._look_up


class _ShortKeys(dict[tuple[str, str], str]):
    """Knows keys by their first two letters."""

    def __contains__(self, retry: object) -> bool:
        return self.get(cast("tuple[str, str]", retry)) is not None

    def __setitem__(self, retry: tuple[str, str], transaction_id: str) -> None:
        super().__setitem__((retry[0], retry[1][:2]), transaction_id)

    def get(self, retry: tuple[str, str], default: object = None) -> Any:  # noqa: ANN401 - as a dictionary's
        return super().get((retry[0], retry[1][:2]), default)


def _with_short_keys() -> MemoryStore:
    return MemoryStore(answers=_ShortKeys())


def _whoever(self: Transaction, _: Payment) -> Transaction:
    return self


def _count_a_paisa_more(self: MemoryLedger, change: Change) -> bool:
    return _apply(self, replace(change, user=replace(change.user, settled_paise=change.user.settled_paise + 1)))


def _add_twice(self: MemoryLedger, change: Change) -> bool:
    return _apply(self, replace(change, deltas=change.deltas * 2))


def _without_pairs(change: Change, brought: tuple[Decided, int] | None) -> Decided:
    return replace(_decided(change, brought), pairs={})


_decided = ahead._decided


def _nothing(*_: object) -> None:
    return


async def _however_long(_seconds: float, work: Awaitable[object], _loop: object = None) -> object:
    return await work


BROKEN_BY = [
    ("two states of a user have one version", {(MemoryLedger, "_apply"): _without_version}),
    ("a user's count is not that of their rows", {(MemoryLedger, "_apply"): _without_version}),
    ("one key has two rows", {(MemoryLedger, "_brings_used_key"): lambda *_: False}),
    ("answered before it was saved, or otherwise than saved", {(CheckTransaction, "_commit"): _answer_first}),
    ("a decision did not see all that was committed before it", {(Decided, "failed"): False}),
    ("a user's sum is not their rows'", {(MemoryLedger, "_apply"): _count_a_paisa_more}),
    ("nothing fails any more, and still there is no answer", {(MemoryLedger, "_apply"): lambda *_: False}),
    ("a pair's count is not that of its rows", {(MemorySnapshotCache, "_write_user"): _keep_every_pair}),
    ("a pair has more or fewer than one first payment", {(ahead, "_decided"): _without_pairs}),
    ("the cache holds a user that never was", {(MemoryLedger, "commit"): _all_applied}),
    ("one key has two answers", {(MemoryLedger, "_look_up"): _tell_of_the_last, (Transaction, "answer_to"): _whoever}),
    (
        "more or fewer rows than payments",
        {(world, "MemoryStore"): _with_short_keys, (Transaction, "answer_to"): _whoever},
    ),
    ("a receiver's count is not that of its rows", {(MemoryLedger, "_apply"): _add_twice}),
    ("an answer came after the deadline", {(Coalesce, "_give_up"): _nothing}),
    ("a caller was kept waiting", {(Coalesce, "_give_up"): _nothing, (coalesce, "within"): _however_long}),
]
"""For each invariant what is to be done to the code that one of the first seeds breaks it."""


@pytest.mark.parametrize(("said", "faults"), BROKEN_BY, ids=[said for said, _ in BROKEN_BY])
def test_a_planted_fault_is_found(
    monkeypatch: pytest.MonkeyPatch, said: str, faults: dict[tuple[object, str], object]
) -> None:
    for (owner, name), fault in faults.items():
        monkeypatch.setattr(owner, name, fault)
    assert any(_broken(seed) == said for seed in range(MOST_SEEDS))


def test_every_invariant_was_seen_broken() -> None:
    """Red with an invariant that no fault was planted for."""
    written = "".join(inspect.getsource(module) for module in (invariants, world))
    assert set(re.findall(r'require\([^"]*"([^"]+)"\)', written)) == {said for said, _ in BROKEN_BY}


def _broken(seed: int) -> str:
    """What of a seed does not hold; nothing if all does."""
    try:
        World(seed).run()
    except ViolationError as violation:
        return str(violation)
    return ""
