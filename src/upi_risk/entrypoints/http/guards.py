"""Who is calling."""

from __future__ import annotations

import re
from typing import Final

from litestar.types import HTTPScope

from upi_risk.application.tokens import Authenticate
from upi_risk.domain.access import Caller
from upi_risk.domain.errors import UnauthenticatedError
from upi_risk.entrypoints.http.headers import HttpRequest, header

CALLER: Final = "caller"
"""Where the gate leaves word, in the request's state, of who asks."""

_BEARER: Final = re.compile(rb"bearer +([A-Za-z0-9._~+/=-]{1,512})", re.IGNORECASE)


class SignedInUser:
    """From a request to the user it speaks for. Every route but the few public ones begins with it."""

    def __init__(self, authenticate: Authenticate) -> None:
        self._authenticate = authenticate

    async def __call__(self, request: HttpRequest) -> str:
        """The user's id, as the gate found it out, or found out now.

        Raises:
            UnauthenticatedError: there is no bearer token in the Authorization header, or it is not good.
        """
        caller: Caller | None = request.scope["state"].get(CALLER)
        if caller is not None and caller.user_id is not None:
            return caller.user_id
        return await self._authenticate(bearer_token(request.scope))


def bearer_token(scope: HTTPScope) -> str:
    """The token of a request's Authorization header.

    Raises:
        UnauthenticatedError: there is none, or it could not be one of ours.
    """
    return token_in(header(scope, b"authorization"))


def token_in(credentials: bytes | None) -> str:
    """As :func:`bearer_token`, of the header's value; None if it was not sent."""
    match = _BEARER.fullmatch(credentials) if credentials is not None else None
    if match is None:
        raise UnauthenticatedError
    return match[1].decode("ascii")
