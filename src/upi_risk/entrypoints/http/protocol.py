"""HTTP/1.1 on a connection: what the server itself refuses, before there is a request, is a problem as well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from upi_risk.entrypoints.http.edge import WHOLE, safe_headers
from upi_risk.entrypoints.http.errors import (
    HEADERS_TOO_LARGE,
    INVALID_HTTP,
    OVERLOADED,
    REQUEST_TIMEOUT,
    TOO_LARGE,
    URI_TOO_LONG,
    Kind,
)
from upi_risk.entrypoints.http.framing import FramingError, body_length, first_line_is_ours, path_and_host
from upi_risk.entrypoints.http.limits import LONGEST_TARGET
from upi_risk.entrypoints.http.line import Line
from upi_risk.entrypoints.http.slow import Backlog, Lookout, Slowness, Watched, owed
from upi_risk.entrypoints.http.whole import WholeAnswers, refusal_bytes, refusing

LONGEST_HEAD: Final = 64 * 1024
"""A head that is not at its end after so many bytes is given up; the parser would keep on gathering it."""

LONGEST_BODY: Final = 256 * 1024
"""So is a body after so many, with all that chunks bring along; a body that is allowed has a sixteenth of it."""

_EXTENSIONS: Final[dict[str, dict[object, object]]] = {WHOLE: {}}
_TOO_LONG: Final = b"/" * (LONGEST_TARGET + 1)
_SLASH: Final = ord("/")
_END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class WireOptions:
    """How connections are served.

    Attributes:
        new_id: makes a request's id.
        log_refusal: is told the request's id and the status of each refusal.
        slowness: how long callers may take.
        most_connections: further ones are told that it is too much, and closed.
        hsts: whether browsers are told to come by TLS alone from now on.
    """

    new_id: Callable[[], str]
    log_refusal: Callable[[str, int], None]
    slowness: Slowness = field(default_factory=Slowness)
    most_connections: int = 10_000
    hsts: bool = False


class ProblemProtocol(HttpToolsProtocol):
    """uvicorn's protocol, but for the shape of refusals, bounded in size and time."""

    options: WireOptions
    lookout: Lookout

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **kwargs)
        self._size = 0
        self._heads = 0
        self._in_head = True
        self._begun = False
        self._deaf = False
        self._left: int | None = None
        self._now = 0.0
        self._since: float | None = None
        self._backlog = Backlog()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Begin to listen, unless there are too many."""
        self._line = Line(transport, self.loop)
        super().connection_made(cast("asyncio.Transport", self._line))
        self._since = self.loop.time()
        self.lookout.begin(self.loop, self._watched)
        if len(self.connections) > self.options.most_connections:
            self._refuse(OVERLOADED)

    def data_received(self, data: bytes) -> None:
        """Read on; what never ends is refused."""
        if self._deaf:
            return
        self._now = self.loop.time()
        if self._since is None:
            self._since = self._now
        heads, begun = self._heads, self._begun
        self._unset_keepalive_if_required()
        try:
            if self._left is None:
                self.parser.feed_data(data)
            else:
                self._take_rest(data)
        except httptools.HttpParserError:
            self._refuse(INVALID_HTTP)
        except httptools.HttpParserUpgrade as upgrade:
            self._take_rest(data[upgrade.args[0] :])
        if self._begun and not self._deaf:
            self._measure(data, begun=begun, same=heads == self._heads)

    def _measure(self, data: bytes, *, begun: bool, same: bool) -> None:
        """Refuse a head or a body that has become too large without coming to its end.

        Args:
            data: what came last.
            begun: whether the message had begun before it.
            same: whether no head was completed by it.
        """
        if self._in_head:
            if not begun and not first_line_is_ours(data if same else data[data.rfind(_END) + len(_END) :]):
                self._refuse(INVALID_HTTP)
                return
            self._size = self._size + len(data) if same else len(data) - data.rfind(_END)
            if self._size > LONGEST_HEAD:
                self._refuse(URI_TOO_LONG if len(self.url) > LONGEST_TARGET else HEADERS_TOO_LARGE)
        elif same:
            self._size += len(data)
            if self._size > LONGEST_BODY:
                self._refuse(TOO_LARGE)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio's protocol may keep its direction open
        """The caller says no more: half a request is refused, whole ones are answered."""
        if self._line.ended is not None:
            return False
        half = self._begun
        if half:
            self._refuse(INVALID_HTTP)
        self._deaf = True
        self._line.hears = False
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if self._line.is_closing() or cycle is None or (cycle.response_complete and not self.pipeline):
            return False
        if not half:  # else the refusal is the last answer
            cycle.keep_alive = False
        return True

    def on_message_begin(self) -> None:
        """Expect a head."""
        self._begun = True
        if self._since is None:
            self._since = self._now
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin to serve.

        Raises:
            FramingError: two readers might read it differently; the parser passes it on as an error of its own.
        """
        if len(self.url) > LONGEST_TARGET:
            self.url = _TOO_LONG  # for the edge to refuse: of a very long one the parser cannot tell the path
        elif b"#" in self.url:
            raise FramingError  # the parser would drop what follows, and others may not
        elif self.url[0] != _SLASH:
            self._take_whole_url()
        version = self.parser.get_http_version()
        length = body_length(self.headers, version)
        self.expect_100_continue &= version == "1.1"  # older callers take no word before the answer (RFC 9110)
        upgrading = self.parser.should_upgrade()
        if upgrading and (self._get_upgrade() == b"websocket" or length is None):
            raise FramingError
        super().on_headers_complete()
        self._head_is_complete()
        self.headers = []  # trailers are no headers, and come when those have been read
        self.scope["extensions"] = _EXTENSIONS
        self.cycle.__class__ = WholeAnswers  # uvicorn has no place for a class of one's own
        if upgrading:
            self.cycle.keep_alive = False  # it is not done, and what follows may be of the other protocol
            self._left = length  # of a body that the parser does not read

    def on_message_complete(self) -> None:
        """Expect the next head."""
        if self._left:
            return
        self._message_is_complete()
        super().on_message_complete()

    def _head_is_complete(self) -> None:
        self._heads += 1
        self._size = 0
        self._in_head = False
        self._since = self._now
        self._line.hears = True

    def _message_is_complete(self) -> None:
        self._in_head = True
        self._begun = False
        self._since = None
        self._line.hears = False

    def _take_whole_url(self) -> None:
        self.url, host = path_and_host(self.url, self.parser.get_method().decode())
        if host is not None:
            self.headers[:] = [held for held in self.headers if held[0] != b"host"]
            self.headers.append((b"host", host))

    def _take_rest(self, data: bytes) -> None:
        """Read on in a request for another protocol, which is served in this one; what follows it is not heard."""
        if self._left:
            body = data[: self._left]
            self._left -= len(body)
            self.on_body(body)
            if not self._left:
                self.on_message_complete()
        self._deaf = not self._left

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; one that has begun to ask has its own time."""
        if not self._begun:
            super().timeout_keep_alive_handler()

    def look(self, now: float) -> None:
        """End the connection if its other end is too slow."""
        allowed = self.options.slowness
        if self._backlog.stuck(owed(self._line), now) > allowed.reading:
            self._line.cut()
        elif self._line.ended is not None:
            if now - self._line.ended > allowed.lingering:
                self._line.finish()
        elif self.flow.read_paused and self._since is not None:
            self._since = now  # it is we who do not listen
        elif self._since is not None and now - self._since > (allowed.head if self._in_head else allowed.body):
            if self._begun:
                self._refuse(REQUEST_TIMEOUT)
            else:
                self._line.close()

    def _watched(self) -> Iterable[Watched]:
        return cast("Iterable[Watched]", self.connections)

    def _refuse(self, kind: Kind) -> None:
        """Answer the request that is being read with a problem, after all that came before it, and hear no more."""
        if self._deaf:
            return
        self._deaf = self._line.hears = True
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if self._in_head:
            if cycle is None or (cycle.response_complete and not self.pipeline):
                self._tell(kind)
            else:
                self.pipeline.appendleft((self._stand_in(), self._refusing(kind)))
        elif cycle is not None and self.pipeline and self.pipeline[0][0] is cycle:
            cycle.keep_alive = cycle.more_body = False
            self.pipeline[0] = (cycle, self._refusing(kind))
        elif cycle is not None:
            cycle.disconnected = True  # what it may still say must not follow
            cycle.message_event.set()
            if cycle.response_started:
                self._line.close()
            else:
                self._tell(kind)

    def _tell(self, kind: Kind) -> None:
        self._line.write(refusal_bytes(kind, self._told(kind), safe_headers(hsts=self.options.hsts)))
        self._line.close()

    def _told(self, kind: Kind) -> str:
        request_id = self.options.new_id()
        self.options.log_refusal(request_id, kind.status)
        return request_id

    def _refusing(self, kind: Kind) -> Any:  # noqa: ANN401 - an ASGI application
        return refusing(kind, self._told(kind), safe_headers(hsts=self.options.hsts))

    def _stand_in(self) -> RequestResponseCycle:
        """For a request that has no head."""
        cycle = WholeAnswers(
            scope={"method": "GET"},  # type: ignore[typeddict-item]  # all that the answer depends on
            transport=self.transport, flow=self.flow, logger=self.logger,
            access_logger=self.access_logger, access_log=False, default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(), expect_100_continue=False, keep_alive=False,
            on_response=self.on_response_complete,
        )  # fmt: skip
        cycle.more_body = False
        return cycle
