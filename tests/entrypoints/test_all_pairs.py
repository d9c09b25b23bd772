"""Fifty users, every route, every pair of them: nobody reads or changes what is another's, or learns that it is there.

The routes come from the table of who may use them: a new one is covered as it is, or fails for want of an example.
"""

from __future__ import annotations

import copy
import json
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import httpx
import pytest
from litestar.types import ASGIApp

from tests.builders import NOON
from tests.entrypoints.service import Account, Service, check, proven_service
from upi_risk.adapters.memory import MemoryDeviceKeys, MemoryHistory
from upi_risk.domain.device_key import DeviceKey
from upi_risk.domain.transaction import Transaction
from upi_risk.entrypoints.http.access import ACCESS
from upi_risk.entrypoints.http.proven_operations import PROVEN_OPERATIONS

USERS: Final = 50
MISSING_ID: Final = "019bc0f1-6d0b-7c3e-9a51-2f4b8d6e7a90"
MISSING_USER: Final = "UID-NOBODYNOBODYNOBODYNO"
ENDING: Final = ("/logout", "/logout-all")
"""They end the caller's own sign-in, and have a test of their own."""

ROUTES: Final = sorted(route for route, access in ACCESS.items() if not access.public and route[1] not in ENDING)
SENDS: Final = {(op.method.upper(), op.path): op.sends for op in PROVEN_OPERATIONS if op.takes}


class Person:
    """A user with a payment to be verified, and what only they may see."""

    def __init__(self, account: Account, number: int, transaction_id: str) -> None:
        self.headers, self.user_id, self.transaction_id = account.headers, account.user_id, transaction_id
        profile = account.profile
        receiver = f"payee{number:03d}x@okbank"
        self.marks = [mark.encode() for mark in (self.user_id, profile["name"], profile["phone"], transaction_id)]
        self.marks.append(receiver.encode())


async def people(service: Service, client: httpx.AsyncClient) -> list[Person]:
    found = []
    for number in range(USERS):
        account = await service.somebody(f"Name{number:03d}X")
        await check(client, account, f"payee{number:03d}x@okbank")
        answer = await check(client, account, "medium@test")
        key = DeviceKey(device_of(account.user_id), account.user_id, bytes([number]) * 32, NOON)
        await MemoryDeviceKeys(service.store).add(key, 5)
        found.append(Person(account, number, answer.json()["transaction_id"]))
    return found


class Answer(NamedTuple):
    """What came back, as it was sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes


async def ask(app: ASGIApp, who: Person, route: tuple[str, str], user_id: str, transaction_id: str) -> Answer:
    """Use a route, naming a user and a payment wherever one can be named."""
    method, path = route
    body: dict[str, Any] | None = SENDS.get(route)
    if body is not None and "user_id" in body:
        body = body | {"user_id": user_id}
    named = path.format_map({"transaction_id": transaction_id, "device_id": device_of(user_id)})
    query = {"user_id": user_id, "transaction_id": transaction_id} if named == path and body is None else None
    content = b"" if body is None else json.dumps(body).encode()
    headers = who.headers | ({"Content-Type": "application/json"} if content else {})
    return await called(app, f"{method} {named}?{urlencode(query or {})}", headers, content)


async def called(app: ASGIApp, request: str, headers: dict[str, str], content: bytes) -> Answer:
    """One request, without the client library: of tens of thousands it would be most of the time."""
    method, _, target = request.partition(" ")
    path, _, query = target.partition("?")
    sent = {**headers, "Host": "upi.test", "Content-Length": str(len(content))}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 1), "server": ("upi.test", 80),
    }  # fmt: skip
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await app(scope, receive, send)  # type: ignore[arg-type]  # ASGI's types, spelt twice
    (start, *bodies) = said
    return Answer(start["status"], start["headers"], b"".join(message.get("body", b"") for message in bodies))


def device_of(user_id: str) -> str:
    return f"dev_{user_id}"


def names_somebody(route: tuple[str, str]) -> bool:
    """Whether a route is told whose thing is meant; others get the caller's own, and must tell nothing else."""
    return "{" in route[1] or "user_id" in (SENDS.get(route) or {})


def told(answer: Answer) -> Answer:
    """All of an answer but for the request's id."""
    (name,) = [value for key, value in answer.headers if key == b"x-request-id"]
    headers = sorted((key, value.replace(name, b"")) for key, value in answer.headers)
    return Answer(answer.status, headers, answer.content.replace(name, b""))


async def foreign_answers(service: Service) -> tuple[int, list[str]]:
    """How many were asked for, and what was wrong with which."""
    wrong: list[str] = []
    app = service.app()
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # ASGI's types, spelt twice
    async with httpx.AsyncClient(transport=transport, base_url="http://upi.test") as client:
        everybody = await people(service, client)
        before = (service.saved(), copy.deepcopy(service.store.device_keys))
        asked = 0
        for who in everybody:
            for route in ROUTES:
                missing = told(await ask(app, who, route, MISSING_USER, MISSING_ID))
                for other in everybody:
                    if other is who:
                        continue
                    answer = await ask(app, who, route, other.user_id, other.transaction_id)
                    asked += 1
                    if names_somebody(route) and told(answer) != missing:
                        wrong.append(f"{route}: not as if there were none")
                    if any(mark in answer.content for mark in other.marks):
                        wrong.append(f"{route}: something of another's")
        if (service.saved(), service.store.device_keys) != before:
            wrong.append("something was changed")
    return asked, wrong


async def test_nobody_reads_or_changes_what_is_anothers() -> None:
    """Red where LookUp finds a payment by its id alone, see below."""
    asked, wrong = await foreign_answers(proven_service())
    assert wrong == []
    assert asked == USERS * (USERS - 1) * len(ROUTES)


async def test_the_pairs_would_show_a_reader_that_does_not_ask_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async def anybodys(self: MemoryHistory, _user_id: str, transaction_id: str) -> Transaction | None:
        held = (mine.get(transaction_id) for mine in self._store.transactions.values())
        return next(filter(None, held), None)

    monkeypatch.setattr(MemoryHistory, "transaction", anybodys)
    monkeypatch.setattr("tests.entrypoints.test_all_pairs.USERS", 2)
    _, wrong = await foreign_answers(proven_service())
    assert any("/transactions/{transaction_id}" in line and "something of another's" in line for line in wrong)


async def test_everybody_gets_what_is_their_own() -> None:
    """Else the pairs would prove nothing."""
    service = proven_service()
    async with service.client() as client:
        for who in (await people(service, client))[:5]:
            own = await client.get(f"/transactions/{who.transaction_id}", headers=who.headers)
            assert own.status_code == 200
            assert (await client.get("/me", headers=who.headers)).json()["user_id"] == who.user_id
            for end in ("confirm", "report"):
                done = await client.post(f"/transactions/{who.transaction_id}/{end}", headers=who.headers)
                assert done.status_code == 200, done.text


@pytest.mark.parametrize("path", ENDING)
async def test_signing_out_ends_nobody_elses_sign_in(path: str) -> None:
    service = proven_service()
    async with service.client() as client:
        everybody = await people(service, client)
        for number, who in enumerate(everybody):
            assert (await client.post(path, headers=who.headers)).status_code == 200
            ended = [(await client.get("/me", headers=each.headers)).status_code for each in everybody[number:][:3]]
            assert ended == [401, 200, 200][: len(ended)]
