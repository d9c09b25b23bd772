"""HTTP/1.1 on a connection, with the short way for plain checks."""

from __future__ import annotations

from math import inf
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from upi_risk.entrypoints.http.errors import Kind
from upi_risk.entrypoints.http.express import EXPRESS, UNUSUAL, Exchange, Express
from upi_risk.entrypoints.http.protocol import ProblemProtocol, WireOptions
from upi_risk.entrypoints.http.slow import Lookout

_POST: Final = b"POST"


def express_protocol(options: WireOptions) -> type[ProblemProtocol]:
    """The protocol for uvicorn's ``http``."""

    class Bound(ExpressProtocol):
        pass

    Bound.options = options
    Bound.lookout = Lookout()
    return Bound


class ExpressProtocol(ProblemProtocol):
    """A head that a plain check may have is held back until its body is there; see :mod:`.express`.

    If the body does not come with it, or is not plain either, all goes the ordinary way, as if it had come just now.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **kwargs)
        state = getattr(self.app, "state", None)
        self._express: Express | None = getattr(state, EXPRESS, None)
        self._held: dict[bytes, bytes] | None = None
        self._body = b""
        self._idle_since = -inf

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """What the server says with every answer."""
        return self.server_state.default_headers

    def data_received(self, data: bytes) -> None:
        """Read on, unless it is a check that there is no room for, or one that can be taken as it is."""
        express, cycle = self._express, cast("RequestResponseCycle | None", self.cycle)
        if express is not None and (cycle is None or cycle.response_complete) and not self._begun and not self._deaf:
            if express.full() and self._turned_away(data, express):
                return
            plain = None if self.flow.write_paused else express.read_plain(data)
            if plain is not None and express.take(self, *plain):
                self._since = None
                return
        super().data_received(data)
        if self._held is not None:
            self._let_go()

    def on_headers_complete(self) -> None:
        """Hold the head back, or begin to serve.

        Raises:
            FramingError: see :class:`ProblemProtocol`.
        """
        if self._express is None or self.url not in self._express.paths or not self._is_plain():
            super().on_headers_complete()
            return
        held = dict(self.headers)
        if len(held) != len(self.headers) or not UNUSUAL.isdisjoint(held):
            super().on_headers_complete()
            return
        self._held = held
        self._body = b""
        self._head_is_complete()

    def on_body(self, body: bytes) -> None:
        """Take what came of the body."""
        if self._held is None:
            super().on_body(body)
        else:
            self._body += body

    def on_message_complete(self) -> None:
        """Have it decided, or serve it the ordinary way; then expect the next head."""
        if self._held is not None and self._express is not None:
            self._message_is_complete()
            if self._express.take(self, self.url, self._held, self._body):
                self._held = None
                return
            self._let_go()
        super().on_message_complete()

    def begin(self, exchange: Exchange) -> None:
        """Have an exchange stand for the request that is being served."""
        self.cycle = cast("RequestResponseCycle", exchange)

    def write(self, said: bytes, *, keep_alive: bool) -> None:
        """Write a whole answer, and go on or close."""
        self.transport.write(said)
        if not keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _is_plain(self) -> bool:
        """Whether the request line is, and nothing else is under way."""
        parser, cycle = self.parser, cast("RequestResponseCycle | None", self.cycle)
        return (
            parser.get_method() == _POST
            and parser.get_http_version() == "1.1"
            and (cycle is None or cycle.response_complete)
            and not self.flow.write_paused
        )

    def _turned_away(self, data: bytes, express: Express) -> bool:
        """Whether these bytes were a check, and have been answered."""
        path = None if self.flow.write_paused else express.whole_check(data)
        if path is None or self.transport.is_closing():
            return False
        self._since = None
        state = self.server_state
        self.transport.write(express.turned_away(state.default_headers, path))
        state.total_requests += 1
        self._idle()
        return True

    def on_response_complete(self) -> None:
        """Go on; see uvicorn's. The wait for a next request goes on with it, if it has not been ended meanwhile."""
        if self.timeout_keep_alive_task is None or self.pipeline or self.flow.read_paused:
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
        self._idle_since = self.loop.time()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection. One timer waits through many requests, for each of which it waits longer."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        busy = cycle is not None and not cycle.response_complete
        left = self.timeout_keep_alive if busy else self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._wait_for_more(left)
        else:
            super().timeout_keep_alive_handler()

    def _idle(self) -> None:
        """Wait for a next request from now on."""
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._wait_for_more(self.timeout_keep_alive)

    def _wait_for_more(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _let_go(self) -> None:
        """Begin to serve what was held back."""
        self._held = None
        size = self._size
        super().on_headers_complete()
        self._size = size
        if self._body:
            super().on_body(self._body)

    def _refuse(self, kind: Kind) -> None:
        if self._held is not None:
            self._let_go()
        super()._refuse(kind)
