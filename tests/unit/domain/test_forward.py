"""A copy brought forward agrees with the ledger, or it is found out; see upi_risk.domain.forward."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from tests.builders import NOON, SHOP, later
from upi_risk.domain.feature_sets import EXTENDED_SET
from upi_risk.domain.forward import Forward
from upi_risk.domain.receiver import Receiver, ReceiverDelta
from upi_risk.domain.tiles import Tile
from upi_risk.domain.user import Payee, User


def paid(at: datetime, paise: int = 100_00, *, fresh: bool = False) -> ReceiverDelta:
    return ReceiverDelta.settled(SHOP, paise, at, fresh=fresh)


def tiles(*deltas: ReceiverDelta) -> list[Tile]:
    return [delta.hour for delta in deltas if delta.hour is not None]


def after(receiver: Receiver, *deltas: ReceiverDelta) -> Receiver:
    for delta in deltas:
        receiver = receiver.plus(delta)
    return receiver


OLD = after(Receiver(SHOP), paid(later(days=-3), fresh=True), paid(later(minutes=-1)))
FIRST, SECOND = paid(later(minutes=30), fresh=True), paid(later(hours=26), 70_00)
TRUTH = after(OLD, FIRST, SECOND)
COPY = OLD.copied(NOON)
AT = later(hours=28)


def test_what_was_added_brings_a_copy_to_the_ledgers_state() -> None:
    forward = Forward.of(COPY, tiles(SECOND, FIRST), AT)
    assert replace(forward.receiver, as_of_hour=None) == TRUTH
    assert forward.holds(TRUTH)
    assert forward.checked.serves(AT, to_the_hour=True)
    assert not forward.checked.serves(AT + timedelta(hours=1), to_the_hour=True)


@pytest.mark.parametrize(
    "added",
    [
        [],
        [FIRST],
        [SECOND],
        [FIRST, SECOND, SECOND],
        [FIRST, FIRST],
        [FIRST, paid(later(hours=26), 71_00)],
        [FIRST, paid(later(hours=27), 70_00)],
        [paid(later(minutes=30)), SECOND],
    ],
    ids=["nothing", "first alone", "second alone", "twice", "one for the other", "amount", "hour", "no new payer"],
)
def test_whatever_is_missing_or_counted_twice_is_found_out(added: list[ReceiverDelta]) -> None:
    assert not Forward.of(COPY, tiles(*added), AT).holds(TRUTH)


def test_a_report_since_the_copy_is_found_out() -> None:
    reported = ReceiverDelta.reported(SHOP, 100_00, later(hours=2), first=True)
    assert not Forward.of(COPY, tiles(FIRST, SECOND), AT).holds(after(TRUTH, reported))


def test_hours_that_are_not_over_are_not_compared_for_nothing_looks_at_them() -> None:
    forward = Forward.of(COPY, tiles(FIRST, SECOND), AT)
    assert forward.holds(after(TRUTH, paid(AT)))


def test_the_first_hour_of_a_receiver_nobody_paid_before_is_compared_though_its_day_agrees() -> None:
    """Red where ``first_hour`` is left out of what is compared."""
    copy, morning, evening = Receiver(SHOP).copied(NOON), paid(later(hours=1)), paid(later(hours=5))
    truth = after(Receiver(SHOP), morning, evening)
    assert Forward.of(copy, tiles(morning, evening), later(days=3)).holds(truth)
    assert not Forward.of(copy, tiles(evening, evening), later(days=3)).holds(truth)
    assert Forward.of(copy, [], later(minutes=10)).holds(after(Receiver(SHOP), paid(later(minutes=10))))


def test_a_receiver_that_was_never_copied_is_right_as_it_is() -> None:
    assert Forward.of(TRUTH, [], AT).since == Forward.of(TRUTH, [], AT).until


@pytest.mark.parametrize("seed", range(40))
def test_a_guess_that_agrees_gives_the_vector_that_the_ledger_gives(seed: int) -> None:
    """Whatever is lost or told twice. Red where ``hours``, or ``days``, is left out of what is compared."""
    dice = Random(seed)  # noqa: S311 - to be repeated
    user, payee = User.sign_up("UID-1", later(days=-60)), Payee("UID-1", SHOP)
    truth, agreed = Receiver(SHOP), 0
    at = NOON
    copy, added = truth.copied(at), list[Tile]()
    for _ in range(60):
        at += timedelta(minutes=dice.choice((1, 20, 50, 90, 400, 3_000)))
        guess = Forward.of(copy, added, at)
        if guess.holds(truth):
            agreed += 1
            vectors = [EXTENDED_SET.vector(user, payee, known, 100_00, at) for known in (truth, guess.receiver)]
            assert vectors[0] == vectors[1]
            copy, added = guess.checked, []
        else:
            copy, added = truth.copied(at), []
        delta = paid(at, dice.choice((100_00, 200_00)), fresh=dice.random() < 0.5)
        truth = truth.plus(delta)
        added += tiles(delta) * dice.choices((0, 1, 2), (2, 8, 1))[0]
    assert 10 < agreed < 60
