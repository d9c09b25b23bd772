"""Signing up and in by a code or a device."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.houses import MemoryHouse
from tests.proving import ADDRESS, CANONICAL, PEPPER, PHONE, Device, ProvenHouse, other_than
from upi_risk.adapters.cryptography.ed25519 import verifies
from upi_risk.application.deliver_codes import Outcome
from upi_risk.application.devices import NewDevice
from upi_risk.application.proven_ways_in import Answered
from upi_risk.application.throttle import Quotas
from upi_risk.domain.challenge import Peppers, Purpose, Way
from upi_risk.domain.device_key import NOBODY, packed
from upi_risk.domain.errors import (
    ChallengeFailedError,
    CodeNotSentError,
    DeviceConflictError,
    InvalidInputError,
    PhoneTakenError,
    RateLimitedError,
    UnknownDeviceError,
)
from upi_risk.domain.payment import Phone
from upi_risk.domain.rate_limit import Ask
from upi_risk.domain.user import User


async def test_who_has_the_phone_signs_up_and_then_in() -> None:
    proven = ProvenHouse()
    user_id = await proven.a_user()
    challenge_id = await proven.asked()
    user, tokens = await proven.log_in.by_code(PHONE, Answered(challenge_id, await proven.code(), ADDRESS))
    assert (user.user_id, user.user.login_count) == (user_id, 2)
    assert await proven.house.authenticate(tokens.access) == user_id
    assert proven.purposes() == [Purpose.SIGN_UP, Purpose.LOG_IN]


async def test_a_code_comes_for_users_alone_but_a_challenge_for_all() -> None:
    """Removed: the look-up in DeliverCodes; the phone of nobody got a code."""
    proven = ProvenHouse()
    assert (await proven.asked()).startswith("upc_")
    assert proven.sender.sent == []
    assert proven.told == [(Outcome.NOBODY, None)]


async def test_nothing_is_looked_up_before_a_challenge_is_given() -> None:
    """Removed: the pause, with the look-up before the answer; the time told who there is."""
    proven = ProvenHouse()
    await proven.a_user()
    asked: list[str] = []
    find = proven.house.users.by_phone

    async def counted(phone: Phone) -> User | None:
        asked.append(phone)
        return await find(phone)

    proven.house.users.by_phone = counted  # type: ignore[method-assign]  # told when it is asked
    for phone in (PHONE, "9876543211"):
        await proven.log_in.begin(phone, ADDRESS, Way.CODE)
        await proven.log_in.begin(phone, ADDRESS, Way.DEVICE_KEY)
        await proven.sign_up.begin("Asha", phone, ADDRESS)
    assert asked == []
    await proven.deliver.settle()
    assert len(asked) == 4


@pytest.mark.parametrize("phone", [PHONE, "9876543211"])
async def test_a_wrong_signature_is_checked_once_whether_or_not_somebody_has_the_phone(phone: str) -> None:
    """Removed: the check under the key of nobody; a phone of nobody was answered without one."""
    checked: list[bytes] = []
    proven = ProvenHouse()
    await proven.a_user(device=Device())
    challenge_id = await proven.asked(phone)

    def verify(key: bytes, message: bytes, signature: bytes) -> bool:
        checked.append(key)
        return verifies(key, message, signature)

    proven.log_in._verify = verify
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_signature(phone, Answered(challenge_id, Device(2).signature(challenge_id), ADDRESS))
    assert checked == [Device().public if phone == PHONE else NOBODY]


async def test_a_code_guessed_for_a_phone_of_nobody_opens_nothing() -> None:
    proven = ProvenHouse()
    challenge_id = await proven.asked()
    codes = (f"{number:06d}" for number in range(10**6))
    (held,) = proven.house.store.challenges.values()
    code = next(code for code in codes if held.code and proven.peppers.is_code(challenge_id, code, held.code))
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_code(PHONE, Answered(challenge_id, code, ADDRESS))


async def test_a_phone_that_is_taken_is_told_to_who_has_it_and_to_nobody_else() -> None:
    proven = ProvenHouse()
    await proven.a_user()
    challenge_id = await proven.sign_up.begin("Ravi", PHONE, ADDRESS)
    code = await proven.code()
    with pytest.raises(ChallengeFailedError):
        await proven.sign_up("Ravi", PHONE, Answered(challenge_id, other_than(code), ADDRESS), None)
    with pytest.raises(PhoneTakenError):
        await proven.sign_up("Ravi", PHONE, Answered(challenge_id, code, ADDRESS), None)


async def test_five_wrong_codes_and_the_right_one_comes_too_late() -> None:
    """Removed: the count of tries; the right code after five wrong ones opened."""
    proven = ProvenHouse()
    await proven.a_user()
    challenge_id = await proven.asked()
    code = await proven.code()
    for guess in [other_than(code)] * 5 + [code]:
        with pytest.raises(ChallengeFailedError):
            await proven.log_in.by_code(PHONE, Answered(challenge_id, guess, ADDRESS))


async def test_a_code_works_once_and_for_five_minutes() -> None:
    """Removed: the use of the challenge, then its end; the code opened again, and after five minutes."""
    proven = ProvenHouse()
    await proven.a_user()
    challenge_id = await proven.asked()
    answered = Answered(challenge_id, await proven.code(), ADDRESS)
    await proven.log_in.by_code(PHONE, answered)
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_code(PHONE, answered)
    late = Answered(await proven.asked(), await proven.code(), ADDRESS)
    proven.house.clock.advance(timedelta(minutes=5))
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_code(PHONE, late)


async def test_a_resent_code_ends_the_one_before() -> None:
    """Removed: the slot that challenges of a phone share; the code of before opened."""
    proven = ProvenHouse()
    await proven.a_user()
    first = Answered(await proven.asked(), await proven.code(), ADDRESS)
    second = Answered(await proven.asked(), await proven.code(), ADDRESS)
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_code(PHONE, first)
    await proven.log_in.by_code(PHONE, second)


async def test_a_challenge_is_bound_to_its_phone_its_purpose_and_its_code() -> None:
    """Removed: the comparison of the subject; another's phone and another purpose opened."""
    proven = ProvenHouse()
    await proven.a_user()
    await proven.a_user("9876543211")
    mine = await proven.asked()
    my_code = await proven.code()
    other = await proven.asked("9876543211")
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_code("9876543211", Answered(mine, my_code, ADDRESS))
    with pytest.raises(ChallengeFailedError):
        await proven.sign_up("Asha", PHONE, Answered(mine, my_code, ADDRESS), None)
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_code("9876543211", Answered(other, my_code, ADDRESS))
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_code(PHONE, Answered("upc_unknown", my_code, ADDRESS))


async def test_neither_code_nor_phone_is_kept() -> None:
    proven = ProvenHouse()
    await proven.asked()
    proven.sender.sent.clear()
    await proven.sign_up.begin("Asha", PHONE, ADDRESS)
    code = await proven.code()
    kept = repr(proven.house.store.challenges)
    assert code not in kept
    assert CANONICAL not in kept


async def test_of_a_hundred_right_answers_at_once_one_wins() -> None:
    proven = ProvenHouse()
    await proven.a_user()
    answered = Answered(await proven.asked(), await proven.code(), ADDRESS)
    told = await asyncio.gather(*(proven.log_in.by_code(PHONE, answered) for _ in range(100)), return_exceptions=True)
    assert sum(not isinstance(each, ChallengeFailedError) for each in told) == 1


async def test_a_challenge_used_between_two_steps_fails() -> None:
    """Removed: the answer of ``use``; two at once opened."""
    proven = ProvenHouse()
    await proven.a_user()
    challenge_id = await proven.asked()
    await proven.challenges.use(challenge_id)
    with pytest.raises(ChallengeFailedError):
        await proven.answer.use(challenge_id)


async def test_both_peppers_are_recognised_while_one_takes_over() -> None:
    """Removed: the previous pepper; a code sent before the change was refused."""
    house = MemoryHouse()
    old, new = (Peppers(f"{word} {PEPPER}") for word in ("old", "new"))
    before = ProvenHouse(house=house, peppers=old)
    await before.a_user()
    first = Answered(await before.asked(), await before.code(), ADDRESS)
    during = ProvenHouse(house=house, peppers=Peppers(new.current, old.current))
    during.secrets = before.secrets
    user, _ = await during.log_in.by_code(PHONE, first)
    assert user.user.login_count == 2
    after = ProvenHouse(house=house, peppers=new)
    stale = Answered(await before.asked(), await before.code(), ADDRESS)
    with pytest.raises(ChallengeFailedError):
        await after.log_in.by_code(PHONE, stale)


async def test_a_code_resent_under_a_new_pepper_ends_the_one_of_the_old() -> None:
    house = MemoryHouse()
    old = Peppers(f"old {PEPPER}")
    before = ProvenHouse(house=house, peppers=old)
    await before.a_user()
    first = Answered(await before.asked(), await before.code(), ADDRESS)
    during = ProvenHouse(house=house, peppers=Peppers(f"new {PEPPER}", old.current))
    await during.asked()
    with pytest.raises(ChallengeFailedError):
        await during.log_in.by_code(PHONE, first)


async def test_quotas_hold_for_addresses_and_for_phones() -> None:
    """Removed: each call of the throttle; the next one was let in."""
    proven = ProvenHouse(Quotas(sign_ups=1, log_ins=2, guesses=3, codes=2))
    await proven.sign_up.begin("Asha", "9800000000", ADDRESS)
    with pytest.raises(RateLimitedError) as refused:
        await proven.sign_up.begin("Asha", "9800000001", ADDRESS)
    assert refused.value.ask == Ask(f"signup {ADDRESS}", 1, 3600)
    assert refused.value.verdict.retry_after_seconds == 3600
    for _ in range(2):
        await proven.log_in.begin("9800000002", ADDRESS, Way.CODE)
    with pytest.raises(RateLimitedError, match="2 in 3600 s"):
        await proven.log_in.begin("9800000003", ADDRESS, Way.CODE)
    with pytest.raises(RateLimitedError, match="2 in 600 s"):
        await proven.log_in.begin("9800000002", "another", Way.CODE)
    await proven.log_in.begin("9800000002", "another", Way.DEVICE_KEY)
    for _ in range(3):
        with pytest.raises(ChallengeFailedError):
            await proven.log_in.by_code(PHONE, Answered("upc_x", "000000", ADDRESS))
    with pytest.raises(RateLimitedError, match="3 in 3600 s"):
        await proven.log_in.by_code(PHONE, Answered("upc_x", "000000", ADDRESS))
    with pytest.raises(RateLimitedError, match="3 in 3600 s"):
        await proven.log_in.by_signature(PHONE, Answered("upc_x", "", ADDRESS))


async def test_ten_thousand_guesses_get_five_looks_and_twenty_answers() -> None:
    """Removed: the throttle of guesses, then the count of tries; ten thousand answers, and as many looks."""
    proven = ProvenHouse(Quotas())
    await proven.a_user()
    challenge_id = await proven.asked()
    code = await proven.code()
    proven.limiter._logs.clear()
    failed = limited = 0
    for number in range(10_000):
        guess = f"{number:06d}" if f"{number:06d}" != code else other_than(code)
        try:
            await proven.log_in.by_code(PHONE, Answered(challenge_id, guess, ADDRESS))
        except ChallengeFailedError:
            failed += 1
        except RateLimitedError:
            limited += 1
    assert (failed, limited) == (20, 9_980)
    (held,) = proven.house.store.challenges.values()
    assert held.tries == 5
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_code(PHONE, Answered(challenge_id, code, "another address"))


async def test_a_device_of_sign_up_signs_in() -> None:
    proven, device = ProvenHouse(), Device()
    user_id = await proven.a_user(device=device)
    challenge_id = await proven.asked(way=Way.DEVICE_KEY)
    assert proven.purposes() == [Purpose.SIGN_UP]
    user, _ = await proven.log_in.by_signature(PHONE, Answered(challenge_id, device.signature(challenge_id), ADDRESS))
    assert (user.user_id, user.user.login_count) == (user_id, 2)
    (held,) = await proven.devices.listed(user_id)
    assert (held.public_key, held.used_at) == (device.public, proven.house.clock.now())


async def test_a_challenge_with_a_code_may_be_signed_instead() -> None:
    proven, device = ProvenHouse(), Device()
    await proven.a_user(device=device)
    challenge_id = await proven.asked()
    await proven.log_in.by_signature(PHONE, Answered(challenge_id, device.signature(challenge_id), ADDRESS))


async def test_a_challenge_to_sign_has_no_code() -> None:
    proven, device = ProvenHouse(), Device()
    await proven.a_user(device=device)
    challenge_id = await proven.asked(way=Way.DEVICE_KEY)
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_code(PHONE, Answered(challenge_id, "000000", ADDRESS))


@pytest.mark.parametrize("wrong", ["", "?", "AA", packed(bytes(64)), "other device", "other challenge", "with padding"])
async def test_nothing_but_the_signature_of_an_enrolled_device_opens(wrong: str) -> None:
    """Removed: the verification; every signature opened."""
    proven, device = ProvenHouse(), Device()
    await proven.a_user(device=device)
    challenge_id = await proven.asked()
    signature = {
        "other device": Device(2).signature(challenge_id),
        "other challenge": device.signature("upc_other"),
        "with padding": device.signature(challenge_id) + "==",
    }.get(wrong, wrong)
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_signature(PHONE, Answered(challenge_id, signature, ADDRESS))


async def test_a_signature_for_a_phone_of_nobody_opens_nothing() -> None:
    proven, device = ProvenHouse(), Device()
    challenge_id = await proven.asked()
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_signature(PHONE, Answered(challenge_id, device.signature(challenge_id), ADDRESS))


async def test_a_revoked_device_opens_nothing_and_is_not_listed() -> None:
    """Removed: the revocation's filter; the device signed in."""
    proven, device = ProvenHouse(), Device()
    user_id = await proven.a_user(device=device)
    (held,) = await proven.devices.listed(user_id)
    await proven.devices.revoke(user_id, held.key_id)
    assert await proven.devices.listed(user_id) == []
    challenge_id = await proven.asked()
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_signature(PHONE, Answered(challenge_id, device.signature(challenge_id), ADDRESS))
    with pytest.raises(UnknownDeviceError):
        await proven.devices.revoke(user_id, held.key_id)


async def test_a_device_revoked_while_it_signs_in_does_not_get_in() -> None:
    """Removed: the answer of ``used``; it got in."""
    proven, device = ProvenHouse(), Device()
    user_id = await proven.a_user(device=device)
    (held,) = await proven.devices.listed(user_id)
    challenge_id = await proven.asked()
    use = proven.answer.use

    async def use_then_revoke(challenge_id: str) -> None:
        await use(challenge_id)
        await proven.devices.revoke(user_id, held.key_id)

    proven.answer.use = use_then_revoke  # type: ignore[method-assign]  # the moment between two steps
    with pytest.raises(ChallengeFailedError):
        await proven.log_in.by_signature(PHONE, Answered(challenge_id, device.signature(challenge_id), ADDRESS))


async def test_a_device_is_added_with_a_code_and_its_own_proof() -> None:
    proven, device = ProvenHouse(), Device()
    user_id = await proven.a_user()
    challenge_id = await proven.devices.begin(user_id, packed(device.public), ADDRESS)
    code = await proven.code()
    added = await proven.devices.add(user_id, device.enrolment(challenge_id), challenge_id, code, ADDRESS)
    assert await proven.devices.listed(user_id) == [added]
    assert proven.purposes()[-1] is Purpose.ADD_DEVICE
    again = await proven.devices.begin(user_id, packed(device.public), ADDRESS)
    with pytest.raises(DeviceConflictError):
        await proven.devices.add(user_id, device.enrolment(again), again, await proven.code(), ADDRESS)


async def test_without_its_other_half_a_key_is_not_taken_and_no_try_is_spent() -> None:
    """Removed: the check of the proof; a stranger's key was enrolled."""
    proven, device = ProvenHouse(), Device()
    user_id = await proven.a_user()
    challenge_id = await proven.devices.begin(user_id, packed(device.public), ADDRESS)
    code = await proven.code()
    for proof in ("", "!", Device(2).enrolment(challenge_id).proof, device.enrolment("upc_other").proof):
        with pytest.raises(InvalidInputError, match="device_proof"):
            await proven.devices.add(user_id, NewDevice(packed(device.public), proof), challenge_id, code, ADDRESS)
    with pytest.raises(ChallengeFailedError):
        await proven.devices.add(user_id, device.enrolment(challenge_id), challenge_id, other_than(code), ADDRESS)
    with pytest.raises(InvalidInputError, match="device_key"):
        await proven.devices.begin(user_id, packed(bytes(32)), ADDRESS)


async def test_a_code_that_is_not_sent_is_told_and_so_is_one_too_many() -> None:
    proven = ProvenHouse()
    proven.sender.broken = True
    await proven.sign_up.begin("Asha", PHONE, ADDRESS)
    await proven.deliver.settle()
    ((outcome, error),) = proven.told
    assert (outcome, type(error)) == (Outcome.FAILED, CodeNotSentError)
    proven.deliver._most = 1
    for _ in range(3):
        await proven.sign_up.begin("Asha", PHONE, ADDRESS)
    assert [outcome for outcome, _ in proven.told[1:]] == [Outcome.DROPPED] * 2
    await proven.deliver.stop(60)
    await proven.deliver.stop(60)
    proven.deliver._pause = 3600
    await proven.sign_up.begin("Asha", PHONE, ADDRESS)
    await proven.deliver.stop(0.01)
    assert [outcome for outcome, _ in proven.told[3:]] == [Outcome.FAILED, Outcome.DROPPED]


async def test_codes_are_counted_by_where_they_went_and_by_nothing_else() -> None:
    proven = ProvenHouse()
    await proven.a_user("9876543210")
    proven.prefixes.clear()
    await proven.log_in.begin("9876543210", "10.0.0.1", Way.CODE)
    await proven.log_in.begin("7012345678", "10.0.0.1", Way.CODE)
    await proven.sign_up.begin("Asha", "6300000001", "10.0.0.1")
    await proven.deliver.settle()
    assert proven.prefixes == ["98", "63"]
