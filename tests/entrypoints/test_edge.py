"""The outermost layer, spoken to in ASGI's own messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx
import msgspec
import pytest

from tests.entrypoints.service import Account, Service, check
from upi_risk.domain.errors import OverloadedError
from upi_risk.entrypoints.http.edge import Edge, EdgeOptions
from upi_risk.entrypoints.http.record import RequestRecord

Message = dict[str, Any]


def scope(path: str = "/signup", method: str = "POST", headers: Iterable[tuple[bytes, bytes]] = ()) -> Message:
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "server": ("upi.test", 80),
        "client": ("127.0.0.1", 1), "state": {},
        "headers": [(b"host", b"upi.test"), (b"content-type", b"application/json"), *headers],
    }  # fmt: skip


async def talk(app: Any, asked: Message, *messages: Message) -> tuple[list[Message], int]:  # noqa: ANN401 - any ASGI app
    """What is answered, and how many messages were read for it."""
    waiting = list(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(asked, receive, send)
    return sent, len(messages) - len(waiting)


def chunk(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_may_come_in_pieces(service: Service) -> None:
    body = b'{"name": "Gopal", "phone": "9876543210"}'
    pieces = [chunk(body[at : at + 1]) for at in range(len(body))]
    sent, _ = await talk(service.app(), scope(), *pieces, chunk(b"", more=False))
    assert sent[0]["status"] == 201


async def test_an_outcome_may_be_told_without_a_length(
    service: Service, client: httpx.AsyncClient, asha: Account
) -> None:
    path = (await check(client, asha, receiver="medium@test")).headers["location"] + "/confirm"
    token = (b"authorization", asha.headers["Authorization"].encode())
    sent, _ = await talk(service.app(), scope(path, headers=[token]), chunk(b'{"confirmed": false}', more=False))
    assert sent[0]["status"] == 200
    assert msgspec.json.decode(sent[1]["body"])["status"] == "CANCELLED"


async def test_reading_stops_at_the_limit_when_no_length_is_told(service: Service) -> None:
    sent, read = await talk(service.app(), scope(), *[chunk(b" " * 4096)] * 100)
    assert (sent[0]["status"], read) == (413, 5)


@pytest.mark.parametrize("length", [b"16385", b"99999999999999999999", b"-1", b"1e3", b"0x10", "²".encode("latin-1")])
async def test_nothing_is_read_of_a_body_that_announces_too_much(service: Service, length: bytes) -> None:
    sent, read = await talk(service.app(), scope(headers=[(b"content-length", length)]), *[chunk(b" ")] * 5)
    assert (sent[0]["status"], read) == (413, 0)


async def test_a_caller_who_hangs_up_gets_no_answer_and_leaves_no_failure(service: Service) -> None:
    sent, _ = await talk(service.app(), scope(), chunk(b'{"name"'), {"type": "http.disconnect"})
    assert sent == []
    assert service.failures == []
    assert [record.status for record in service.records] == [499]
    assert service.store.users == {}


async def test_the_log_gets_one_record_a_request_with_nothing_personal(
    service: Service, client: httpx.AsyncClient, asha: Account
) -> None:
    told = await check(client, asha)
    path = told.headers["location"]
    shown = await client.get(f"{path}?secret=9876543210", headers=asha.headers)
    missing = await client.get("/nobody/9876543210")
    odd = await client.request("SECRET", "/me")
    assert [(record.method, record.route, record.status) for record in service.records] == [
        ("POST", "/signup", 201),
        ("POST", "/check-transaction", 200),
        ("GET", "/transactions/{transaction_id}", 200),
        ("GET", "unmatched", 404),
        ("OTHER", "unmatched", 405),
    ]
    ids = [answer.headers["x-request-id"] for answer in (told, shown, missing, odd)]
    assert [record.request_id for record in service.records[1:]] == ids
    assert all(0 < record.duration_ms < 60_000 for record in service.records)


class Around:
    """An edge around an application that a test makes up."""

    def __init__(self, app: Any, seconds: float = 60) -> None:  # noqa: ANN401 - any ASGI app
        self.records: list[RequestRecord] = []
        self.failures: list[tuple[str, Exception]] = []
        options = EdgeOptions(
            lambda: "id-1", self.records.append, lambda *failure: self.failures.append(failure), seconds
        )
        self.edge = Edge(app, options)


async def test_a_plain_route_is_called_directly_whoever_asks() -> None:
    asked: list[str] = []

    def answering(name: str) -> Any:  # noqa: ANN401 - an ASGI app
        async def app(_: object, __: object, send: Any) -> None:  # noqa: ANN401 - ASGI's send
            asked.append(name)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        return app

    records: list[RequestRecord] = []
    direct = {"/signup": answering("direct")}
    edge = Edge(answering("whole"), EdgeOptions(lambda: "id-1", records.append, lambda *_: None, 60), direct)
    await talk(edge, scope())
    await talk(edge, scope(headers=[(b"origin", b"https://app.example.com")]))
    await talk(edge, scope("/login"))
    assert asked == ["direct", "direct", "whole"]
    assert records[0].route == "/signup"


async def test_a_failure_outside_every_route_is_a_problem_too() -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret")

    around = Around(broken)
    sent, _ = await talk(around.edge, scope())
    assert sent[0]["status"] == 500
    assert (b"content-type", b"application/problem+json; charset=utf-8") in sent[0]["headers"]
    assert (b"x-request-id", b"id-1") in sent[0]["headers"]
    assert msgspec.json.decode(sent[1]["body"])["type"] == "urn:upi-risk:internal"
    assert [(request_id, str(error)) for request_id, error in around.failures] == [("id-1", "secret")]
    assert [record.status for record in around.records] == [500]


async def test_half_an_answer_is_broken_off() -> None:
    async def breaking(_: object, __: object, send: Any) -> None:  # noqa: ANN401 - ASGI's send
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("secret")

    around = Around(breaking)
    with pytest.raises(RuntimeError):
        await talk(around.edge, scope())
    assert len(around.failures) == 1


@pytest.mark.parametrize(
    ("status", "slug"),
    [(400, "invalid-http"), (418, "invalid-http"), (404, "not-found"), (500, "internal"), (503, "overloaded")],
)
async def test_a_refusal_in_any_other_shape_is_replaced(status: int, slug: str) -> None:
    async def plain(_: object, __: object, send: Any) -> None:  # noqa: ANN401 - ASGI's send
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"secret", "more_body": True})
        await send({"type": "http.response.body", "body": b"secret", "more_body": False})

    sent, _ = await talk(Around(plain).edge, scope())
    assert len(sent) == 2
    assert msgspec.json.decode(sent[1]["body"])["type"] == f"urn:upi-risk:{slug}"


async def test_what_is_not_http_is_passed_through(service: Service) -> None:
    asked = scope("/nowhere") | {"type": "websocket", "subprotocols": []}
    sent, _ = await talk(service.app(), asked, {"type": "websocket.connect"})
    assert [message["type"] for message in sent] == ["websocket.close"]
    assert service.records == []


async def test_a_limiter_that_is_overloaded_is_no_internal_error() -> None:
    async def limit(_: object) -> None:
        raise OverloadedError

    async def never(*_: object) -> None:
        raise AssertionError

    options = EdgeOptions(lambda: "id-1", lambda _: None, lambda *_: None, 60, limit)
    sent, _ = await talk(Edge(never, options), scope())
    assert sent[0]["status"] == 503
    assert msgspec.json.decode(sent[1]["body"])["type"] == "urn:upi-risk:overloaded"
