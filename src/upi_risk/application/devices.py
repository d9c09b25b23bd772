"""The devices that a user may sign in with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from upi_risk.application.challenges import AnswerChallenge, OpenChallenge
from upi_risk.domain.account_ports import DeviceKeys, OneTimeSecrets
from upi_risk.domain.challenge import Purpose
from upi_risk.domain.device_key import (
    MOST_DEVICES,
    SIGNATURE_BYTES,
    DeviceKey,
    VerifySignature,
    enrolment_message,
    public_key,
    unpacked,
)
from upi_risk.domain.errors import InvalidInputError, UnknownDeviceError
from upi_risk.domain.person import Profile
from upi_risk.domain.ports import Clock


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A key to be enrolled, in base64url.

    Attributes:
        key: the public half.
        proof: the signature of :func:`upi_risk.domain.device_key.enrolment_message` by the other half.
    """

    key: str
    proof: str


class Enrol:
    """Takes up keys of devices."""

    def __init__(self, keys: DeviceKeys, secrets: OneTimeSecrets, clock: Clock, verify: VerifySignature) -> None:
        self._keys = keys
        self._secrets = secrets
        self._clock = clock
        self._verify = verify

    def proven(self, device: NewDevice, challenge_id: str) -> bytes:
        """The public key, if who sent it has the other half.

        Raises:
            InvalidInputError: ``wrong_format`` of ``device_key`` or of ``device_proof``.
        """
        key = public_key(device.key)
        proof = unpacked(device.proof, SIGNATURE_BYTES)
        if proof is None or not self._verify(key, enrolment_message(challenge_id, key), proof):
            raise InvalidInputError("device_proof", "wrong_format")
        return key

    async def __call__(self, user_id: str, key: bytes) -> DeviceKey:
        """Store a key that was proven.

        Raises:
            DeviceConflictError: the user has it already, or as many as one may have.
        """
        name = self._secrets.challenge_id().removeprefix("upc_")[:16]
        made = DeviceKey(f"dev_{name}", user_id, key, self._clock.now())
        await self._keys.add(made, MOST_DEVICES)
        return made


class ManageDevices:
    """Seeing, adding and revoking one's own devices. A token alone adds none: the phone has to be shown anew."""

    def __init__(  # noqa: PLR0913, PLR0917 - each is a port or a use case
        self,
        opened: OpenChallenge,
        answered: AnswerChallenge,
        enrol: Enrol,
        keys: DeviceKeys,
        clock: Clock,
        profile: Callable[[str], Awaitable[Profile]],
    ) -> None:
        """``profile`` gives a user by id, or raises UnknownUserError."""
        self._open = opened
        self._answer = answered
        self._enrol = enrol
        self._keys = keys
        self._clock = clock
        self._profile = profile

    async def begin(self, user_id: str, key: str, address: str) -> str:
        """The id of a challenge to add a device.

        Raises:
            InvalidInputError: the key is not one.
            RateLimitedError: the address or the phone had too many.
        """
        public_key(key)
        user = await self._profile(user_id)
        return await self._open(user.phone, Purpose.ADD_DEVICE, address)

    async def add(self, user_id: str, device: NewDevice, challenge_id: str, code: str, address: str) -> DeviceKey:
        """Enrol a device.

        Raises:
            InvalidInputError: the key is not one, or the device does not have its other half.
            ChallengeFailedError: the code is not right.
            DeviceConflictError: the user has it already, or as many as one may have.
            RateLimitedError: the address answered too often.
        """
        key = self._enrol.proven(device, challenge_id)
        user = await self._profile(user_id)
        await self._answer.by_code(challenge_id, code, user.phone, Purpose.ADD_DEVICE, address)
        return await self._enrol(user_id, key)

    async def listed(self, user_id: str) -> list[DeviceKey]:
        """The user's devices, oldest first."""
        return await self._keys.of_user(user_id)

    async def revoke(self, user_id: str, key_id: str) -> None:
        """Let a device sign in no more.

        Raises:
            UnknownDeviceError: the user has no such device.
        """
        if not await self._keys.revoke(user_id, key_id, self._clock.now()):
            raise UnknownDeviceError
