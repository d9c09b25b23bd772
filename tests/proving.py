"""The ways in by a proof, wired over memory, and a device that signs."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.houses import MemoryHouse
from upi_risk.adapters.cryptography.ed25519 import verifies
from upi_risk.adapters.memory import (
    MemoryChallenges,
    MemoryCodeSender,
    MemoryDeviceKeys,
    MemoryRateLimiter,
    SeededSecrets,
)
from upi_risk.application.challenges import AnswerChallenge, OpenChallenge
from upi_risk.application.deliver_codes import DeliverCodes, Outcome
from upi_risk.application.devices import Enrol, ManageDevices, NewDevice
from upi_risk.application.proven_ways_in import Answered, LogInByProof, SignUpByCode
from upi_risk.application.throttle import Quotas, Throttle
from upi_risk.domain.account_ports import Challenges
from upi_risk.domain.challenge import Peppers, Purpose, Way
from upi_risk.domain.device_key import enrolment_message, log_in_message, packed

PEPPER = "a pepper of tests, long enough to be one"
PHONE, CANONICAL = "9876543210", "+919876543210"
ADDRESS = "192.0.2.7"
UNLIMITED = Quotas(0, 0, 0, 0)


class Device:
    """Somebody's device."""

    def __init__(self, seed: int = 1) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self._key.public_key().public_bytes_raw()

    def enrolment(self, challenge_id: str) -> NewDevice:
        return NewDevice(packed(self.public), packed(self._key.sign(enrolment_message(challenge_id, self.public))))

    def signature(self, challenge_id: str) -> str:
        return packed(self._key.sign(log_in_message(challenge_id)))


class ProvenHouse:
    """Everything in memory, and what became of codes."""

    def __init__(
        self,
        quotas: Quotas = UNLIMITED,
        house: MemoryHouse | None = None,
        *,
        peppers: Peppers | None = None,
        challenges: Challenges | None = None,
    ) -> None:
        self.house = house = house or MemoryHouse()
        self.secrets = SeededSecrets()
        self.sender = MemoryCodeSender()
        self.keys = MemoryDeviceKeys(house.store)
        self.told: list[tuple[Outcome, BaseException | None]] = []
        self.prefixes: list[str] = []
        self.peppers = peppers or Peppers(PEPPER)
        self.limiter = MemoryRateLimiter(house.clock)
        self.throttle = Throttle(self.limiter, quotas)
        self.deliver = DeliverCodes(
            house.users,
            self.sender,
            lambda outcome, error: self.told.append((outcome, error)),
            counted=self.prefixes.append,
            pause_seconds=0,
        )
        self.challenges = challenges = challenges or MemoryChallenges(house.store)
        self.open = OpenChallenge(challenges, self.secrets, self.peppers, house.clock, self.throttle, self.deliver)
        self.answer = AnswerChallenge(challenges, self.peppers, house.clock, self.throttle)
        enrol = Enrol(self.keys, self.secrets, house.clock, verifies)
        self.sign_up = SignUpByCode(self.open, self.answer, house.sign_up, enrol)
        self.log_in = LogInByProof(self.open, self.answer, house.users, self.keys, verifies, house.clock, house.admit)
        self.devices = ManageDevices(self.open, self.answer, enrol, self.keys, house.clock, house.look_up.profile)

    async def code(self, phone: str = CANONICAL) -> str:
        """The code that a phone got last."""
        await self.deliver.settle()
        return self.sender.last(phone)

    async def a_user(self, phone: str = PHONE, device: Device | None = None) -> str:
        """The id of somebody who signed up."""
        challenge_id = await self.sign_up.begin("Asha", phone, ADDRESS)
        answered = Answered(challenge_id, await self.code(f"+91{phone}"), ADDRESS)
        user, _ = await self.sign_up("Asha", phone, answered, device.enrolment(challenge_id) if device else None)
        return user.user_id

    async def asked(self, phone: str = PHONE, way: Way = Way.CODE) -> str:
        """A challenge to log in."""
        challenge_id = await self.log_in.begin(phone, ADDRESS, way)
        await self.deliver.settle()
        return challenge_id

    def purposes(self) -> list[Purpose]:
        """What the codes sent were for."""
        return [purpose for _, _, purpose in self.sender.sent]


def other_than(code: str) -> str:
    """A code that is wrong."""
    return f"{(int(code) + 1) % 10**6:06d}"
