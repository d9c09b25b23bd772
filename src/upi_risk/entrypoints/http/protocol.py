"""HTTP/1.1 on a connection: what the server itself refuses, before there is a request, is a problem as well."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from upi_risk.entrypoints.http.edge import SAFE_HEADERS, WHOLE
from upi_risk.entrypoints.http.errors import HEADERS_TOO_LARGE, INVALID_HTTP, Kind, render
from upi_risk.entrypoints.http.limits import LONGEST_TARGET

LONGEST_HEAD: Final = 64 * 1024
"""A head that is not at its end after so many bytes is given up; the parser would keep on gathering it."""

_CLOSE: Final = (b"connection", b"close")
_EXTENSIONS: Final[dict[str, dict[object, object]]] = {WHOLE: {}}
_TOO_LONG: Final = b"/" * (LONGEST_TARGET + 1)


def problem_protocol(new_id: Callable[[], str], log_refusal: Callable[[str, int], None]) -> type[HttpToolsProtocol]:
    """The protocol for uvicorn's ``http``.

    Args:
        new_id: makes a request's id.
        log_refusal: is told the request's id and the status of each refusal.
    """

    class Bound(ProblemProtocol):
        pass

    Bound.new_id = staticmethod(new_id)
    Bound.log_refusal = staticmethod(log_refusal)
    return Bound


class ProblemProtocol(HttpToolsProtocol):
    """uvicorn's protocol, but for the shape of refusals and a bound to the head; see :func:`problem_protocol`."""

    new_id: Callable[[], str]
    log_refusal: Callable[[str, int], None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **kwargs)
        self._head_size = 0
        self._heads = 0
        self._in_head = True

    def data_received(self, data: bytes) -> None:
        """Read on; a head that never ends is refused."""
        heads = self._heads
        super().data_received(data)
        if self._in_head and heads == self._heads and not self.transport.is_closing():
            self._head_size += len(data)
            if self._head_size > LONGEST_HEAD:
                self._refuse(HEADERS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Begin to serve."""
        self._heads += 1
        self._head_size = 0
        self._in_head = False
        if len(self.url) > LONGEST_TARGET:
            self.url = _TOO_LONG  # for the edge to refuse: of a very long one the parser cannot tell the path
        super().on_headers_complete()
        self.scope["extensions"] = _EXTENSIONS
        self.cycle.__class__ = WholeAnswers  # uvicorn has no place for a class of one's own

    def on_message_complete(self) -> None:
        """Expect the next head."""
        self._in_head = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Refuse what is not HTTP."""
        self._refuse(INVALID_HTTP)

    def _refuse(self, kind: Kind) -> None:
        if not self._owes_another():
            request_id = self.new_id()
            self.transport.write(_answer(kind, request_id))
            self.log_refusal(request_id, kind.status)
        if self.cycle is not None:
            self.cycle.disconnected = True  # what it may still say must not follow
        self.transport.close()

    def _owes_another(self) -> bool:
        """Whether the next answer on the connection is that of an earlier request, or has begun already."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None or cycle.response_complete:
            return False
        return bool(self.pipeline) or cycle.response_started or not cycle.more_body


class WholeAnswers(RequestResponseCycle):
    """uvicorn's exchange of a request for an answer, with an extension for answers that come whole.

    Head and body go out in one write, and headers that we made ourselves are not searched for what may not be in them:
    that took a fifth of the time of a request.
    """

    async def send(self, message: Any) -> None:  # noqa: ANN401 - uvicorn's own
        """Send a message."""
        if message["type"] != WHOLE:
            await super().send(message)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        headers = [*self.default_headers, *message["headers"]]
        if not self.keep_alive:
            headers.append(_CLOSE)
        lines = [b"%b: %b\r\n" % held for held in headers]
        self.transport.write(b"".join([STATUS_LINE[message["status"]], *lines, b"\r\n", message["body"]]))
        self.response_started = self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def _answer(kind: Kind, request_id: str) -> bytes:
    body = render(kind, request_id)
    headers = [
        *(held for held in kind.encoded_headers if held[0] != _CLOSE[0]),
        _CLOSE,
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
        *SAFE_HEADERS,
    ]
    status = f"HTTP/1.1 {kind.status} {HTTPStatus(kind.status).phrase}".encode()
    return b"\r\n".join([status, *(b"%b: %b" % held for held in headers), b"", body])
