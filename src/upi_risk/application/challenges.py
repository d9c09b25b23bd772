"""Challenges: asking for one, and answering it."""

from __future__ import annotations

from typing import Protocol

from upi_risk.application.throttle import Throttle
from upi_risk.domain.account_ports import Challenges, OneTimeSecrets
from upi_risk.domain.challenge import LASTS, Challenge, Peppers, Purpose, Way
from upi_risk.domain.errors import ChallengeFailedError
from upi_risk.domain.payment import Phone
from upi_risk.domain.ports import Clock


class Deliver(Protocol):
    """Sees to it that a code is sent; see :class:`upi_risk.application.deliver_codes.DeliverCodes`."""

    def __call__(self, phone: Phone, code: str, purpose: Purpose) -> None:
        """Do not wait for it."""


class OpenChallenge:
    """Gives a challenge to whoever asks, in the same way whether or not somebody has the phone."""

    def __init__(  # noqa: PLR0913, PLR0917 - each is a port
        self,
        challenges: Challenges,
        secrets: OneTimeSecrets,
        peppers: Peppers,
        clock: Clock,
        throttle: Throttle,
        deliver: Deliver,
    ) -> None:
        self._challenges = challenges
        self._secrets = secrets
        self._peppers = peppers
        self._clock = clock
        self._throttle = throttle
        self._deliver = deliver

    async def __call__(self, phone: Phone, purpose: Purpose, address: str, way: Way = Way.CODE) -> str:
        """Store a challenge, have its code sent behind the answer, and give its id.

        A code takes the place of the one before, for this phone and purpose. A challenge to be signed has no code: it
        is not counted against the phone, and nobody else's request is in its way.

        Raises:
            RateLimitedError: the address or the phone had too many.
        """
        await self._throttle.challenge(purpose, address)
        challenge_id, at = self._secrets.challenge_id(), self._clock.now()
        subject, *older = self._peppers.subjects(phone, purpose)
        if way is Way.DEVICE_KEY:
            slot = challenge_id.encode()
            await self._challenges.open(Challenge(challenge_id, slot, subject, None, at, at + LASTS))
            return challenge_id
        await self._throttle.code(self._peppers.phone(phone))
        code = self._secrets.code()
        kept = self._peppers.code(challenge_id, code)
        await self._challenges.open(Challenge(challenge_id, subject, subject, kept, at, at + LASTS), older)
        self._deliver(phone, code, purpose)
        return challenge_id


class AnswerChallenge:
    """Looks at answers. Whatever is wrong, it is said in the same way, and a try is spent."""

    def __init__(self, challenges: Challenges, peppers: Peppers, clock: Clock, throttle: Throttle) -> None:
        self._challenges = challenges
        self._peppers = peppers
        self._clock = clock
        self._throttle = throttle

    async def by_code(self, challenge_id: str, code: str, phone: Phone, purpose: Purpose, address: str) -> None:
        """Use the challenge up with its code.

        Raises:
            ChallengeFailedError: the challenge is not one for this phone and purpose, or this is not its code.
            RateLimitedError: the address answered too often.
        """
        challenge = await self.tried(challenge_id, phone, purpose, address)
        if challenge.code is None or not self._peppers.is_code(challenge_id, code, challenge.code):
            raise ChallengeFailedError
        await self.use(challenge_id)

    async def tried(self, challenge_id: str, phone: Phone, purpose: Purpose, address: str) -> Challenge:
        """Spend a try, and give the challenge. Nothing is read before the address has passed its limit.

        Raises:
            ChallengeFailedError: the challenge is not one for this phone and purpose, or cannot be answered any more.
            RateLimitedError: the address answered too often.
        """
        await self._throttle.guess(address)
        challenge = await self._challenges.attempt(challenge_id, self._clock.now())
        if challenge is None or not self._peppers.is_subject(phone, purpose, challenge.subject):
            raise ChallengeFailedError
        return challenge

    async def use(self, challenge_id: str) -> None:
        """Use a challenge up that was answered.

        Raises:
            ChallengeFailedError: somebody else just did.
        """
        if not await self._challenges.use(challenge_id):
            raise ChallengeFailedError
