"""Payments asked about by callers who have yet to be recognised: one look-up of all their tokens, then one batch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from upi_risk.application.decide import Answer
from upi_risk.application.recognise import RecogniseServices, may_check
from upi_risk.application.tokens import Authenticate
from upi_risk.domain.access import KEY_PREFIX, ApiKey
from upi_risk.domain.errors import ForbiddenError, UnauthenticatedError
from upi_risk.domain.payment import Payment


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came in.

    Attributes:
        token: the caller's access token, or a service's key.
        payment: about which they ask, with the payer that they claim to be.
    """

    token: str
    payment: Payment


class CheckForCallers:
    """Answers those who ask about payments of their own, and services that ask on behalf of payers."""

    def __init__(
        self,
        authenticate: Authenticate,
        check: Callable[[Sequence[Payment]], Awaitable[Sequence[Answer]]],
        services: RecogniseServices | None = None,
    ) -> None:
        """``check`` answers payments in order; without ``services`` a service's key opens nothing."""
        self._authenticate = authenticate
        self._check = check
        self._services = services

    async def __call__(self, asked: Sequence[Asked]) -> list[Answer]:
        """Answer questions in order.

        Returns:
            For each what :class:`~upi_risk.application.check_transaction.CheckTransaction` says of its payment, or
            UnauthenticatedError for a token that opens nothing, or ForbiddenError for a payer that is somebody else,
            whether or not there is one of that name, and for a key that is not for checks.

        Raises:
            StoreUnavailableError: nothing is answered, whatever was committed.
        """
        callers = await self._callers([question.token for question in asked], asked)
        answers = [_refused(question, caller) for question, caller in zip(asked, callers, strict=True)]
        own = [question.payment for question, refused in zip(asked, answers, strict=True) if refused is None]
        checked = iter(await self._check(own))
        return [next(checked) if refused is None else refused for refused in answers]

    async def _callers(self, tokens: list[str], asked: Sequence[Asked]) -> list[str | None]:
        """Whom each token speaks for; "" for nobody."""
        secrets = [token for token in tokens if token.startswith(KEY_PREFIX)]
        if not secrets or self._services is None:
            return await self._authenticate.many(tokens)
        keys = iter(await self._services(secrets))
        users = iter(await self._authenticate.many([token for token in tokens if not token.startswith(KEY_PREFIX)]))
        return [
            _payer_of(next(keys), question) if token.startswith(KEY_PREFIX) else next(users)
            for token, question in zip(tokens, asked, strict=True)
        ]


def _payer_of(key: ApiKey | None, question: Asked) -> str | None:
    if key is None:
        return None
    return question.payment.user_id if may_check(key) else ""


def _refused(question: Asked, caller: str | None) -> Answer | None:
    if caller is None:
        return UnauthenticatedError()
    return None if caller == question.payment.user_id else ForbiddenError()
