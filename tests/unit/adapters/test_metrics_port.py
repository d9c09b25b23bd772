"""Who is let in at the port of the metrics."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from upi_risk.adapters.embedded.process import free_port
from upi_risk.adapters.prometheus.server import serving_metrics
from upi_risk.adapters.prometheus.shelf import Shelf

NEW, OLD = "the-new-token-of-the-metrics-port", "the-old-token-of-the-metrics-port"


def asked(client: httpx.Client, path: str = "/metrics", *headers: tuple[str, str]) -> httpx.Response:
    end = time.monotonic() + 60
    while True:
        try:
            return client.get(path, headers=list(headers))
        except httpx.ConnectError:  # it does not listen yet
            assert time.monotonic() < end
            time.sleep(0.02)


def test_a_token_is_asked_for_and_two_are_taken_while_one_changes(tmp_path: Path) -> None:
    port, shelf = free_port(), Shelf(tmp_path)
    shelf.wipe()
    with (
        serving_metrics(shelf, "127.0.0.1", port, tokens=(NEW, OLD)),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
    ):
        for token in (NEW, OLD):
            for scheme in ("Bearer", "bearer"):
                assert asked(client, "/metrics", ("Authorization", f"{scheme} {token}")).status_code == 200
        for headers in (
            [],
            [("Authorization", NEW)],
            [("Authorization", f"Basic {NEW}")],
            [("Authorization", f"Bearer {NEW}x")],
            [("Authorization", "Bearer")],
            [("Authorization", f"Bearer {NEW}"), ("Authorization", f"Bearer {NEW}")],
        ):
            for path in ("/metrics", "/elsewhere", f"/metrics?token={NEW}"):
                refused = asked(client, path, *headers)
                told = refused.json()["type"], refused.headers["www-authenticate"]
                assert (refused.status_code, *told) == (401, "urn:upi-risk:unauthenticated", "Bearer")
        assert asked(client, "/elsewhere", ("Authorization", f"Bearer {NEW}")).json()["status"] == 404


@pytest.mark.parametrize(("path", "status"), [("/metrics", 200), ("/", 404)])
def test_without_a_token_it_is_open(tmp_path: Path, path: str, status: int) -> None:
    port, shelf = free_port(), Shelf(tmp_path)
    shelf.wipe()
    with (
        serving_metrics(shelf, "127.0.0.1", port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
    ):
        assert asked(client, path, ("Authorization", "Basic x")).status_code == status
