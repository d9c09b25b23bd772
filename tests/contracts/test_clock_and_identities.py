"""What every clock and every source of ids promises; see upi_risk.domain.ports.Clock and Identities."""

from __future__ import annotations

import os
import re
import warnings
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.builders import NOON, later
from upi_risk.adapters.memory import ManualClock, SeededIdentities
from upi_risk.adapters.system import RandomIdentities, SystemClock
from upi_risk.domain.indian_time import epoch_us
from upi_risk.domain.ports import Clock, Identities


@pytest.fixture(params=[lambda: ManualClock(datetime.now(UTC)), SystemClock], ids=["manual", "system"])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


@pytest.fixture(params=[SeededIdentities, RandomIdentities], ids=["seeded", "random"])
def identities(request: pytest.FixtureRequest) -> Identities:
    made: Identities = request.param()
    return made


def test_the_time_is_the_present_in_utc(clock: Clock) -> None:
    now = clock.now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(NOON)
    assert clock.now() == clock.now() == NOON
    assert clock.advance(timedelta(seconds=5)) == clock.now() == later(seconds=5)


def test_a_user_id_is_uid_and_letters_and_digits(identities: Identities) -> None:
    assert re.fullmatch(r"UID-[A-Z0-9]{20}", identities.user_id())


def test_a_token_is_long_and_safe_in_a_header(identities: Identities) -> None:
    assert re.fullmatch(r"upa_[A-Za-z0-9_-]{43}", identities.token())


def test_nothing_comes_twice(identities: Identities) -> None:
    made = [make() for _ in range(1000) for make in (identities.user_id, identities.token)]
    made += [identities.transaction_id(NOON) for _ in range(1000)]
    assert len(set(made)) == len(made)


def test_a_transaction_id_is_a_uuid_of_version_7_that_holds_its_millisecond(identities: Identities) -> None:
    text = identities.transaction_id(NOON)
    uuid = UUID(text)
    assert str(uuid) == text
    assert uuid.version == 7
    assert uuid.int >> 80 == epoch_us(NOON) // 1000


def test_transaction_ids_sort_as_their_instants_do(identities: Identities) -> None:
    instants = [later(milliseconds=number) for number in range(50)]
    ids = [identities.transaction_id(at) for at in instants]
    assert ids == sorted(ids)


def test_seeded_identities_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    assert SeededIdentities(1).token() == SeededIdentities(1).token() != SeededIdentities(2).token()


def test_a_forked_process_makes_other_ids() -> None:
    identities = RandomIdentities()
    identities.transaction_id(NOON)
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # of newer Pythons, where other threads run; the child runs none
        child = os.fork()
    if child == 0:
        os.write(write, identities.transaction_id(NOON).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 64).decode() != identities.transaction_id(NOON)
    os.close(read)
    os.close(write)
