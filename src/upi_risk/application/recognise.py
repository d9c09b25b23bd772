"""From what came in an Authorization header to who asks, and whether they may."""

from __future__ import annotations

from collections.abc import Sequence

from upi_risk.application.tokens import Authenticate
from upi_risk.domain.access import KEY_PREFIX, Access, ApiKey, ApiKeys, Caller, Roles, Scope
from upi_risk.domain.errors import ForbiddenError, UnauthenticatedError
from upi_risk.domain.ports import Clock
from upi_risk.domain.session import digest


class RecogniseServices:
    """From keys of services to what they open. Nothing is remembered, so that a revoked key opens nothing at once."""

    def __init__(self, keys: ApiKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def __call__(self, secrets: Sequence[str]) -> list[ApiKey | None]:
        """The key of each secret, in order; None for one that opens nothing. Records that they were used."""
        found = await self._keys.find([digest(secret) for secret in secrets])
        good = [key if key is not None and key.revoked_at is None else None for key in found]
        now = self._clock.now()
        for key_id in {key.key_id for key in good if key is not None and key.use_is_news(now)}:
            await self._keys.used(key_id, now)
        return good


class Recognise:
    """Who asks, whatever they showed."""

    def __init__(self, authenticate: Authenticate, services: RecogniseServices, roles: Roles) -> None:
        self._authenticate = authenticate
        self._services = services
        self._roles = roles

    async def __call__(self, token: str) -> Caller:
        """The caller.

        Raises:
            UnauthenticatedError: the token opens nothing.
        """
        if not token.startswith(KEY_PREFIX):
            return Caller(user_id=await self._authenticate(token))
        (key,) = await self._services([token])
        if key is None:
            raise UnauthenticatedError
        return Caller(key=key)

    async def let_in(self, token: str, access: Access) -> Caller:
        """The caller, if they may use what is open to so many.

        Raises:
            UnauthenticatedError: the token opens nothing.
            ForbiddenError: it is known, and does not open this.
        """
        caller = await self(token)
        if not await self._may(caller, access):
            raise ForbiddenError
        return caller

    async def _may(self, caller: Caller, access: Access) -> bool:
        if caller.user_id is None:
            return caller.key is not None and caller.key.opens(access.scope)
        return access.payer or (bool(access.roles) and await self._roles.of(caller.user_id) in access.roles)


def may_check(key: ApiKey | None) -> bool:
    """Whether a key opens checks on behalf of any payer."""
    return key is not None and key.opens(Scope.CHECK)
