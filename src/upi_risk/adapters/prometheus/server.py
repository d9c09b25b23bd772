"""A port of its own for ``/metrics``, served from a thread so that any kind of process can have it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import uvicorn

from upi_risk.adapters.prometheus.page import CONTENT_TYPE, page
from upi_risk.adapters.prometheus.shelf import Shelf
from upi_risk.adapters.prometheus.tally import Tally

Survey = Callable[[Tally], Awaitable[None]]
"""Adds what no serving process knows, now and then; runs until it is cancelled."""

_STOP_SECONDS: Final = 5


@contextlib.contextmanager
def serving_metrics(shelf: Shelf, host: str, port: int, survey: Survey | None = None) -> Iterator[None]:
    """Serve ``/metrics`` meanwhile.

    Args:
        shelf: where the totals are.
        host: the address to listen on.
        port: the TCP port to listen on.
        survey: fills a tally of the exporter's own.
    """
    extra = Tally()
    app = _Metrics(shelf, extra)
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
    def __init__(self, shelf: Shelf, extra: Tally) -> None:
        self._shelf = shelf
        self._extra = extra

    async def __call__(self, scope: dict[str, Any], _receive: object, send: Callable[..., Awaitable[None]]) -> None:
        """Answer one request; nothing but ``/metrics`` is there."""
        if scope["type"] != "http":
            return
        found = scope["path"] == "/metrics" and scope["method"] in {"GET", "HEAD"}
        body = self._page() if found else b"Look at /metrics.\n"
        kind = CONTENT_TYPE if found else "text/plain"
        headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _page(self) -> bytes:
        tally = self._shelf.sum()
        tally.add(self._extra.totals())
        return page(tally)
