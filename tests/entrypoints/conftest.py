"""A service of one's own for each test."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.entrypoints.service import Account, Service


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with service.client() as client:
        yield client


@pytest.fixture
async def asha(service: Service, client: httpx.AsyncClient) -> Account:
    return await service.sign_up(client)
