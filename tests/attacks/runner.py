"""Sends the attacks, and tells what is not answered as it must be."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.attacks.cases import Case, filled
from tests.attacks.wire import Answer, Connection

LARGEST_REFUSAL = 2_048
_LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
_REFUSED = 400
_EVERYWHERE = ("x-request-id", "x-content-type-options")


def call(address: tuple[str, int], method: str, path: str, body: Any = None, token: str = "") -> Answer:  # noqa: ANN401
    """An honest request on a connection of its own."""
    sent = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(sent)}"]
    lines += ["Content-Type: application/json"] if body is not None else []
    lines += [f"Authorization: Bearer {token}"] if token else []
    connection = Connection(address)
    try:
        connection.send("\r\n".join([*lines, "", ""]).encode() + sent)
        answer = connection.answer()
        assert answer is not None
        return answer
    finally:
        connection.close()


@dataclass(slots=True)
class Run:
    """One run against one server.

    Attributes:
        address: of the server.
        count: how many rows it has stored; compared before and after each attack that is refused.
        known: what stands for what in the texts.
    """

    address: tuple[str, int]
    count: Callable[[], int] = lambda: 0
    first_phone: int = 9_000_000_000
    known: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Sign three people up, and let each ask about a payment; sign-ins are of the third: they end older ones."""
        for prefix in ("", "other_", "spare_"):
            phone = self._phone()
            me = json.loads(call(self.address, "POST", "/signup", {"name": "Asha Rao", "phone": phone}).body)
            payment = {"user_id": me["user_id"], "receiver_upi": "medium@test", "amount": 100}
            told = json.loads(call(self.address, "POST", "/check-transaction", payment, me["access_token"]).body)
            self.known |= {
                prefix + "user_id": me["user_id"], prefix + "token": me["access_token"],
                prefix + "refresh": me["refresh_token"], prefix + "transaction": told["transaction_id"],
                prefix + "own_phone": phone,
            }  # fmt: skip
        self.known["own_phone"] = self.known["spare_own_phone"]

    def faults(self, case: Case) -> list[str]:
        """What is wrong with the answers to an attack; nothing if they are as they must be."""
        sent = self.filled(case)
        before = self.count()
        answers, found = self._exchange(case, sent)
        told = tuple(answer.told for answer in answers)
        if told != case.expect:
            found.append(f"answers {list(told)}, not {list(case.expect)}")
        for answer in answers:
            found += _shape(answer, case)
        if case.errors is not None and answers and answers[-1].body:
            errors = tuple(f"{each['field']}:{each['code']}" for each in answers[-1].problem.get("errors", ()))
            if errors != case.errors:
                found.append(f"tells {list(errors)}, not {list(case.errors)}")
        if all(answer.status >= _REFUSED for answer in answers) and self.count() != before:
            found.append("something was stored")
        if case.twice:
            again, more = self._exchange(case, sent)
            found += more
            if [_alike(answer) for answer in answers] != [_alike(answer) for answer in again]:
                found.append("is answered in another way the second time")
        return [f"{case.name} ({case.what}): {fault}" for fault in found]

    def _exchange(self, case: Case, sent: bytes) -> tuple[list[Answer], list[str]]:
        connection = Connection(self.address)
        answers: list[Answer] = []
        try:
            connection.send(sent)
            if case.ends:
                connection.end()
            for _ in case.expect:
                answer = connection.answer(case.method)
                if answer is None:
                    return answers, ["the connection was closed before the answer"]
                answers.append(answer)
            if case.closes:
                return answers, [] if connection.ended() else ["more came than was expected"]
            connection.send(_LIVE)
            after = connection.answer()
        except (TimeoutError, ValueError, KeyError, IndexError) as error:
            return answers, [f"{type(error).__name__} while reading, after {[answer.told for answer in answers]}"]
        else:
            in_step = after is not None and (after.status, after.kind) == (200, "")
            return answers, [] if in_step else ["the connection serves no further request"]
        finally:
            connection.close()

    def filled(self, case: Case) -> bytes:
        """The bytes of an attack, with a phone that nobody had before."""
        known = {**self.known, "phone": self._phone()}
        if "<<length>>" not in case.sent:
            return filled(case.sent, known)
        head, _, body = case.sent.partition("\r\n\r\n")
        data = filled(body, known)
        return filled(head, {**known, "length": str(len(data))}) + b"\r\n\r\n" + data

    def _phone(self) -> str:
        self.first_phone += 1
        return str(self.first_phone)


def _alike(answer: Answer) -> tuple[int, Mapping[str, str], bytes]:
    own = {"date", "x-request-id"}
    request_id = answer.headers.get("x-request-id", "-").encode()
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    return answer.status, headers, answer.body.replace(request_id, b"")


def _shape(answer: Answer, case: Case) -> list[str]:
    """What holds for every answer, and above all for every refusal."""
    found = [f"has no {name}" for name in _EVERYWHERE if name not in answer.headers]
    found += [f"has {name}" for name in (*case.hides, "server", "x-powered-by") if name in answer.headers]
    for name, value in case.shows.items():
        if answer.headers.get(name.lower()) != value and not (not value and name.lower() in answer.headers):
            found.append(f"{name} is {answer.headers.get(name.lower())!r}, not {value!r}")
    return found if answer.status < _REFUSED else found + _refusal_shape(answer)


def _refusal_shape(answer: Answer) -> list[str]:
    found = []
    if answer.headers.get("content-type") != "application/problem+json; charset=utf-8":
        found.append(f"is {answer.headers.get('content-type')}")
    if answer.headers.get("cache-control") != "no-store":
        found.append("may be stored")
    if len(answer.body) > LARGEST_REFUSAL:
        found.append(f"has {len(answer.body)} bytes")
    if answer.body:
        instance = f"urn:request:{answer.headers.get('x-request-id')}"
        if (answer.problem.get("status"), answer.problem.get("instance")) != (answer.status, instance):
            found.append("tells another status or request id")
    needed = {401: "www-authenticate", 405: "allow", 429: "retry-after", 503: "retry-after"}.get(answer.status)
    return found if needed is None or needed in answer.headers else [*found, f"has no {needed}"]
