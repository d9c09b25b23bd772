"""The documentation says what is so, and asks nobody else for anything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.entrypoints.service import Service, check, methods_of, problem
from upi_risk.entrypoints.http.errors import KINDS
from upi_risk.entrypoints.http.openapi import problems_of
from upi_risk.entrypoints.http.operations import OPERATIONS, Operation
from upi_risk.entrypoints.http.proven_operations import PROVEN_OPERATIONS

UNDOCUMENTED = {"/docs", "/docs/assets/{name:str}", "/openapi.json", "/console", "/console/assets/{name:str}"}


@pytest.fixture
def service() -> Service:
    return Service(docs=True)


@pytest.fixture
async def document(client: httpx.AsyncClient) -> Any:  # noqa: ANN401 - JSON
    return (await client.get("/openapi.json")).json()


async def test_the_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "//" not in page.text
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) == 4
    for link in links:
        assert link.startswith("/docs/assets/")
        asset = await client.get(link)
        assert asset.status_code == 200
        assert asset.headers["x-content-type-options"] == "nosniff"
        if link.endswith(".css"):
            assert all(url.strip("'\" ").startswith("data:") for url in re.findall(r"url\(([^)]*)", asset.text))
            assert "@import" not in asset.text
    start = await client.get("/docs/assets/start.js")
    assert start.headers["content-type"].startswith("text/javascript")
    assert "//" not in start.text


@pytest.mark.parametrize("name", ["index.html", "swagger-initializer.js", "..%2findex.html", "nothing.js", "start"])
async def test_only_the_assets_of_the_page_are_served(client: httpx.AsyncClient, name: str) -> None:
    problem(await client.get(f"/docs/assets/{name}"), 404, "not-found")


async def test_without_documentation_there_is_none() -> None:
    async with Service(docs=False).client() as client:
        for path in ("/docs", "/openapi.json", "/docs/assets/start.js"):
            problem(await client.get(path), 404, "not-found")


def test_every_route_is_documented_and_nothing_else(service: Service) -> None:
    routes = {
        (method.lower(), route.path.replace(":str", ""))
        for route in service.app().routes
        for method in methods_of(route)
        if route.path not in UNDOCUMENTED
    }
    documented = {(operation.method, operation.path) for operation in OPERATIONS}
    assert {(method, path) for method, path in routes if not path.startswith("/v1/")} == documented
    versioned = {(method, path) for method, path in documented if not path.startswith("/health/")}
    assert {(method, path.removeprefix("/v1")) for method, path in routes if path.startswith("/v1/")} == versioned


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
def test_the_examples_are_of_their_schemas(operation: Operation) -> None:
    msgspec.convert(operation.example, operation.answers, strict=False)
    if operation.takes is not None:
        msgspec.json.decode(msgspec.json.encode(operation.sends), type=operation.takes)


def test_every_type_of_problem_is_documented_somewhere() -> None:
    told = {kind.slug for operation in (*OPERATIONS, *PROVEN_OPERATIONS) for kind in problems_of(operation)}
    assert {kind.slug for kind in KINDS} - told == {"method-not-allowed"}


async def test_every_type_of_problem_has_its_example(document: Any) -> None:  # noqa: ANN401 - JSON
    examples = document["components"]["examples"]
    assert {name: held["value"]["type"] for name, held in examples.items()} == {
        kind.slug: f"urn:upi-risk:{kind.slug}" for kind in KINDS
    }
    used = set(re.findall(r"#/components/examples/([a-z-]+)", msgspec.json.encode(document).decode()))
    assert used == set(examples) - {"method-not-allowed", "invalid-otp"}  # no route of the demo mode has the second


async def test_the_document_is_of_a_version_that_the_page_can_show(document: Any) -> None:  # noqa: ANN401 - JSON
    assert document["openapi"] == "3.0.3"
    text = msgspec.json.encode(document).decode()
    for word in ('"anyOf"', '"type":"null"', '"examples":[', '"const"', '"$defs"', "http:/", "https:/"):
        assert word not in text
    references = set(re.findall(r'"\$ref":"#/components/schemas/(\w+)"', text))
    assert references <= set(document["components"]["schemas"])
    names = [told["operationId"] for path in document["paths"].values() for told in path.values()]
    assert len(set(names)) == len(names) == len(OPERATIONS)


async def test_the_document_tells_of_tokens_amounts_and_the_clients_part(document: Any) -> None:  # noqa: ANN401 - JSON
    schemas = document["components"]["schemas"]
    amount = schemas["CheckBody"]["properties"]["amount"]
    assert (amount["type"], amount["maximum"], amount["multipleOf"]) == ("number", 1_000_000, 0.01)
    assert schemas["CheckBody"]["additionalProperties"] is False
    assert schemas["Profile"]["properties"]["last_transaction_at"]["nullable"] is True
    checking = document["paths"]["/check-transaction"]["post"]
    assert checking["security"] == [{"bearer": []}]
    assert document["paths"]["/signup"]["post"]["security"] == []
    statuses = "200 400 401 403 404 408 413 414 415 422 429 431 500 503"
    assert set(checking["responses"]) == set(statuses.split())
    assert "VERIFY" in document["info"]["description"]


async def test_the_documented_request_gets_the_documented_answer(service: Service, client: httpx.AsyncClient) -> None:
    asha = await service.sign_up(client)
    operation = next(held for held in OPERATIONS if held.path == "/check-transaction")
    told = await check(client, asha, receiver=operation.sends["receiver_upi"], amount=operation.sends["amount"])
    assert list(told.json()) == list(operation.example)
    msgspec.json.decode(told.content, type=operation.answers)


def test_the_page_about_the_api_lists_every_route_and_every_type_of_problem() -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    for operation in (*OPERATIONS, *PROVEN_OPERATIONS):
        assert f"`{operation.method.upper()} {operation.path}" in page
    listed = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", page, re.MULTILINE)
    assert sorted(listed) == sorted((kind.slug, str(kind.status)) for kind in KINDS)
