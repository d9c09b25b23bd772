"""The service's connections without sockets: bytes in, bytes out, through the protocol that serves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import uvicorn
from litestar import Litestar
from uvicorn.server import ServerState

from upi_risk.bootstrap.commands.serve import server_options
from upi_risk.bootstrap.settings import Settings
from upi_risk.entrypoints.http.express import EXPRESS, Express

_PEER: Final = ("127.0.0.1", 50_000)
_OURS: Final = ("127.0.0.1", 8_000)
_OK: Final = b"HTTP/1.1 200 "


class Wire:
    """Connections to an application, each of which asks one thing at a time.

    Args:
        app: the application.
        settings: its settings.
        express: takes plain checks instead of the application's own.
    """

    def __init__(self, app: Litestar, settings: Settings, express: Express | None = None) -> None:
        self._config = uvicorn.Config(app, **server_options(settings))
        self._config.load()
        self._state = ServerState()
        self._state.default_headers = [(b"date", b"Sat, 28 Nov 2026 12:00:00 GMT"), *self._config.encoded_headers]
        self._express = express or app.state[EXPRESS]
        self._lines: list[_Line] = []

    def ask(self, requests: Sequence[bytes], told: Callable[[], None]) -> None:
        """Send requests, each on a connection of its own; ``told`` is called for each answer."""
        while len(self._lines) < len(requests):
            self._lines.append(_Line(self._config, self._state, self._express))
        for line, request in zip(self._lines, requests, strict=False):
            line.ask(request, told)

    async def answered(self, requests: Sequence[bytes]) -> None:
        """Send requests, and wait for every answer."""
        left, done = len(requests), asyncio.Event()

        def told() -> None:
            nonlocal left
            left -= 1
            if not left:
                done.set()

        self.ask(requests, told)
        await done.wait()

    def close(self) -> None:
        """End the connections."""
        for line in self._lines:
            line.end()


class _Line(asyncio.Transport):
    """One connection, and the server's side of it."""

    def __init__(self, config: uvicorn.Config, state: ServerState, express: Express) -> None:
        super().__init__({"peername": _PEER, "sockname": _OURS})
        self._told: Callable[[], None] | None = None
        self._closed = False
        served = cast("Any", config.http_protocol_class)
        self._protocol = served(config=config, server_state=state, app_state={})
        self._protocol._express = express  # noqa: SLF001 - one of several in this process
        self._protocol.connection_made(self)

    def ask(self, request: bytes, told: Callable[[], None]) -> None:
        self._told = told
        self._protocol.data_received(request)

    def end(self) -> None:
        self._protocol.connection_lost(None)

    def write(self, data: Any) -> None:  # noqa: ANN401 - bytes of any kind
        if not bytes(data).startswith(_OK):
            raise RuntimeError(f"The service answered {bytes(data)[:20]!r}.")
        if self._told is not None:
            self._told()

    def close(self) -> None:
        self._closed = True

    def is_closing(self) -> bool:
        return self._closed

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        """There is one request at a time."""

    def resume_reading(self) -> None:
        """Likewise."""

    def get_write_buffer_size(self) -> int:
        return 0
