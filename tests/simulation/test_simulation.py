"""The core under faults that a seed draws: what holds always, and that it would be seen if it did not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.simulation.invariants import ViolationError
from tests.simulation.world import World
from upi_risk.adapters.memory import MemoryLedger, MemorySnapshotCache
from upi_risk.adapters.memory.snapshot_cache import _HeldUser
from upi_risk.application.ahead import Decided
from upi_risk.application.check_transaction import CheckTransaction
from upi_risk.domain.draft import Draft
from upi_risk.domain.history import CacheEntry, Change

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


@pytest.mark.parametrize(
    ("owner", "name", "fault"),
    [
        pytest.param(MemoryLedger, "_apply", _without_version, id="commits on any version"),
        pytest.param(MemoryLedger, "_brings_used_key", lambda *_: False, id="forgets idempotency keys"),
        pytest.param(CheckTransaction, "_commit", _answer_first, id="answers before the commit"),
        pytest.param(Decided, "failed", False, id="builds on what was not committed"),
        pytest.param(MemorySnapshotCache, "_write_user", _keep_every_pair, id="keeps pairs of older versions"),
        pytest.param(MemoryLedger, "commit", _all_applied, id="says it applied what it refused"),
    ],
)
def test_a_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, fault: object) -> None:
    monkeypatch.setattr(owner, name, fault)
    assert any(_breaks(seed) for seed in range(MOST_SEEDS))


def _breaks(seed: int) -> bool:
    try:
        World(seed).run()
    except ViolationError:
        return True
    return False
