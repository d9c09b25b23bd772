"""What every way to a phone promises; see upi_risk.domain.account_ports.CodeSender."""

from __future__ import annotations

import asyncio
import re
import time
import traceback
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from tests.gateway import Gateway, gateway
from upi_risk.adapters.console.code_sender import ConsoleCodeSender
from upi_risk.adapters.httpx.code_sender import GatewayCodeSender
from upi_risk.adapters.memory import MemoryCodeSender
from upi_risk.domain.account_ports import CodeSender
from upi_risk.domain.challenge import Purpose
from upi_risk.domain.errors import CodeNotSentError
from upi_risk.domain.payment import Phone

PHONE = Phone("+919876543210")
TOKEN = "a-token-of-the-gateway"


@dataclass
class Way:
    """A way to a phone, and the codes that came out at its end."""

    sender: CodeSender
    arrived: Callable[[], list[str]]
    break_it: Callable[[], None]


@pytest.fixture
async def remote() -> AsyncIterator[Gateway]:
    async with gateway() as made:
        yield made


@pytest.fixture
async def sender(remote: Gateway) -> AsyncIterator[GatewayCodeSender]:
    made = GatewayCodeSender(remote.url, TOKEN, timeout_seconds=5, pause_seconds=0)
    yield made
    await made.close()


@pytest.fixture(params=["memory", "console", "gateway"])
async def way(request: pytest.FixtureRequest, remote: Gateway, sender: GatewayCodeSender) -> Way:
    if request.param == "memory":
        memory = MemoryCodeSender()
        return Way(memory, lambda: [code for _, code, _ in memory.sent], lambda: setattr(memory, "broken", True))
    if request.param == "console":
        lines: list[str] = []
        console = ConsoleCodeSender(lines.append)

        def broken(_text: str) -> None:
            raise BrokenPipeError

        return Way(
            console,
            lambda: [re.findall(r"\d{6}", line)[-1] for line in lines],
            lambda: setattr(console, "_write", broken),
        )
    return Way(
        sender,
        lambda: [message["code"] for message in remote.messages],
        lambda: remote.statuses.extend([500, 500]),
    )


async def test_a_code_arrives_digit_by_digit(way: Way) -> None:
    for code in ("042137", "000000"):
        await way.sender.send(PHONE, code, Purpose.LOG_IN)
    assert way.arrived() == ["042137", "000000"]


async def test_a_code_that_may_not_have_arrived_is_told_without_it_or_the_phone(way: Way) -> None:
    way.break_it()
    code = "042137"
    with pytest.raises(CodeNotSentError) as failed:
        await way.sender.send(PHONE, code, Purpose.LOG_IN)
    told = "".join(traceback.format_exception(failed.value))
    assert code not in told
    assert PHONE not in told


async def test_the_console_shows_the_end_of_the_phone_alone() -> None:
    lines: list[str] = []
    await ConsoleCodeSender(lines.append).send(PHONE, "042137", Purpose.SIGN_UP)
    assert lines == ["Code to sign up for the phone …3210: 042137\n"]


async def test_the_gateway_is_told_who_asks_and_what_to_say(remote: Gateway, sender: GatewayCodeSender) -> None:
    await sender.send(PHONE, "042137", Purpose.LOG_IN)
    (message,), (head,) = remote.messages, remote.heads
    assert head["authorization"] == f"Bearer {TOKEN}"
    assert head["content-type"] == "application/json"
    assert re.fullmatch(r"[0-9a-f]{32}", head["idempotency-key"])
    assert message == {
        "to": PHONE,
        "text": "042137 is your code to log in at UPI Risk, for 5 minutes. Never tell it to anybody.",
        "code": "042137",
        "purpose": "log in",
        "expires_in": 300,
    }


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_what_may_pass_is_tried_once_more_under_the_same_key(
    remote: Gateway, sender: GatewayCodeSender, status: int
) -> None:
    remote.statuses = [status]
    await sender.send(PHONE, "042137", Purpose.LOG_IN)
    assert len(remote.messages) == 2
    assert remote.heads[0]["idempotency-key"] == remote.heads[1]["idempotency-key"]
    remote.statuses = [status, status]
    with pytest.raises(CodeNotSentError, match=str(status)):
        await sender.send(PHONE, "042137", Purpose.LOG_IN)
    assert len(remote.messages) == 4


@pytest.mark.parametrize("status", [302, 400, 401, 404])
async def test_what_will_not_pass_is_not_tried_again_and_nowhere_else(
    remote: Gateway, sender: GatewayCodeSender, status: int
) -> None:
    remote.statuses = [status]
    with pytest.raises(CodeNotSentError, match=str(status)):
        await sender.send(PHONE, "042137", Purpose.LOG_IN)
    assert len(remote.messages) == 1


async def test_a_gateway_that_is_slow_is_given_up_in_time(remote: Gateway) -> None:
    """Removed: the time-out; the call hung."""
    sender = GatewayCodeSender(remote.url, TOKEN, timeout_seconds=0.2, pause_seconds=0)
    remote.silent = 2
    began = time.monotonic()
    with pytest.raises(CodeNotSentError, match="did not answer"):
        await asyncio.wait_for(sender.send(PHONE, "042137", Purpose.LOG_IN), 20)
    assert time.monotonic() - began < 10
    assert len(remote.messages) == 2
    await sender.close()


async def test_a_gateway_that_never_ends_its_answer_is_not_listened_to(
    remote: Gateway, sender: GatewayCodeSender
) -> None:
    """Removed: the bound to what is read; the call ran into its time-out."""
    remote.endless = True
    await sender.send(PHONE, "042137", Purpose.LOG_IN)
    assert len(remote.messages) == 1


async def test_a_gateway_that_is_away_is_told() -> None:
    sender = GatewayCodeSender("http://127.0.0.1:1/x", TOKEN, timeout_seconds=5, pause_seconds=0)
    with pytest.raises(CodeNotSentError, match="ConnectError"):
        await sender.send(PHONE, "042137", Purpose.LOG_IN)
    await sender.close()


async def test_no_proxy_of_the_environment_gets_to_see_a_code(
    remote: Gateway, sender: GatewayCodeSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Removed: ``trust_env=False``; the code went to the proxy."""
    async with gateway() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        asked = GatewayCodeSender(remote.url, TOKEN, timeout_seconds=5)
        await asked.send(PHONE, "042137", Purpose.LOG_IN)
        await asked.close()
        assert (len(remote.messages), len(proxy.messages)) == (1, 0)
