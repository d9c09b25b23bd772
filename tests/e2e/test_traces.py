"""Traces as a collector gets them: the tree of spans, batches linked with requests, and nothing of payers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.settings import Settings
from upi_risk.entrypoints.http.express import EXPRESS

NAME, PHONE, PAYEE = "Canaryname", "9811122233", "canarypayee@okbank"
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CHECKS = 5


class Collector:
    """A receiver of OTLP over HTTP on loopback; ``silent`` makes it answer nobody until it is closed."""

    def __init__(self, *, silent: bool = False) -> None:
        self.bodies: list[bytes] = []
        self.paths: set[str] = set()
        self._over = threading.Event()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.paths.add(self.path)
                collector.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                if silent:
                    collector._over.wait(60)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the name is the base's
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def spans(self) -> list[Span]:
        told = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [s for one in told for r in one.resource_spans for scope in r.scope_spans for s in scope.spans]

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def collecting(*, silent: bool = False) -> Iterator[Collector]:
    collector = Collector(silent=silent)
    try:
        yield collector
    finally:
        collector.close()


async def use(client: AsyncTestClient[Litestar]) -> None:
    told = (await client.post("/signup", json={"name": NAME, "phone": PHONE})).json()
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    body = {"user_id": told["user_id"], "receiver_upi": PAYEE, "amount": 99}
    asked = [client.post("/check-transaction", json=body, headers=headers) for _ in range(CHECKS)]
    answers = await asyncio.gather(*asked)
    traced = headers | {"traceparent": f"00-{TRACE}-{CALLER}-01"}
    answers.append(await client.post("/check-transaction", json=body, headers=traced))
    assert [answer.status_code for answer in answers] == [200] * (CHECKS + 1)
    assert (await client.get(f"/{NAME}/{PHONE}?q={PAYEE}")).status_code == 404
    assert (await client.get("/transactions", headers=headers)).status_code == 200


def tree(spans: list[Span], root: Span) -> dict[str, object]:
    """Names of what was done within a span; of siblings of one name the first."""
    found: dict[str, object] = {}
    for span in spans:
        if (span.trace_id, span.parent_span_id) == (root.trace_id, root.span_id):
            found.setdefault(span.name, tree(spans, span))
    return found


def facts(span: Span) -> dict[str, object]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


async def test_a_check_is_a_tree_of_spans_its_batch_is_linked_and_nobody_is_named(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    """Red for the canaries where a request's span holds its path; for the links without ``add_link``."""
    with collecting() as collector:
        chosen = {"log_level": "info", "log_format": "json", "otel_exporter_otlp_endpoint": collector.url}
        async with AsyncTestClient(create(msgspec.structs.replace(settings, **chosen))) as client:
            await use(client)
    spans = collector.spans()
    assert collector.paths == {"/v1/traces"}

    requests = [span for span in spans if span.kind == Span.SPAN_KIND_SERVER]
    checks = [span for span in requests if span.name == "POST /check-transaction"]
    assert len(checks) == CHECKS + 1
    assert {"GET unmatched", "POST /signup", "GET /transactions"} <= {span.name for span in requests}
    caller = next(span for span in checks if span.trace_id.hex() == TRACE)
    assert caller.parent_span_id.hex() == CALLER
    told = facts(caller)
    assert (told["http.response.status_code"], told["http.route"]) == (200, "/check-transaction")
    assert {"upi_risk.decision", "upi_risk.model_version", "upi_risk.request_id"} <= told.keys()
    assert tree(spans, caller) == {"check": {}}

    batches = {(span.trace_id, span.span_id): span for span in spans if span.name == "batch"}
    for check in checks:
        (link,) = check.links
        batch = batches[link.trace_id, link.span_id]
        assert (check.trace_id, check.span_id) in {(back.trace_id, back.span_id) for back in batch.links}
        assert check.start_time_unix_nano < batch.start_time_unix_nano < batch.end_time_unix_nano
        assert batch.end_time_unix_nano < check.end_time_unix_nano
        below = tree(spans, batch)
        assert below.keys() >= {"authenticate", "cache read", "load", "decide", "commit"}
        assert below["decide"] == {"predict": {}}
    assert sum(facts(batch)["upi_risk.batch.size"] for batch in batches.values()) == CHECKS + 1  # type: ignore[misc]
    first = min(batches.values(), key=lambda batch: batch.start_time_unix_nano)
    assert tree(spans, first)["load"] == {"database read": {}}

    sent = b"".join(collector.bodies).lower()
    for canary in (NAME, PHONE, PAYEE, "canarypayee"):
        assert canary.lower().encode() not in sent
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    logged = {line["trace_id"] for line in lines if line.get("event") == "request"}
    assert logged == {span.trace_id.hex() for span in requests}


async def test_no_request_waits_for_a_collector_that_is_silent_and_nor_does_the_end(settings: Settings) -> None:
    """Red where spans are exported as they end (SimpleSpanProcessor)."""
    with collecting(silent=True) as collector:
        chosen = msgspec.structs.replace(settings, otel_exporter_otlp_endpoint=collector.url)
        app = create(chosen)
        assert EXPRESS not in app.state, "a check that is taken before the application has no span"
        began = time.monotonic()
        async with AsyncTestClient(app) as client:
            await use(client)
            await asyncio.sleep(1.2)  # by now a first export hangs
            assert (await client.get("/transactions")).status_code == 401
            took = time.monotonic() - began
            began = time.monotonic()
        assert took < 15
        assert time.monotonic() - began < 15
        assert collector.bodies


def test_where_nobody_asks_for_traces_nothing_of_them_is_even_imported() -> None:
    """Red where ``bootstrap.asgi`` imports ``bootstrap.tracing`` at its top. redis-py imports the API by itself."""
    look = "import sys, upi_risk.bootstrap.asgi; print([m for m in sys.modules if 'opentelemetry' in m])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert "upi_risk.adapters.opentelemetry" not in done.stdout
    assert "opentelemetry.sdk.trace" not in done.stdout
    assert "exporter" not in done.stdout


@pytest.mark.parametrize("share", [0.0, 1.0])
async def test_a_share_of_requests_is_traced_whole(settings: Settings, share: float) -> None:
    with collecting() as collector:
        chosen = {"otel_exporter_otlp_endpoint": collector.url, "trace_share": share}
        async with AsyncTestClient(create(msgspec.structs.replace(settings, **chosen))) as client:
            await use(client)
    assert bool(collector.spans()) == (share > 0)
