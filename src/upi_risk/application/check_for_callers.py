"""Payments asked about by callers who have yet to be recognised: all that a batch needs is looked up at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from upi_risk.application.check_transaction import Near
from upi_risk.application.decide import Answer
from upi_risk.application.recognise import RecogniseServices, may_check
from upi_risk.application.tokens import Authenticate
from upi_risk.domain.access import KEY_PREFIX, ApiKey
from upi_risk.domain.errors import ForbiddenError, RateLimitedError, UnauthenticatedError
from upi_risk.domain.payment import Payment
from upi_risk.domain.rate_limit import Ask, RateLimiter, Verdict


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came in.

    Attributes:
        token: the caller's access token, or a service's key.
        payment: about which they ask, with the payer that they claim to be.
        ask: the limit that the question has yet to be counted against; None if there is none.
    """

    token: str
    payment: Payment
    ask: Ask | None = None


class Checks(Protocol):
    """See :class:`~upi_risk.application.check_transaction.CheckTransaction`."""

    async def near(self, payments: Sequence[Payment]) -> Near:
        """What is near at hand for payments."""

    async def __call__(self, payments: Sequence[Payment], near: Near | None = None) -> list[Answer]:
        """Answer payments in order."""


class CheckForCallers:
    """Answers those who ask about payments of their own, and services that ask on behalf of payers.

    The limits, the tokens and what is near at hand are asked for at the same time, so that a cache that all of them use
    is asked once. Of a payment that is not let in, or not its caller's, no more than that is looked up.
    """

    def __init__(
        self,
        authenticate: Authenticate,
        check: Checks,
        limiter: RateLimiter | None = None,
        services: RecogniseServices | None = None,
    ) -> None:
        """``limiter`` may be left out where nobody asks it; without ``services`` a service's key opens nothing."""
        self._authenticate = authenticate
        self._check = check
        self._limiter = limiter
        self._services = services

    async def __call__(self, asked: Sequence[Asked]) -> list[Answer]:
        """Answer questions in order.

        Returns:
            For each what :class:`~upi_risk.application.check_transaction.CheckTransaction` says of its payment, or
            RateLimitedError for one that is not let in, UnauthenticatedError for a token that opens nothing, or
            ForbiddenError for a payer that is somebody else, whether or not there is one of that
            name, and for a key that is not for checks.

        Raises:
            StoreUnavailableError: nothing is answered, whatever was committed.
        """
        verdicts, callers, near = await asyncio.gather(
            self._verdicts([question.ask for question in asked]),
            self._callers(asked),
            self._check.near([question.payment for question in asked]),
        )
        answers = [_refused(*each) for each in zip(asked, verdicts, callers, strict=True)]
        own = [question.payment for question, refused in zip(asked, answers, strict=True) if refused is None]
        checked = iter(await self._check(own, near))
        return [next(checked) if refused is None else refused for refused in answers]

    async def _callers(self, asked: Sequence[Asked]) -> list[str | None]:
        """Whom each token speaks for; "" for nobody."""
        tokens = [question.token for question in asked]
        secrets = [token for token in tokens if token.startswith(KEY_PREFIX)]
        if not secrets or self._services is None:
            return await self._authenticate.many(tokens)
        keys = iter(await self._services(secrets))
        users = iter(await self._authenticate.many([token for token in tokens if not token.startswith(KEY_PREFIX)]))
        return [
            _payer_of(next(keys), question) if token.startswith(KEY_PREFIX) else next(users)
            for token, question in zip(tokens, asked, strict=True)
        ]

    async def _verdicts(self, asks: Sequence[Ask | None]) -> list[Verdict | None]:
        """What the limiter says to each that has something to ask of it."""
        counted = [ask for ask in asks if ask is not None]
        if self._limiter is None or not counted:
            return [None] * len(asks)
        verdicts = iter(await self._limiter.admit(counted))
        return [None if ask is None else next(verdicts) for ask in asks]


def _payer_of(key: ApiKey | None, question: Asked) -> str | None:
    if key is None:
        return None
    return question.payment.user_id if may_check(key) else ""


def _refused(question: Asked, verdict: Verdict | None, caller: str | None) -> Answer | None:
    ask = question.ask
    if verdict is not None and ask is not None and not verdict.admitted:
        return RateLimitedError(ask, verdict)
    if caller is None:
        return UnauthenticatedError()
    return None if caller == question.payment.user_id else ForbiddenError()
