"""One-time codes through an SMS gateway that is called over HTTP."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import Final

import httpx

from upi_risk.domain.challenge import LASTS, Purpose
from upi_risk.domain.errors import CodeNotSentError
from upi_risk.domain.payment import Phone

TIMES: Final = 2
_MOST_CONNECTIONS: Final = 10
_LONGEST_ANSWER: Final = 16 * 1024
_TOO_MANY: Final = 429


class GatewayCodeSender:
    """See :class:`upi_risk.domain.account_ports.CodeSender`.

    The gateway is told ``{"to", "text", "code", "purpose", "expires_in"}`` as JSON, with the token as its bearer. Any
    2xx means that it took the message. What may pass (no connection, no answer in time, 429, 5xx) is tried once more
    under the same ``Idempotency-Key``. Redirects are not followed, and no proxy of the environment gets to see a code.
    """

    def __init__(self, url: str, token: str, *, timeout_seconds: float, pause_seconds: float = 0.2) -> None:
        """Prepare to send.

        Args:
            url: where messages are posted.
            token: what the gateway knows us by.
            timeout_seconds: how long one try may take, all in all.
            pause_seconds: between the tries.
        """
        self._url = url
        self._timeout = timeout_seconds
        self._pause = pause_seconds
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}", "User-Agent": "upi-risk", "Accept": "application/json"},
            timeout=timeout_seconds,
            limits=httpx.Limits(max_connections=_MOST_CONNECTIONS, max_keepalive_connections=_MOST_CONNECTIONS),
            follow_redirects=False,
            trust_env=False,
        )

    async def send(self, phone: Phone, code: str, purpose: Purpose) -> None:
        """Hand the message to the gateway."""
        minutes = int(LASTS.total_seconds()) // 60
        message = {
            "to": phone,
            "text": f"{code} is your code to {purpose} at UPI Risk, for {minutes} minutes. Never tell it to anybody.",
            "code": code,
            "purpose": purpose.value,
            "expires_in": int(LASTS.total_seconds()),
        }
        key = {"Idempotency-Key": secrets.token_hex(16)}
        for _ in range(TIMES - 1):
            if await self._tried(message, key) is None:
                return
            await asyncio.sleep(self._pause)
        reason = await self._tried(message, key)
        if reason is not None:
            raise CodeNotSentError(reason)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _tried(self, message: Mapping[str, object], headers: dict[str, str]) -> str | None:
        """Why it should be tried again; None if it is done.

        Raises:
            CodeNotSentError: trying again would not help.
        """
        try:
            async with asyncio.timeout(self._timeout):
                async with self._client.stream("POST", self._url, json=message, headers=headers) as answer:
                    await _drain(answer)
        except (httpx.HTTPError, TimeoutError) as error:
            # Not "from": an error of httpx holds the request, and with it the phone and the code.
            return f"the gateway did not answer: {type(error).__name__}"
        if answer.is_success:
            return None
        reason = f"the gateway answered {answer.status_code}"
        if answer.is_server_error or answer.status_code == _TOO_MANY:
            return reason
        raise CodeNotSentError(reason)


async def _drain(answer: httpx.Response) -> None:
    """Read what there is, so that the connection can be used again; a gateway that never ends is not listened to."""
    size = 0
    async for part in answer.aiter_raw():
        size += len(part)
        if size > _LONGEST_ANSWER:
            return
