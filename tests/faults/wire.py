"""HTTP/1.1 by hand: cheap enough for hundreds of thousands of requests, and nothing is hidden or tried again."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Self

LONGEST_SECONDS = float(os.environ.get("FAULTS_LONGEST_SECONDS", "150"))
"""After so long there is no answer: a test without its defence is to fail, not to hang."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        status: its status.
        head: all lines before the body, in lower case.
        body: its bytes.
        seconds: from the request to the last byte.
    """

    status: int
    head: bytes
    body: bytes
    seconds: float

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def well_formed_refusal(self) -> bool:
        """Whether this is 503 in the shape that callers are promised."""
        if b"content-type: application/problem+json" not in self.head:
            return False
        told = self.json()
        return (
            self.status == told["status"] == 503
            and b"\r\nretry-after: " in self.head
            and b"\r\nx-request-id: " in self.head
            and told.get("fallback_decision") == "VERIFY"
        )


class Wire:
    """A connection to the service."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._reader is not None:
            self._writer.transport.abort()
            self._reader = None

    async def ask(self, request: bytes) -> Reply:
        """Send a request and read its answer.

        Raises:
            OSError: the connection broke, or nothing came for very long; it is made anew by the next request.
            EOFError: likewise.
        """
        began = perf_counter()
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                if self._reader is None:
                    self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
                self._writer.write(request)
                head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0])
                body = await self._reader.readexactly(length)
        except BaseException:
            self.close()
            raise
        if b"\r\nconnection: close" in head:
            self.close()
        return Reply(int(head[9:12]), head, body, perf_counter() - began)

    async def get(self, path: str, token: str = "") -> Reply:
        return await self.ask(request("GET", path, token=token))


def request(method: str, path: str, sent: object = None, token: str = "", key: str = "") -> bytes:
    """The bytes of a request with a JSON body."""
    body = b"" if sent is None else json.dumps(sent).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if key:
        lines.append(f"Idempotency-Key: {key}")
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True, slots=True)
class Payer:
    """Somebody with a token."""

    user_id: str
    token: str

    @classmethod
    async def signed_up(cls, wire: Wire, number: int) -> Self:
        """A new user; the number makes the phone."""
        sent = {"name": "Asha Rao", "phone": str(9_000_000_000 + number)}
        told = (await wire.ask(request("POST", "/signup", sent))).json()
        return cls(told["user_id"], told["access_token"])

    def check(self, receiver: str = "shop@upi", amount: float = 100, key: str = "") -> bytes:
        """The request that asks about a payment."""
        sent = {"user_id": self.user_id, "receiver_upi": receiver, "amount": amount}
        return request("POST", "/check-transaction", sent, self.token, key)
