"""Signing up and in by answering a challenge."""

from __future__ import annotations

from dataclasses import dataclass

from upi_risk.application.challenges import AnswerChallenge, OpenChallenge
from upi_risk.application.devices import Enrol, NewDevice
from upi_risk.application.log_in import AdmitUser
from upi_risk.application.sign_up import SignUp
from upi_risk.application.tokens import Tokens
from upi_risk.domain.account_ports import DeviceKeys
from upi_risk.domain.challenge import Purpose, Way
from upi_risk.domain.device_key import (
    NOBODY,
    SIGNATURE_BYTES,
    DeviceKey,
    VerifySignature,
    log_in_message,
    unpacked,
)
from upi_risk.domain.errors import ChallengeFailedError
from upi_risk.domain.payment import Phone, person_name, phone_number
from upi_risk.domain.person import Profile
from upi_risk.domain.ports import Clock, Users


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to a challenge.

    Attributes:
        challenge_id: of the challenge.
        proof: the code, or a signature in base64url.
        address: where it came from.
    """

    challenge_id: str
    proof: str
    address: str


class SignUpByCode:
    """Registers who has shown to have the phone."""

    def __init__(self, opened: OpenChallenge, answered: AnswerChallenge, sign_up: SignUp, enrol: Enrol) -> None:
        self._open = opened
        self._answer = answered
        self._sign_up = sign_up
        self._enrol = enrol

    async def begin(self, name: str, phone: str, address: str) -> str:
        """The id of a challenge, whether or not the phone is registered.

        Raises:
            InvalidInputError: the name or the phone is not one.
            RateLimitedError: the address or the phone had too many.
        """
        person_name(name)
        return await self._open(phone_number(phone), Purpose.SIGN_UP, address)

    async def __call__(
        self, name: str, phone: str, answered: Answered, device: NewDevice | None
    ) -> tuple[Profile, Tokens]:
        """Store the user with the tokens, and the key of their device if one is given.

        Raises:
            InvalidInputError: the name or the phone is not one, or the device does not have the key's other half.
            ChallengeFailedError: the code is not right.
            PhoneTakenError: the phone is registered; told only to who has it.
            RateLimitedError: the address answered too often.
        """
        person_name(name)
        number = phone_number(phone)
        key = self._enrol.proven(device, answered.challenge_id) if device else None
        challenge_id, code, address = answered.challenge_id, answered.proof, answered.address
        await self._answer.by_code(challenge_id, code, number, Purpose.SIGN_UP, address)
        user, tokens = await self._sign_up(name, phone)
        if key is not None:
            await self._enrol(user.user_id, key)
        return user, tokens


class LogInByProof:
    """Signs in who has shown to have the phone, or a device that was enrolled."""

    def __init__(  # noqa: PLR0913, PLR0917 - each is a port or a use case
        self,
        opened: OpenChallenge,
        answered: AnswerChallenge,
        users: Users,
        keys: DeviceKeys,
        verify: VerifySignature,
        clock: Clock,
        admit: AdmitUser,
    ) -> None:
        self._open = opened
        self._answer = answered
        self._users = users
        self._keys = keys
        self._verify = verify
        self._clock = clock
        self._admit = admit

    async def begin(self, phone: str, address: str, way: Way) -> str:
        """The id of a challenge, whether or not somebody signed up with the phone.

        Raises:
            InvalidInputError: the phone is not one.
            RateLimitedError: the address or the phone had too many.
        """
        return await self._open(phone_number(phone), Purpose.LOG_IN, address, way)

    async def by_code(self, phone: str, answered: Answered) -> tuple[Profile, Tokens]:
        """Sign in by a code.

        Raises:
            InvalidInputError: the phone is not one.
            ChallengeFailedError: the code is not right, or guessed for a phone that nobody signed up with.
            RateLimitedError: the address answered too often.
        """
        number = phone_number(phone)
        await self._answer.by_code(answered.challenge_id, answered.proof, number, Purpose.LOG_IN, answered.address)
        user = await self._users.by_phone(number)
        if user is None:
            raise ChallengeFailedError
        return await self._admit(user.user_id)

    async def by_signature(self, phone: str, answered: Answered) -> tuple[Profile, Tokens]:
        """Sign in by the key of a device. For a phone that nobody has as much is read and checked.

        Raises:
            InvalidInputError: the phone is not one.
            ChallengeFailedError: no device of this user signed the challenge.
            RateLimitedError: the address answered too often.
        """
        number = phone_number(phone)
        challenge_id = answered.challenge_id
        await self._answer.tried(challenge_id, number, Purpose.LOG_IN, answered.address)
        key = await self._signer(number, log_in_message(challenge_id), answered.proof)
        if key is None:
            raise ChallengeFailedError
        await self._answer.use(challenge_id)
        if not await self._keys.used(key.user_id, key.key_id, self._clock.now()):
            raise ChallengeFailedError
        return await self._admit(key.user_id)

    async def _signer(self, phone: Phone, message: bytes, proof: str) -> DeviceKey | None:
        """The key of the phone's user that signed a message; None if none did."""
        user = await self._users.by_phone(phone)
        keys = await self._keys.of_user(user.user_id if user else "")
        signature = unpacked(proof, SIGNATURE_BYTES) or bytes(SIGNATURE_BYTES)
        if not keys:
            self._verify(NOBODY, message, signature)
        return next((key for key in keys if self._verify(key.public_key, message, signature)), None)
