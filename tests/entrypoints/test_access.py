"""Who may use which route: the table is whole, and it is kept to."""

from __future__ import annotations

import httpx
import pytest
from litestar import get

from tests.entrypoints.service import Service, methods_of, problem, proven_service
from upi_risk.domain.access import Access, Role, Scope
from upi_risk.entrypoints.http.access import ACCESS, access_to
from upi_risk.entrypoints.http.answers import Answer
from upi_risk.entrypoints.http.operations import OPERATIONS
from upi_risk.entrypoints.http.operators import OPERATOR_ROUTES
from upi_risk.entrypoints.http.proven_operations import PROVEN_OPERATIONS
from upi_risk.entrypoints.http.use_cases import UseCases

ID = "019bc0f1-6d0b-7c3e-9a51-2f4b8d6e7a90"
APP = "upi_risk.entrypoints.http.app"
LET_IN = {200, 201, 403, 404, 422}
"""What a route says of itself to somebody it lets in, with nothing sent and nothing stored; 403 of a check alone."""


def test_every_route_is_classified_and_the_table_has_no_other() -> None:
    def routes(service: Service) -> set[tuple[str, str]]:
        return {
            (method, route.path_format.removeprefix("/v1"))
            for route in service.app().routes
            for method in methods_of(route)
        }

    assert routes(proven_service(docs=True)) == set(ACCESS)
    assert routes(Service(docs=True)) < set(ACCESS)


def test_the_documentation_says_public_of_what_is() -> None:
    for operation in (*OPERATIONS, *PROVEN_OPERATIONS):
        assert access_to(operation.method.upper(), operation.path).public is operation.public, operation.path


def test_every_route_is_open_to_somebody_and_public_to_everybody_or_nobody() -> None:
    for route, access in ACCESS.items():
        assert access != Access(), route
        assert not (access.public and (access.payer or access.roles or access.scope)), route


def test_a_route_that_nobody_classified_keeps_the_service_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red without ``require_classified`` in ``create_app``."""

    def forgotten(_: UseCases) -> object:
        @get("/forgotten")
        async def handler() -> Answer:
            raise AssertionError

        return handler

    monkeypatch.setattr(f"{APP}.OPERATOR_ROUTES", (*OPERATOR_ROUTES, forgotten))
    with pytest.raises(RuntimeError, match="GET /forgotten"):
        Service().app()


async def test_a_route_that_slipped_in_is_open_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red without the guard on the application."""

    def forgotten(_: UseCases) -> object:
        @get("/forgotten")
        async def handler() -> Answer:
            raise AssertionError

        return handler

    monkeypatch.setattr(f"{APP}.OPERATOR_ROUTES", (*OPERATOR_ROUTES, forgotten))
    monkeypatch.setattr(f"{APP}.require_classified", lambda routes: None)
    service = Service()
    async with service.client() as client:
        admin = await with_role(service, Role.ADMIN)
        problem(await client.get("/forgotten"), 401, "unauthenticated")
        problem(await client.get("/forgotten", headers=admin), 403, "forbidden")


async def with_role(service: Service, role: Role) -> dict[str, str]:
    account = await service.somebody()
    if role is not Role.PAYER:
        await service.house.set_role("operator:test", account.user_id, role)
    return account.headers


async def with_scope(service: Service, scope: Scope) -> dict[str, str]:
    _, secret = await service.house.manage_keys.create("operator:test", scope.value, [scope])
    return {"Authorization": f"Bearer {secret}"}


def expected(access: Access, who: Role | Scope | None) -> int | None:
    """The status of a refusal; None for somebody who is let in."""
    if access.public:
        return None
    if who is None:
        return 401
    may = access.payer or who in access.roles if isinstance(who, Role) else access.scope is who
    return None if may else 403


@pytest.mark.parametrize("who", [None, *Role, *Scope], ids=str)
async def test_each_route_lets_in_whom_the_table_names_and_nobody_else(who: Role | Scope | None) -> None:
    """Red for every operator's route without the guard on the application."""
    service, walked = proven_service(docs=True), 0
    async with service.client() as client:
        headers: dict[str, str] = {}
        if isinstance(who, Role):
            headers = await with_role(service, who)
        elif who is not None:
            headers = await with_scope(service, who)
        for (method, path), access in sorted(ACCESS.items(), key=lambda item: "logout" in item[0][1]):
            wanted = path.format(transaction_id=ID, name="start.js", device_id="dev_x")
            for prefix in ("", "/v1") if not path.startswith(("/health", "/docs", "/openapi")) else ("",):
                answer = await client.request(method, prefix + wanted, headers=headers)
                refused = expected(access, who)
                if refused is not None:
                    problem(answer, refused, {401: "unauthenticated", 403: "forbidden"}[refused])
                elif "logout" not in path:  # the second one has nothing left to end
                    assert answer.status_code in LET_IN | {415}, (method, path, answer.text)
                    assert (answer.status_code == 403) is False, (method, path)
                walked += 1
    assert walked > 30


async def test_an_analyst_is_no_admin_and_an_admin_no_analyst(service: Service, client: httpx.AsyncClient) -> None:
    analyst, admin = [await with_role(service, role) for role in (Role.ANALYST, Role.ADMIN)]
    assert (await client.get("/reviews", headers=analyst)).status_code == 200
    problem(await client.get("/admin/models", headers=analyst), 403, "forbidden")
    assert (await client.get("/admin/models", headers=admin)).status_code == 200
    problem(await client.get("/reviews", headers=admin), 403, "forbidden")


async def test_a_role_is_heeded_from_the_moment_it_changes(service: Service, client: httpx.AsyncClient) -> None:
    account = await service.sign_up(client)
    problem(await client.get("/reviews", headers=account.headers), 403, "forbidden")
    await service.house.set_role("operator:test", account.profile["phone"], Role.ANALYST)
    assert (await client.get("/reviews", headers=account.headers)).status_code == 200
    await service.house.set_role("operator:test", account.user_id, Role.PAYER)
    problem(await client.get("/reviews", headers=account.headers), 403, "forbidden")


async def test_a_key_for_checks_checks_for_any_payer(service: Service, client: httpx.AsyncClient) -> None:
    asha, ravi = [await service.sign_up(client) for _ in range(2)]
    headers = await with_scope(service, Scope.CHECK)
    for payer in (asha, ravi):
        body = {"user_id": payer.user_id, "receiver_upi": "shop@okbank", "amount": 5}
        answer = await client.post("/check-transaction", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        own = await client.get(f"/transactions/{answer.json()['transaction_id']}", headers=payer.headers)
        assert own.status_code == 200
    nobody = {"user_id": "UID-NOBODY", "receiver_upi": "shop@okbank", "amount": 5}
    problem(await client.post("/check-transaction", json=nobody, headers=headers), 404, "not-found")
    problem(await client.post("/check-transaction", json=nobody | {"amount": -1}, headers=headers), 422,
            "validation-failed")  # fmt: skip


async def test_a_key_for_something_else_checks_for_nobody(service: Service, client: httpx.AsyncClient) -> None:
    """Red where ``may_check`` asks for no scope."""
    asha = await service.sign_up(client)
    headers = await with_scope(service, Scope.READ)
    body = {"user_id": asha.user_id, "receiver_upi": "shop@okbank", "amount": 5}
    before = service.saved()
    for sent in (body, body | {"amount": -1}, body | {"user_id": ""}):
        problem(await client.post("/check-transaction", json=sent, headers=headers), 403, "forbidden")
    assert service.saved() == before


async def test_a_revoked_key_opens_nothing_at_once(service: Service, client: httpx.AsyncClient) -> None:
    asha = await service.sign_up(client)
    key, secret = await service.house.manage_keys.create("operator:test", "switch", list(Scope))
    headers = {"Authorization": f"Bearer {secret}"}
    body = {"user_id": asha.user_id, "receiver_upi": "shop@okbank", "amount": 5}
    assert (await client.get("/reviews", headers=headers)).status_code == 200
    assert await service.house.manage_keys.revoke("operator:test", key.key_id)
    problem(await client.get("/reviews", headers=headers), 401, "unauthenticated")
    problem(await client.post("/check-transaction", json=body, headers=headers), 401, "unauthenticated")
    problem(await client.post("/check-transaction", json={}, headers=headers), 401, "unauthenticated")


async def test_a_key_that_was_never_made_opens_nothing(client: httpx.AsyncClient) -> None:
    headers = {"Authorization": "Bearer upk_" + "a" * 43}
    problem(await client.get("/reviews", headers=headers), 401, "unauthenticated")
