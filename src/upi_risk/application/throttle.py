"""How often somebody may ask for a way in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from upi_risk.domain.challenge import Purpose
from upi_risk.domain.errors import RateLimitedError
from upi_risk.domain.rate_limit import Ask, RateLimiter

HOUR: Final = 3600
TEN_MINUTES: Final = 600


@dataclass(frozen=True, slots=True)
class Quotas:
    """How many are let in; 0 is without a limit.

    Attributes:
        sign_ups: challenges to sign up, of an address in any hour.
        log_ins: challenges for anything else, of an address in any hour.
        guesses: answers to challenges, of an address in any hour.
        codes: codes for a phone in any ten minutes, whoever asks.
    """

    sign_ups: int = 5
    log_ins: int = 20
    guesses: int = 20
    codes: int = 3


class Throttle:
    """Keeps to quotas. Nothing else is asked about a request before it has passed."""

    def __init__(self, limiter: RateLimiter, quotas: Quotas) -> None:
        self._limiter = limiter
        self._quotas = quotas

    async def challenge(self, purpose: Purpose, address: str) -> None:
        """Let an address ask for a challenge.

        Raises:
            RateLimitedError: it asked too often.
        """
        if purpose is Purpose.SIGN_UP:
            await self._ask("signup", address, self._quotas.sign_ups, HOUR)
        else:
            await self._ask("login", address, self._quotas.log_ins, HOUR)

    async def code(self, phone: str) -> None:
        """Let a code be made for a phone, given by a digest.

        Raises:
            RateLimitedError: there were too many.
        """
        await self._ask("code", phone, self._quotas.codes, TEN_MINUTES)

    async def guess(self, address: str) -> None:
        """Let an address answer a challenge.

        Raises:
            RateLimitedError: it did so too often.
        """
        await self._ask("guess", address, self._quotas.guesses, HOUR)

    async def _ask(self, name: str, whose: str, quota: int, window: int) -> None:
        if not quota:
            return
        ask = Ask(f"{name} {whose}", quota, window)
        (verdict,) = await self._limiter.admit([ask])
        if not verdict.admitted:
            raise RateLimitedError(ask, verdict)
