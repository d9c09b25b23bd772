"""A port of its own for ``/metrics``, served from a thread so that any kind of process can have it."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Final

import uvicorn

from upi_risk.adapters.prometheus.page import CONTENT_TYPE, page
from upi_risk.adapters.prometheus.shelf import Shelf
from upi_risk.adapters.prometheus.tally import Tally

Survey = Callable[[Tally], Awaitable[None]]
"""Adds what no serving process knows, now and then; runs until it is cancelled."""

_STOP_SECONDS: Final = 5
_UNAUTHORISED: Final = 401
_NOT_FOUND: Final = 404
_PROBLEM: Final = "application/problem+json; charset=utf-8"
_ALWAYS: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


@contextlib.contextmanager
def serving_metrics(
    shelf: Shelf, host: str, port: int, survey: Survey | None = None, tokens: Sequence[str] = ()
) -> Iterator[None]:
    """Serve ``/metrics`` meanwhile.

    Args:
        shelf: where the totals are.
        host: the address to listen on.
        port: the TCP port to listen on.
        survey: fills a tally of the exporter's own.
        tokens: bearer tokens, one of which has to be shown; without any the page is open.
    """
    extra = Tally()
    app = _Metrics(shelf, extra, tuple(token.encode() for token in tokens))
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(_serve(server, survey, extra)), name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)


async def _serve(server: uvicorn.Server, survey: Survey | None, extra: Tally) -> None:
    surveying = asyncio.ensure_future(survey(extra)) if survey else None
    with contextlib.suppress(SystemExit):  # uvicorn's way to say that the port is taken; it has logged that
        await server.serve()
    if surveying is not None:
        surveying.cancel()
        await asyncio.wait({surveying})


class _Metrics:
    def __init__(self, shelf: Shelf, extra: Tally, tokens: Sequence[bytes]) -> None:
        self._shelf = shelf
        self._extra = extra
        self._tokens = tokens

    async def __call__(self, scope: dict[str, Any], _receive: object, send: Callable[..., Awaitable[None]]) -> None:
        """Answer one request; nothing but ``/metrics`` is there."""
        if scope["type"] != "http":
            return
        status, kind, body = self._answer(scope)
        headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body)), *_ALWAYS]
        if status == _UNAUTHORISED:
            headers.append((b"www-authenticate", b"Bearer"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: dict[str, Any]) -> tuple[int, str, bytes]:
        if self._tokens and not self._opened(scope["headers"]):
            return _UNAUTHORISED, _PROBLEM, _problem("unauthenticated", "Unauthenticated", _UNAUTHORISED)
        if scope["path"] == "/metrics" and scope["method"] in {"GET", "HEAD"}:
            return 200, CONTENT_TYPE, self._page()
        return _NOT_FOUND, _PROBLEM, _problem("not-found", "Not found", _NOT_FOUND)

    def _opened(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        shown = [value for name, value in headers if name == b"authorization"]
        if len(shown) != 1:
            return False
        scheme, _, token = shown[0].partition(b" ")
        known = [hmac.compare_digest(token, one) for one in self._tokens]  # all of them: no time tells which
        return scheme.lower() == b"bearer" and any(known)

    def _page(self) -> bytes:
        tally = self._shelf.sum()
        tally.add(self._extra.totals())
        return page(tally)


def _problem(kind: str, title: str, status: int) -> bytes:
    return json.dumps({"type": f"urn:upi-risk:{kind}", "title": title, "status": status}).encode()
