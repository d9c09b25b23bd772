"""The main job: answer, for a batch of payments, how risky each is, and remember it before answering."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from upi_risk.application.ahead import Ahead, Decided, Held
from upi_risk.application.deadline import abandon
from upi_risk.application.decide import Answer, Decides
from upi_risk.application.snapshots import LoadSnapshot, rests_on_guesses
from upi_risk.domain.draft import Draft
from upi_risk.domain.errors import ContendedError
from upi_risk.domain.forward import Forward
from upi_risk.domain.history import CacheEntry, Change, Snapshot, Wanted
from upi_risk.domain.payment import Payment, UpiId
from upi_risk.domain.ports import Ledger, SnapshotCache
from upi_risk.domain.receiver import Receiver, ReceiverDelta

MOST_ATTEMPTS: Final = 8
"""How often a payment is decided again when its user's history moved under it."""


@dataclass(frozen=True, slots=True)
class Near:
    """What was near at hand when it was looked for.

    Attributes:
        held: what was decided and could not be read back yet, or was decided since.
        snapshot: what the cache held.
    """

    held: Held
    snapshot: Snapshot


class CheckTransaction:
    """Load, decide, commit; what another process overtook is loaded from the ledger and decided again.

    The same path serves one request, a batch of concurrent ones, and a replay of millions. Answers do not wait for the
    cache: what was committed is copied into it behind them. Nor does a batch that is called while another is being
    committed wait for that one to load and decide; it is computed from what that one decided and committed after it.
    """

    def __init__(self, load: LoadSnapshot, decide: Decides, ledger: Ledger, cache: SnapshotCache) -> None:
        self._load = load
        self._decide = decide
        self._ledger = ledger
        self._cache = cache
        self._ahead = Ahead()
        self._copying: set[asyncio.Task[None]] = set()

    async def near(self, payments: Sequence[Payment]) -> Near:
        """What is near at hand for payments; it costs the ledger nothing, so whoever asks may yet be nobody."""
        held = self._ahead.held()
        return Near(held, await self._load.near([_wanted(payment) for payment in payments]))

    async def __call__(self, payments: Sequence[Payment], near: Near | None = None) -> list[Answer]:
        """Answer payments in order; every transaction answered is committed.

        Args:
            payments: the questions.
            near: what :meth:`near` told of them a moment ago; it is looked for if None.

        Returns:
            For each payment its transaction (the stored one, when its idempotency key was used before), or the
            error that refused it: UnknownUserError, IdempotencyKeyReusedError, ContendedError.

        Raises:
            StoreUnavailableError: the ledger failed; nothing is answered, whatever was committed.
        """
        answers: list[Answer] = [ContendedError() for _ in payments]
        waiting = list(range(len(payments)))
        if not waiting:
            return []
        near = near or await self.near(payments)
        for _ in range(MOST_ATTEMPTS):
            asked = [payments[index] for index in waiting]
            wanted, to_the_hour = [_wanted(payment) for payment in asked], self._decide.to_the_hour
            snapshot = await self._load(wanted, [p.at for p in asked], near.snapshot, to_the_hour=to_the_hour)
            brought = self._ahead.lay_over(snapshot, near.held)
            decided, drafts = self._decide(asked, snapshot)
            overtaken = await self._commit(list(drafts.values()), brought, snapshot.forward)
            for index, answer in zip(waiting, decided, strict=True):
                if payments[index].user_id not in overtaken:
                    answers[index] = answer
            if snapshot.forward:
                agreed = [item for item in wanted if item.user_id not in overtaken]
                self._load.stats.hits += rests_on_guesses(agreed, snapshot)
            waiting = [index for index in waiting if payments[index].user_id in overtaken]
            if not waiting:
                break
            near = Near(self._ahead.held(), Snapshot())  # what the cache held was out of date
        return answers

    async def settle(self) -> None:
        """Return when the cache has copies of all that was read and committed."""
        await self._load.filled()
        await asyncio.gather(*self._copying, return_exceptions=True)

    async def _commit(
        self, drafts: list[Draft], brought: Mapping[str, tuple[Decided, int]], forward: Mapping[UpiId, Forward]
    ) -> set[str]:
        """Commit drafts; returns the users whose history had moved on, or who paid a receiver of whom more is known."""
        changes = [draft.change() for draft in drafts if draft.user.version > draft.expected_version]
        if forward:
            changes = [replace(change, relies=_guesses(change, forward)) for change in changes]
        if not changes:
            return set()
        turn = self._ahead.decided(changes, brought)
        applied: dict[str, Change] = {}
        try:
            tried = await turn.come()
            if tried:
                done = await self._apply(tried)
                applied = {change.user.user_id: change for change, well in zip(tried, done, strict=True) if well}
        finally:
            turn.end(applied)
            self._ahead.forget({user_id: state for user_id, state in turn.decided.items() if state.failed})
            if applied:
                self._copy(applied.values(), turn.decided)
        return turn.decided.keys() - applied.keys()

    async def _apply(self, changes: Sequence[Change]) -> list[bool]:
        """Have the ledger apply changes.

        A call that is given up is left behind, not awaited: a driver may take seconds to stop, and the batches after
        this one wait for its turn to end.
        """
        work = asyncio.ensure_future(self._ledger.commit(changes))
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            abandon(work)
            raise
        return work.result()

    def _copy(self, changes: Collection[Change], decided: Mapping[str, Decided]) -> None:
        """Copy what was committed into the cache, and hold it until that is done."""
        entries = [CacheEntry(change.user, change.payees, change.expected_version) for change in changes]
        settled = [delta for change in changes for delta in change.deltas] if self._decide.to_the_hour else []
        guesses = {guess.receiver.upi_id: guess for change in changes for guess in change.relies}
        copying = asyncio.create_task(self._write(entries, settled, [guess.checked for guess in guesses.values()]))
        self._copying.add(copying)

        def copied(task: asyncio.Task[None]) -> None:
            self._copying.discard(task)
            self._ahead.forget(decided)

        copying.add_done_callback(copied)

    async def _write(self, entries: list[CacheEntry], settled: list[ReceiverDelta], agreed: list[Receiver]) -> None:
        """Write users; before them what was read, and the receivers that the ledger agreed with: these are added to."""
        await self._load.filled()
        if agreed:
            await self._cache.write_receivers(agreed)
        await self._cache.write_users(entries, settled)


def _guesses(change: Change, forward: Mapping[UpiId, Forward]) -> tuple[Forward, ...]:
    """What a change was computed from that the ledger has to agree with."""
    paid = {added.payment.receiver: None for added in change.added}
    return tuple(forward[receiver] for receiver in paid if receiver in forward)


def _wanted(payment: Payment) -> Wanted:
    return Wanted(payment.user_id, payment.receiver, payment.idempotency_key)
