"""The list of attacks, read from the files in ``corpus``.

A case is ``send`` (raw requests) or ``to`` (names of routes) with what differs from a request that would be served. In
all texts ``<<token>>`` and the like stand for what the run knows, ``<<x*100>>`` for a repetition, ``<<hex:ff00>>`` for
bytes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "corpus"
FILES = tuple(sorted(path.stem for path in CORPUS.glob("*.toml")))
_HELD = re.compile(r"<<(?:hex:([0-9a-f]+)|((?:(?!>>).)+?)\*(\d+)|(\w+))>>", re.DOTALL)
_KEYS = {
    "id", "what", "send", "to", "method", "query", "body", "fields", "headers", "without", "expect", "closes", "errors",
    "shows", "hides", "twice", "ends",
}  # fmt: skip

ROUTES: dict[str, tuple[str, str, dict[str, str]]] = {
    "signup": ("POST", "/signup", {"name": '"Asha Rao"', "phone": '"<<phone>>"'}),
    "login": ("POST", "/login", {"phone": '"<<own_phone>>"'}),
    "check": (
        "POST", "/check-transaction",
        {"user_id": '"<<user_id>>"', "receiver_upi": '"shop@okbank"', "amount": "500"},
    ),
    "refresh": ("POST", "/token/refresh", {"refresh_token": '"<<refresh>>"'}),
    "confirm": ("POST", "/transactions/<<transaction>>/confirm", {"confirmed": "true"}),
    "report": ("POST", "/transactions/<<transaction>>/report", {}),
    "logout": ("POST", "/logout", {}),
    "me": ("GET", "/me", {}),
    "list": ("GET", "/transactions", {}),
    "show": ("GET", "/transactions/<<transaction>>", {}),
    "sessions": ("GET", "/sessions", {}),
    "live": ("GET", "/health/live", {}),
}  # fmt: skip
"""Method, path and the JSON text of each field of a request that is served."""

OPEN = frozenset({"signup", "login", "refresh", "live"})
"""Routes that take no token."""


@dataclass(frozen=True, slots=True)
class Case:
    """One attack.

    Attributes:
        name: unique, ``A1 signup``.
        what: in words.
        sent: the bytes, still with what stands for something.
        method: of the request.
        expect: status and type of each answer, in order.
        closes: whether the server closes the connection; else it has to serve another request.
        errors: ``field:code`` of each fault that is told, if that matters.
        shows: headers of the last answer, with their values; an empty one means that there is any.
        hides: headers that no answer has.
        twice: whether the same is sent again on another connection, and answered alike but for the request's id.
        ends: whether the caller says that nothing more comes, and still reads.
    """

    name: str
    what: str
    sent: str
    method: str
    expect: tuple[str, ...]
    closes: bool
    errors: tuple[str, ...] | None
    shows: Mapping[str, str]
    hides: tuple[str, ...]
    twice: bool
    ends: bool


def cases(file: str) -> list[Case]:
    """All of one file, one for each route."""
    told = tomllib.loads((CORPUS / f"{file}.toml").read_text(encoding="utf-8"))
    found = [case for entry in told["case"] for case in _cases(entry)]
    names = [case.name for case in found]
    if len(set(names)) != len(names):
        raise ValueError(f"{file}: a name occurs twice: {[name for name in names if names.count(name) > 1]}")
    return found


def honest() -> list[Case]:
    """A request for each route that is served, and that ends no sign-in."""
    routes = [route for route in ROUTES if route not in {"logout", "refresh"}]
    return list(_cases({"id": "honest", "what": "served", "to": routes, "expect": "200"}))


def filled(text: str, known: Mapping[str, str]) -> bytes:
    """What a text stands for."""
    parts: list[bytes] = []
    at = 0
    for held in _HELD.finditer(text):
        parts.append(text[at : held.start()].encode())
        data, repeated, times, name = held.groups()
        if data:
            parts.append(bytes.fromhex(data))
        elif repeated:
            parts.append(filled(repeated, known) * int(times))
        else:
            parts.append(known[name].encode())
        at = held.end()
    return b"".join([*parts, text[at:].encode()])


def _cases(entry: dict[str, Any]) -> Iterator[Case]:
    if entry.keys() - _KEYS or not {"id", "what", "expect"} <= entry.keys():
        raise ValueError(f"A case is not as it must be: {entry}")
    expect = entry["expect"]
    for route in entry.get("to", [""]):
        method, sent = _request(route, entry) if route else (entry.get("method", ""), entry["send"])
        yield Case(
            name=f"{entry['id']} {route}".strip(),
            what=entry["what"],
            sent=sent,
            method=method,
            expect=tuple([expect] if isinstance(expect, str) else expect),
            closes=entry.get("closes", False),
            errors=tuple(entry["errors"]) if "errors" in entry else None,
            shows=entry.get("shows", {}),
            hides=tuple(entry.get("hides", ())),
            twice=entry.get("twice", False),
            ends=entry.get("ends", False),
        )


def _request(route: str, entry: dict[str, Any]) -> tuple[str, str]:
    method, path, fields = ROUTES[route]
    method = entry.get("method", method)
    headers = {"Host": "localhost", "Accept": "*/*"}
    if route not in OPEN:
        headers["Authorization"] = "Bearer <<token>>"
    body: str | None = entry.get("body")
    if body is None and method != "GET" and route in ROUTES and ROUTES[route][0] != "GET":
        members = {**fields, **entry.get("fields", {})}
        body = "{" + ", ".join(f'"{name}": {value}' for name, value in members.items() if value) + "}"
    if body is not None:
        headers |= {"Content-Type": "application/json", "Content-Length": "<<length>>"}
    headers = {name: value for name, value in headers.items() if name not in entry.get("without", ())}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, **entry.get("headers", {})}.items())
    return method, f"{method} {path}{entry.get('query', '')} HTTP/1.1\r\n{lines}\r\n{body or ''}"
