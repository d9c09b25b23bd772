"""The whole service with a model that has stopped working."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from litestar.testing import AsyncTestClient

from upi_risk.adapters.catboost.scorer import CatBoostScorer
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.features import Vector
from upi_risk.domain.model import Scored


async def test_payments_are_verified_by_rules_and_readiness_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncTestClient(create(settings)) as client:
        profile = (await client.post("/signup", json={"name": "Asha Rao", "phone": "9876543210"})).json()

        def broken(self: CatBoostScorer, vectors: Sequence[Vector]) -> list[Scored]:
            raise RuntimeError("out of order")

        monkeypatch.setattr(CatBoostScorer, "score", broken)
        body = {"user_id": profile["user_id"], "receiver_upi": "shop@okbank", "amount": 100}
        headers = {"Authorization": f"Bearer {profile['access_token']}"}
        for _ in range(3):
            assert (await client.get("/health/ready")).status_code == 200
            answer = await client.post("/check-transaction", json=body, headers=headers)
            assert (answer.status_code, answer.json()["decision"]) == (200, "VERIFY"), answer.text
            assert answer.json()["confidence"] == 0.5
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["checks"]["model"]) == (503, False)
