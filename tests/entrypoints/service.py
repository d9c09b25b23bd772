"""The HTTP application over memory, and a client that speaks to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from litestar import Litestar
from litestar.routes import BaseRoute

from tests.houses import MemoryHouse
from tests.proving import ProvenHouse
from upi_risk.adapters.memory import ManualClock, MemoryStore
from upi_risk.application.check_for_callers import Asked, CheckForCallers
from upi_risk.application.coalesce import Coalesce
from upi_risk.application.list_models import Listed
from upi_risk.application.patience import Patience
from upi_risk.domain.transaction import Transaction
from upi_risk.entrypoints.http.app import HttpOptions, RequestRecord, UseCases, create_app
from upi_risk.entrypoints.http.client_address import ClientAddress
from upi_risk.entrypoints.http.rate_limits import LimitRequests
from upi_risk.entrypoints.http.use_cases import ProvenUseCases

Json = dict[str, Any]

PATIENT = Patience(deadline_seconds=60, waiting_seconds=60)
"""Tests of what is answered do not depend on how fast the machine is."""


@dataclass(slots=True)
class Account:
    """Somebody who signed up, and the headers they send."""

    profile: Json

    @property
    def user_id(self) -> str:
        return str(self.profile["user_id"])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.profile['access_token']}"}


@dataclass(slots=True)
class Service:
    """Everything of one application; what a test changes before :meth:`client` is in force."""

    house: MemoryHouse = field(default_factory=MemoryHouse)
    checks: Mapping[str, bool] = field(default_factory=lambda: {"store": True, "model": True})
    records: list[RequestRecord] = field(default_factory=list)
    failures: list[tuple[str, Exception]] = field(default_factory=list)
    cors_origins: Sequence[str] = ()
    hosts: Sequence[str] | None = None
    hsts: bool = False
    docs: bool = False
    console: bool = True
    limit: LimitRequests | None = None
    patience: Patience = PATIENT
    deadline_seconds: float = 60.0
    proven: ProvenHouse | None = None
    replaced: dict[str, Any] = field(default_factory=dict)
    models: Sequence[Listed] = ()
    phones: int = 9_000_000_000

    @property
    def store(self) -> MemoryStore:
        return self.house.store

    @property
    def clock(self) -> ManualClock:
        return self.house.clock

    def use_cases(self) -> UseCases:
        house = self.house
        limiter = None if self.limit is None else self.limit.limiter
        check = CheckForCallers(house.authenticate, house.check, limiter, house.services)
        coalesce = Coalesce[Asked, Transaction](check, self.patience)
        made = UseCases(
            sign_up=house.sign_up,
            log_in=house.log_in,
            refresh=house.refresh,
            end_sign_ins=house.end_sign_ins,
            authenticate=house.authenticate,
            check=coalesce,
            admit=coalesce.admit,
            submit=coalesce.submit,
            full=coalesce.full,
            crowded=coalesce.crowded,
            note_shed=coalesce.note_shed,
            confirm=house.confirm,
            report=house.report_by_payer,
            look_up=house.look_up,
            recognise=house.recognise,
            cases=house.cases,
            review=house.review,
            overview=house.overview,
            look_at_receiver=house.look_at_receiver,
            list_models=lambda: self.models,
            clock=house.clock,
            identities=house.identities,
            ready=self.ready,
            proven=self._proven(),
        )
        return replace(made, **self.replaced)

    def _proven(self) -> ProvenUseCases | None:
        held = self.proven
        return None if held is None else ProvenUseCases(held.sign_up, held.log_in, held.devices, ClientAddress())

    async def ready(self) -> Mapping[str, bool]:
        return self.checks

    def app(self) -> Litestar:
        options = HttpOptions(
            version="0.0.0-test",
            log_request=self.records.append,
            log_failure=lambda request_id, error: self.failures.append((request_id, error)),
            cors_origins=self.cors_origins,
            hosts=self.hosts,
            hsts=self.hsts,
            docs=self.docs,
            console=self.console,
            limit=self.limit,
            deadline_seconds=self.deadline_seconds,
        )
        return create_app(self.use_cases(), options)

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app())  # type: ignore[arg-type]  # ASGI's types, spelt twice
        return httpx.AsyncClient(transport=transport, base_url="http://upi.test")

    def saved(self) -> Json:
        """All that is stored but for tokens, to compare."""
        return {
            "users": dict(self.store.users),
            "transactions": {user: dict(held) for user, held in self.store.transactions.items()},
            "receivers": dict(self.store.receivers),
            "reports": list(self.store.reports),
        }

    async def somebody(self, name: str = "Asha Rao") -> Account:
        """Somebody new, in either mode."""
        self.phones += 1
        user, tokens = await self.house.sign_up(name, str(self.phones))
        told = {"user_id": user.user_id, "name": user.name, "phone": user.phone, "access_token": tokens.access}
        return Account(told)

    async def sign_up(self, client: httpx.AsyncClient, name: str = "Asha Rao") -> Account:
        """Somebody new."""
        self.phones += 1
        answer = await client.post("/signup", json={"name": name, "phone": str(self.phones)})
        assert answer.status_code == 201, answer.text
        return Account(answer.json())


def proven_service(**fields: Any) -> Service:  # noqa: ANN401 - a keyword may be any field
    """The mode that has every route."""
    house = MemoryHouse()
    return Service(house=house, proven=ProvenHouse(house=house), **fields)


async def check(  # noqa: PLR0913 - each says what a test is about
    client: httpx.AsyncClient,
    account: Account,
    receiver: str = "shop@okbank",
    amount: float = 500,
    *,
    key: str | None = None,
    extra: Json | None = None,
) -> httpx.Response:
    """Ask about a payment of one's own; ``key`` is sent as the Idempotency-Key, ``extra`` in the body."""
    headers = account.headers | ({"Idempotency-Key": key} if key else {})
    body = {"user_id": account.user_id, "receiver_upi": receiver, "amount": amount} | (extra or {})
    return await client.post("/check-transaction", json=body, headers=headers)


def methods_of(route: BaseRoute) -> set[str]:
    """The methods of a route but HEAD, which goes with GET; the one in plain ASGI, which tells none, is a POST."""
    return set(getattr(route, "methods", ())) - {"OPTIONS", "HEAD"} or {"POST"}


def problem(answer: httpx.Response, status: int, slug: str) -> Json:
    """The body of a refusal, after what holds for every one of them was checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.content) <= 2048
    body: Json = answer.json()
    assert body["type"] == f"urn:upi-risk:{slug}"
    assert body["status"] == status
    assert body["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    assert set(body) <= {"type", "title", "status", "detail", "instance", "errors", "fallback_decision", "checks"}
    return body
