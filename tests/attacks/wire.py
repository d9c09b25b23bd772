"""Bytes out, answers in: a client that adds nothing of its own to what it sends."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

PATIENCE_SECONDS = 20.0
"""Longer than the server gives anybody."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, as it was read."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """The end of the problem's type; nothing for an answer that is no problem."""
        if not self.headers.get("content-type", "").startswith("application/problem+json"):
            return ""
        return str(self.problem["type"]).removeprefix("urn:upi-risk:") if self.body else ""

    @property
    def problem(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def told(self) -> str:
        """Status and type, as the list of attacks has them."""
        return f"{self.status} {self.kind}".strip()


@dataclass(slots=True)
class Connection:
    """A connection to the server."""

    address: tuple[str, int]
    opened: socket.socket = field(init=False)
    held: bytes = b""

    def __post_init__(self) -> None:
        self.opened = socket.create_connection(self.address, timeout=PATIENCE_SECONDS)
        self.opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        """Send, as far as the server lets us."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.opened.sendall(data)

    def end(self) -> None:
        """Say that nothing more comes."""
        with suppress(OSError):
            self.opened.shutdown(socket.SHUT_WR)

    def answer(self, method: str = "") -> Answer | None:
        """The next answer; None if the server closed the connection instead.

        Args:
            method: of the request; what answers a HEAD has no body.
        """
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        status, *lines = head.decode("latin-1").split("\r\n")
        code = int(status.split(" ")[1])
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if line)}
        if code == 100:
            return self.answer(method)
        length = 0 if method == "HEAD" or code == 204 else int(headers["content-length"])
        while len(self.held) < length and self._more():
            pass
        body, self.held = self.held[:length], self.held[length:]
        return Answer(code, headers, body)

    def ended(self) -> bool:
        """Whether nothing more comes, and the server has closed the connection."""
        while self._more():
            pass
        return not self.held

    def close(self) -> None:
        self.opened.close()

    def _until(self, mark: bytes) -> bytes | None:
        while mark not in self.held:
            if not self._more():
                return None
        found, _, self.held = self.held.partition(mark)
        return found

    def _more(self) -> bool:
        try:
            data = self.opened.recv(65_536)
        except ConnectionResetError:
            return False
        self.held += data
        return bool(data)
