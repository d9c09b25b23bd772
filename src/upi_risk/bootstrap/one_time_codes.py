"""One-time codes as the settings have them."""

from __future__ import annotations

import secrets
from typing import Final

import click
import structlog

from upi_risk.adapters.console.code_sender import ConsoleCodeSender
from upi_risk.adapters.httpx.code_sender import GatewayCodeSender
from upi_risk.application.deliver_codes import DeliverCodes, Outcome, Told
from upi_risk.application.throttle import Quotas
from upi_risk.bootstrap.logging import described
from upi_risk.bootstrap.metering import Meter
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.challenge import Peppers
from upi_risk.domain.errors import CodeNotSentError

STOP_SECONDS: Final = 5.0
"""How long codes may still be sent when the service ends."""


def peppers(settings: Settings) -> Peppers:
    """The secrets of digests; outside of production one may be drawn, and codes under way end with the service."""
    return Peppers(settings.otp_pepper or secrets.token_urlsafe(32), settings.otp_pepper_previous or None)


def quotas(settings: Settings) -> Quotas:
    """How many are let in."""
    return Quotas(
        settings.sign_ups_per_hour,
        settings.log_ins_per_hour,
        settings.guess_limit_per_hour,
        settings.code_limit_per_ten_minutes,
    )


def code_sender(settings: Settings) -> ConsoleCodeSender | GatewayCodeSender:
    """The way to phones."""
    if settings.otp_sender == "console":
        return ConsoleCodeSender(_write)
    timeout = settings.otp_gateway_timeout_ms / 1000
    return GatewayCodeSender(settings.otp_gateway_url, settings.otp_gateway_token, timeout_seconds=timeout)


async def stop_sending(deliver: DeliverCodes, sender: ConsoleCodeSender | GatewayCodeSender) -> None:
    """Send what is under way, for a while, and close what it is sent by."""
    await deliver.stop(STOP_SECONDS)
    if isinstance(sender, GatewayCodeSender):
        await sender.close()


def telling(meter: Meter) -> Told:
    """What counts each code, and logs those that were not sent; neither knows phone or code."""

    def told(outcome: Outcome, error: BaseException | None) -> None:
        meter.code(outcome.value)
        log = structlog.get_logger("upi_risk")
        if isinstance(error, CodeNotSentError):  # its text is ours
            log.warning("code not sent", because_of=str(error))
        elif error is not None:
            log.error("code not sent", **described(error))
        elif outcome is Outcome.DROPPED:
            log.warning("code not sent", because_of="too many wait")

    return told


def _write(text: str) -> None:
    click.echo(text, nl=False)
