"""Every refusal has one shape, whatever refused."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import upi_risk.application
import upi_risk.domain
from tests.entrypoints.service import Account, Service, check, problem
from upi_risk.domain import errors as domain
from upi_risk.entrypoints.http import errors
from upi_risk.entrypoints.http.schemas import FieldError


def _family(parent: type[domain.UpiRiskError]) -> Iterator[type[domain.UpiRiskError]]:
    yield parent
    for child in parent.__subclasses__():
        yield from _family(child)


def test_every_error_of_ours_is_in_the_table() -> None:
    for package in (upi_risk.domain, upi_risk.application):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    family = {error for error in _family(domain.UpiRiskError) if error.__module__.startswith("upi_risk.")}
    assert len(family) > 10
    assert family == set(errors.KIND_OF)


def test_an_error_outside_the_table_would_be_seen() -> None:
    class NewError(domain.UpiRiskError):
        pass

    assert NewError in set(_family(domain.UpiRiskError))
    assert errors.kind_of(NewError()) is errors.INTERNAL


def test_types_are_told_apart_by_their_name() -> None:
    assert len({kind.slug for kind in errors.KINDS}) == len(errors.KINDS)
    assert set(errors.KIND_OF.values()) <= set(errors.KINDS)


def test_a_problem_with_every_field_wrong_stays_small() -> None:
    refused = errors.ProblemError(errors.VALIDATION_FAILED, [FieldError("x" * 40, "unknown_field")] * 500)
    assert len(errors.render(refused.kind, "i" * 36, errors.field_errors(refused))) <= 2048


@pytest.mark.parametrize("path", ["/", "/nothing", "/v1", "/v2/signup", "/transactions/1/2/3", "/docs", "/openapi.json",
                                  "/schema", "/signup/extra", "/%00", "/..%2f..%2fetc/passwd", "/health"])  # fmt: skip
async def test_a_path_that_leads_nowhere_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    problem(await client.get(path), 404, "not-found")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get"])
@pytest.mark.parametrize("path", ["/signup", "/v1/check-transaction"])
async def test_a_method_that_a_path_does_not_have_is_refused_with_those_it_has(
    client: httpx.AsyncClient, path: str, method: str
) -> None:
    headers = {"X-HTTP-Method-Override": "POST"}
    answer = await client.request(method, path, headers=headers)
    problem(answer, 405, "method-not-allowed")
    assert set(answer.headers["allow"].split(", ")) == {"POST", "OPTIONS"}


async def test_options_tells_the_methods_of_a_path(client: httpx.AsyncClient) -> None:
    answer = await client.options("/me")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert answer.headers["x-request-id"]


async def test_head_is_answered_by_the_headers_of_get_and_no_body(service: Service, client: httpx.AsyncClient) -> None:
    """Red when routes take GET alone: 405."""
    me = await service.sign_up(client)
    for path, status in (("/me", 200), ("/console", 200), ("/health/live", 200), ("/reviews", 403), ("/nowhere", 404)):
        read, asked = [await client.request(method, path, headers=me.headers) for method in ("GET", "HEAD")]
        assert (asked.status_code, asked.content) == (status, b"")
        assert {**read.headers, "x-request-id": ""} == {**asked.headers, "x-request-id": ""}


async def test_a_large_body_closes_the_connection(client: httpx.AsyncClient) -> None:
    answer = await client.post("/login", content=b" " * 20_000, headers={"Content-Type": "application/json"})
    problem(answer, 413, "payload-too-large")
    assert answer.headers["connection"] == "close"


FAILURES = [
    (domain.StoreUnavailableError("SELECT secret FROM t"), 503, "dependency-unavailable"),
    (domain.ContendedError(), 503, "overloaded"),
    (domain.ModelRejectedError("/srv/model.cbm"), 503, "dependency-unavailable"),
    (domain.UpiRiskError("secret"), 500, "internal"),
    (RuntimeError("secret"), 500, "internal"),
    (KeyError("secret"), 500, "internal"),
    (TimeoutError("secret"), 500, "internal"),
    (RecursionError("secret"), 500, "internal"),
    (UnicodeDecodeError("utf-8", b"secret", 0, 1, "secret"), 500, "internal"),
]


@pytest.mark.parametrize(("error", "status", "slug"), FAILURES)
async def test_a_failure_of_ours_is_told_in_general_words_and_recorded_in_full(
    error: Exception, status: int, slug: str
) -> None:
    async def fail(_: Any) -> Any:  # noqa: ANN401 - stands for any answer
        raise error

    service = Service(replaced={"check": fail})
    async with service.client() as client:
        asha = await service.sign_up(client)
        answer = await check(client, asha)
    body = problem(answer, status, slug)
    assert "secret" not in answer.text
    assert "model.cbm" not in answer.text
    assert service.failures == [(answer.headers["x-request-id"], error)]
    if status == 503:
        assert answer.headers["retry-after"] == "1"
        assert body["fallback_decision"] == "VERIFY"
    else:
        assert "fallback_decision" not in body


async def test_an_answer_that_is_no_refusal_has_the_same_headers(client: httpx.AsyncClient, asha: Account) -> None:
    first, second = await check(client, asha), await client.get("/me", headers=asha.headers)
    for answer in (first, second):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
