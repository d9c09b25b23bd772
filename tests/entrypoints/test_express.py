"""Plain checks take a shorter way; whatever is sent, the answer is the one that the ordinary way gives."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn

from tests.entrypoints.service import PATIENT, Account, Service
from upi_risk.adapters.memory import MemoryRateLimiter
from upi_risk.application.patience import Patience
from upi_risk.bootstrap.commands.serve import server_options
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.errors import OverloadedError, StoreUnavailableError
from upi_risk.domain.history import Snapshot, Wanted
from upi_risk.domain.transaction import Transaction
from upi_risk.entrypoints.http import express
from upi_risk.entrypoints.http.client_address import ClientAddress
from upi_risk.entrypoints.http.express import EXPRESS
from upi_risk.entrypoints.http.express_protocol import ExpressProtocol
from upi_risk.entrypoints.http.rate_limits import LimitRequests, Limits
from upi_risk.entrypoints.http.schemas import CheckAnswer
from upi_risk.entrypoints.http.slow import cut
from upi_risk.entrypoints.http.views import check_answer

NAMES = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
DATES = re.compile(rb"date: [^\r]*")


class Spy:
    """The application's express, which counts what it takes."""

    def __init__(self, express: Any) -> None:  # noqa: ANN401 - as the protocol finds it
        self.express = express
        self.paths = express.paths
        self.full = express.full
        self.turned_away, self.whole_check, self.read_plain = (
            express.turned_away,
            express.whole_check,
            express.read_plain,
        )
        self.taken = 0

    def take(self, *args: Any) -> bool:  # noqa: ANN401 - passed on
        took = self.express.take(*args)
        self.taken += took
        return bool(took)


@dataclass(slots=True)
class Way:
    """A server, somebody who may ask it, and what it took the short way."""

    port: int
    service: Service
    asha: Account
    other: Account
    spy: Spy | None

    def asking(self, path: str = "/check-transaction", **changed: Any) -> bytes:  # noqa: ANN401 - any value
        """A request by Asha; ``body`` is merged, ``headers`` replace or, when None, remove."""
        body = {"user_id": self.asha.user_id, "receiver_upi": "shop@okbank", "amount": 500} | changed.get("body", {})
        raw = changed.get("raw") or json.dumps(body).encode()
        headers: dict[str, str | None] = {
            "Host": "upi.test",
            "Content-Type": "application/json",
            "Content-Length": str(len(raw)),
            **self.asha.headers,
            **changed.get("headers", {}),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
        lines += changed.get("more", "")
        return (
            f"{changed.get('method', 'POST')} {path} HTTP/{changed.get('version', '1.1')}\r\n{lines}\r\n".encode() + raw
        )

    async def answer(self, *parts: bytes, answers: int = 1) -> list[bytes]:
        """Whole answers to what is sent in parts."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        found = []
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.02 if len(parts) > 1 else 0)
        for _ in range(answers):
            try:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            except asyncio.IncompleteReadError:
                break
            if b" 100 Continue" in head:
                found.append(head)
                continue
            size = re.search(rb"content-length: (\d+)", head)
            found.append(head + await reader.readexactly(int(size[1]) if size else 0))
        writer.close()
        return [DATES.sub(b"date", NAMES.sub(b"ID", one)) for one in found]


@asynccontextmanager
async def way(service: Service, *, short: bool, **options: int) -> AsyncIterator[Way]:
    app = service.app()
    spy = None
    if short:
        spy = app.state[EXPRESS] = Spy(app.state[EXPRESS])
    else:
        del app.state[EXPRESS]
    server = uvicorn.Server(uvicorn.Config(app, **server_options(Settings()) | options))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
            await asyncio.sleep(0.01)
        asha, other = await service.somebody(), await service.somebody("Vikram")
        yield Way(listener.getsockname()[1], service, asha, other, spy)
        server.should_exit = True
        await running


@asynccontextmanager
async def both(**fields: Any) -> AsyncIterator[tuple[Way, Way]]:  # noqa: ANN401 - of the service
    async with AsyncExitStack() as stack:
        yield (
            await stack.enter_async_context(way(Service(**fields), short=True)),
            await stack.enter_async_context(way(Service(**fields), short=False)),
        )


PLAIN: Mapping[str, dict[str, Any]] = {
    "as an app sends it": {},
    "with more headers": {"headers": {"User-Agent": "app/1", "Accept": "*/*", "Accept-Encoding": "gzip"}},
    "a large amount": {"body": {"amount": 99_999.99}},
    "of a trace": {"headers": {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}},
    "of a trace, with blanks": {"headers": {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01  "}},
    "with a key": {"headers": {"Idempotency-Key": "a-key"}},
    "the same key again": {"headers": {"Idempotency-Key": "a-key"}},
    "the key for another payment": {"headers": {"Idempotency-Key": "a-key"}, "body": {"amount": 7}},
    "with a key in the body": {"body": {"transaction_id": "mine"}},
    "no such token": {"headers": {"Authorization": "Bearer upa_nobody"}},
    "of a user who is nobody": {"body": {"user_id": "UID-NOBODY"}},
    "through a proxy": {"headers": {"X-Forwarded-For": "10.0.0.1"}},
}
OTHERS: Mapping[str, dict[str, Any]] = {
    "another content type": {"headers": {"Content-Type": "text/plain"}},
    "a charset": {"headers": {"Content-Type": "application/json; charset=utf-8"}},
    "no content type": {"headers": {"Content-Type": None}},
    "no token": {"headers": {"Authorization": None}},
    "another scheme": {"headers": {"Authorization": "Basic YTpi"}},
    "no host": {"headers": {"Host": None}},
    "another host": {"headers": {"Host": "elsewhere.test"}},
    "no JSON": {"raw": b"{"},
    "two of a name": {"raw": b'{"user_id":"a","user_id":"b","receiver_upi":"aa@bank","amount":1}'},
    "no body": {"raw": b" ", "headers": {"Content-Length": "0"}},
    "nothing paid": {"body": {"amount": 0}},
    "no such receiver": {"body": {"receiver_upi": "nobody"}},
    "a key that is none": {"headers": {"Idempotency-Key": "a key"}},
    "a large body": {"raw": b'{"user_id":"' + b"a" * 17_000 + b'"}'},
    "large headers": {"headers": {"Cookie": "a" * 17_000}},
    "the connection to be closed": {"headers": {"Connection": "close"}},
    "the connection to be kept": {"headers": {"Connection": "keep-alive"}},
    "a page": {"headers": {"Origin": "https://page.test"}},
    "HTTP/1.0": {"version": "1.0"},
    "another method": {"method": "PUT"},
    "a header twice": {"more": "X-A: 1\r\nX-A: 2\r\n"},
    "two tokens": {"more": "Authorization: Bearer upa_other\r\n"},
    "a query": {"path": "/check-transaction?a=1"},
    "a slash too much": {"path": "/check-transaction/"},
    "another version": {"path": "/v1/check-transaction", "headers": {"TE": "trailers"}},
}  # fmt: skip


async def test_every_answer_is_the_same_to_the_byte_on_either_way() -> None:
    """Red when the short way leaves out the host, the size or the one header of two."""
    async with both(hosts=("upi.test",)) as ways:
        for number, (name, changed) in enumerate({**PLAIN, **OTHERS}.items()):
            short, long = [await one.answer(one.asking(**changed)) for one in ways]
            assert short, name
            assert short == long, name
            spy = ways[0].spy
            assert spy is not None
            assert spy.taken == min(number + 1, len(PLAIN)), name
        for one in ways:
            assert {record.route for record in one.service.records} >= {"/check-transaction"}
        told = [
            [
                (record.method, record.route, record.status, record.trace_id == "ab" * 16)
                for record in one.service.records
            ]
            for one in ways
        ]
        assert told[0] == told[1]
        saved = [sorted(one.service.store.transactions[one.asha.user_id]) for one in ways]
        assert len(saved[0]) == len(saved[1]) > 5


async def test_requests_in_pieces_and_in_a_row_are_answered_in_their_order() -> None:
    """Red when a check is taken while another is under way on its connection."""
    async with both() as ways:
        told = []
        for one in ways:
            plain = one.asking()
            odd = one.asking(headers={"TE": "trailers"}, body={"amount": 0})
            sent = [
                ([plain[:30], plain[30:]], 1),
                ([plain[:-5], plain[-5:]], 1),
                ([plain[:-80], plain[-80:-5], plain[-5:]], 1),
                ([plain * 3], 3),
                ([plain + odd + plain], 3),
                ([odd + plain + odd], 3),
                ([plain + b"garbage\r\n\r\n"], 2),
                ([plain[:-5], b"x" * 5, plain], 2),
            ]
            said = [await one.answer(*parts, answers=answers) for parts, answers in sent]
            assert [len(one) for one in said] == [answers for _, answers in sent]
            told.append(said)
        assert told[0] == told[1]


async def test_half_a_request_after_whole_ones_is_refused_after_their_answers() -> None:
    """Red when the end of what is sent lets the answer before the refusal close the connection."""
    async with both() as ways:
        for one in ways:
            reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
            writer.write(one.asking() * 20 + one.asking()[:50])
            writer.write_eof()
            said = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            assert [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", said)] == [200] * 20 + [400]


async def test_limits_count_both_ways_together() -> None:
    """Red when the short way asks nothing of the limiter."""
    service = Service()
    service.limit = LimitRequests(MemoryRateLimiter(service.clock), ClientAddress(), Limits(3, 0, 0))
    async with way(service, short=True) as one:
        plain, odd = one.asking(), one.asking(headers={"TE": "trailers"})
        said = [(await one.answer(sent))[0] for sent in (plain, odd, plain, plain, odd)]
        assert [answer[9:12] for answer in said] == [b"200", b"200", b"200", b"429", b"429"]
        assert said[3] == said[4]
        assert b'ratelimit-policy: "minute";q=3;w=60' in said[3]


async def hanging(*_: object, **__: object) -> Any:  # noqa: ANN401 - never anything
    await asyncio.sleep(60)


async def failing(*_: object, **__: object) -> Any:  # noqa: ANN401 - never anything
    raise StoreUnavailableError


async def test_what_fails_is_refused_alike() -> None:
    """Red when a refusal of the short way leaves out a header, or logs nothing; so it is for one that is turned away.

    What is turned away unread leaves its line as a request, and none as a failure.
    """
    for load, patience in (
        (hanging, Patience(deadline_seconds=0.2, waiting_seconds=60)),
        (hanging, Patience(deadline_seconds=0.6, waiting_seconds=60, most_waiting=1)),
        (failing, PATIENT),
    ):
        told = []
        async with both(patience=patience) as ways:
            for one in ways:
                one.service.house.ledger.load = load  # type: ignore[union-attr, method-assign]
                sent = []
                for _ in range(3):
                    sent.append(asyncio.create_task(one.answer(one.asking())))
                    await asyncio.sleep(0.1)
                said = [answer for (answer,) in await asyncio.gather(*sent)]
                kinds = [type(error) for _, error in one.service.failures if not isinstance(error, OverloadedError)]
                told.append((said, kinds))
        assert told[0] == told[1]
        assert {answer[9:12] for answer in told[0][0]} == {b"503"}


async def test_an_answer_that_cannot_be_written_does_not_keep_the_others_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Red when what goes wrong with one answer is raised into its batch."""
    async with way(Service(), short=True) as one:
        written = check_answer
        turns = iter([True, False])

        def write(transaction: Transaction) -> CheckAnswer:
            if next(turns):
                raise RuntimeError
            return written(transaction)

        monkeypatch.setattr(express, "check_answer", write)
        (first,), (second,) = await asyncio.gather(one.answer(one.asking()), one.answer(one.asking()))
        assert sorted([first[9:12], second[9:12]]) == [b"200", b"500"]
        assert [type(error) for _, error in one.service.failures] == [RuntimeError]


async def test_a_caller_who_hung_up_is_written_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when it is not looked whether anybody is still there."""
    written: list[bytes] = []
    monkeypatch.setattr(ExpressProtocol, "write", lambda _self, said, **_: written.append(said))
    async with way(Service(patience=Patience(0.3, 60)), short=True) as one:
        one.service.house.ledger.load = hanging  # type: ignore[union-attr, method-assign]
        _, writer = await asyncio.open_connection("127.0.0.1", one.port)
        writer.write(one.asking())
        await asyncio.sleep(0.1)
        cut(writer.transport)
        await asyncio.sleep(0.5)
        assert [record.status for record in one.service.records] == [503]
    assert not written


async def test_an_idle_connection_is_closed_and_one_that_waits_for_an_answer_is_not() -> None:
    """Red when the timer of the first idle time closes it, and when it closes it during a check."""
    async with way(Service(patience=PATIENT), short=True, timeout_keep_alive=1) as one:
        load = one.service.house.ledger.load  # type: ignore[union-attr]

        async def slowly(wanted: Sequence[Wanted]) -> Snapshot:
            await asyncio.sleep(1.5)
            return await load(wanted)

        reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
        for receiver, pause in (("aa@bank", 0.6), ("aa@bank", 0.6), ("bb@bank", 0.6), ("bb@bank", 0)):
            if receiver == "bb@bank":
                one.service.house.ledger.load = slowly  # type: ignore[union-attr, method-assign]
            writer.write(one.asking(body={"receiver_upi": receiver}))
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
            assert head.startswith(b"HTTP/1.1 200")
            await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
            await asyncio.sleep(pause)
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()


async def test_the_last_answer_before_a_server_ends_says_so() -> None:
    """Red when every answer has the same last lines."""
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(way(Service(), short=True))
        load = one.service.house.ledger.load  # type: ignore[union-attr]

        async def slowly(wanted: Sequence[Wanted]) -> Snapshot:
            await asyncio.sleep(0.5)
            return await load(wanted)

        one.service.house.ledger.load = slowly  # type: ignore[union-attr, method-assign]
        asked = asyncio.create_task(one.answer(one.asking()))
        await asyncio.sleep(0.1)
        ending = asyncio.create_task(stack.aclose())
        (said,) = await asked
        await ending
        assert said.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nconnection: close\r\n" in said


async def test_who_is_refused_by_the_head_alone_is_not_kept_waiting_for_a_body() -> None:
    """Red when a head that is held back stays so at the end of what was read."""
    async with both() as ways:
        headers = {"Authorization": None, "Content-Length": "90"}
        short, long = [await one.answer(one.asking(headers=headers, raw=b" ")) for one in ways]
        assert short == long
        assert short[0].startswith(b"HTTP/1.1 401")
