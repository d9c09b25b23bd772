"""What was decided and can not be read back yet: the next batch is computed from it while it is being committed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakSet

from upi_risk.domain.history import Change, Snapshot
from upi_risk.domain.payment import UpiId
from upi_risk.domain.user import Payee, User


@dataclass(slots=True, eq=False)
class Decided:
    """A user's state after a change.

    Attributes:
        user: the state.
        since: the version that a store told of when the change was computed.
        pairs: the pairs that changed after that version, each with the version it changed in.
        base: what it was computed from, until the change is committed or not; None where that was read from a store.
    """

    user: User
    since: int
    pairs: dict[UpiId, tuple[Payee, int]]
    base: Decided | None = None
    _failed: bool = False

    @property
    def failed(self) -> bool:
        """Whether the change, or one that it was computed from, was not committed, or nobody knows."""
        return self._failed or (self.base is not None and self.base.failed)

    def end(self, *, applied: bool) -> None:
        """Say what became of the change."""
        self._failed, self.base = not applied, None


@dataclass(slots=True)
class Turn:
    """A batch's place in the order in which batches are committed; that is the order in which they were decided.

    Attributes:
        changes: what the batch has to commit.
        decided: the same, as later batches see it, by user.
        before: done when the batch before has been committed, or was not.
        over: done when this one has.
    """

    changes: Sequence[Change]
    decided: Mapping[str, Decided]
    before: asyncio.Future[None] | None
    over: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def come(self) -> list[Change]:
        """Wait for it. Returns the changes that are still worth trying: what they were computed from was committed."""
        if self.before is not None and not self.before.done():
            await asyncio.wait({self.before})
        return [change for change in self.changes if not self.decided[change.user.user_id].failed]

    def end(self, applied: Collection[str]) -> None:
        """Let the next batch go on. ``applied`` are the users whose changes are known to be committed."""
        for user_id, decided in self.decided.items():
            decided.end(applied=user_id in applied)
        if self.before is None or self.before.done():
            self._let_on()
        else:  # it was given up before its turn came
            self.before.add_done_callback(self._let_on)
        self.before = None

    def _let_on(self, _before: object = None) -> None:
        self.over.set_result(None)


class Held(dict[str, Decided]):
    """The newest states by user: those held when a read began, and those decided while it lasts."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # each is itself, whatever it holds


class Ahead:
    """The states that the stores do not tell of yet.

    A state is held from the decision until the cache has a copy. One that was not committed is forgotten at once, and
    whatever was computed from it is not even tried: that its version is the one expected says nothing then, for
    somebody else may have committed another state under the same number.
    """

    def __init__(self) -> None:
        self._held: dict[str, Decided] = {}
        self._reading: WeakSet[Held] = WeakSet()
        self._last: asyncio.Future[None] | None = None

    def held(self) -> Held:
        """To be laid over what is read from now on, as long as somebody has it.

        It takes up what is decided meanwhile: that may be committed, copied and forgotten before the read is over.
        """
        held = Held(self._held)
        self._reading.add(held)
        return held

    def lay_over(self, snapshot: Snapshot, held: Held) -> dict[str, tuple[Decided, int]]:
        """Bring users and their pairs forward to the newest state.

        Args:
            snapshot: what the stores told, each user with pairs of the same version.
            held: got from :meth:`held` before that was asked for.

        Returns:
            For each user brought forward, the state and the version that the store told.
        """
        brought: dict[str, tuple[Decided, int]] = {}
        for user_id, decided in held.items():
            user = snapshot.users.get(user_id)
            if user is None or decided.failed or not decided.since <= user.version < decided.user.version:
                continue
            snapshot.users[user_id] = decided.user
            brought[user_id] = (decided, user.version)
            for receiver, (payee, version) in decided.pairs.items():
                if version > user.version and (user_id, receiver) in snapshot.payees:
                    snapshot.payees[user_id, receiver] = payee
        return brought

    def decided(self, changes: Sequence[Change], brought: Mapping[str, tuple[Decided, int]]) -> Turn:
        """Take changes, computed just now from a snapshot with ``brought`` laid over it."""
        mine = {change.user.user_id: _decided(change, brought.get(change.user.user_id)) for change in changes}
        self._held |= mine
        for held in self._reading:
            held.update(mine)
        turn = Turn(changes, mine, self._last)
        self._last = turn.over
        return turn

    def forget(self, decided: Mapping[str, Decided]) -> None:
        """Hold states no longer, unless newer ones have taken their place."""
        for user_id, state in decided.items():
            if self._held.get(user_id) is state:
                del self._held[user_id]


def _decided(change: Change, brought: tuple[Decided, int] | None) -> Decided:
    version = change.user.version
    pairs = {payee.receiver: (payee, version) for payee in change.payees}
    if brought is None:
        return Decided(change.user, change.expected_version, pairs)
    base, told = brought
    kept = {receiver: pair for receiver, pair in base.pairs.items() if pair[1] > told}
    return Decided(change.user, told, kept | pairs, base)
