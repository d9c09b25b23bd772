"""Whether a service with these settings would let somebody in who should not get in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from upi_risk.bootstrap.secret_faults import (
    fault_of_data_keys,
    fault_of_file,
    fault_of_gateway,
    fault_of_placeholder,
    fault_of_secret,
    fault_of_transport,
    is_loopback,
)

if TYPE_CHECKING:
    from upi_risk.bootstrap.settings import Settings


def fault_of_serving(settings: Settings, env_file: Path) -> str | None:
    """A sentence that says what to do; None if it may serve.

    Args:
        settings: what it would serve with.
        env_file: the file that secrets may be in.
    """
    faults = _demo(settings) if settings.auth_mode == "demo" else _secrets(settings, env_file)
    return next(filter(None, (*_limits(settings), *faults, *_metrics(settings), *_data(settings))), None)


def fault_of_ways(settings: Settings) -> str | None:
    """A sentence that says which server must not be reached like that; None if each may, by a command or by serving."""
    if settings.app_env != "production" or not settings.require_tls:
        return None
    urls = {
        "DATABASE_URL": settings.database_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
        "DATABASE_REPLICA_URL": settings.database_replica_url,
        "REDIS_URL": settings.redis_url,
    }
    return next(filter(None, (fault_of_transport(name, url) for name, url in urls.items())), None)


def _metrics(settings: Settings) -> Iterator[str | None]:
    if settings.metrics_port and not is_loopback(settings.metrics_host) and not settings.metrics_token:
        yield (
            f"METRICS_HOST={settings.metrics_host} is no loopback address: set METRICS_TOKEN, which Prometheus sends, "
            "or METRICS_PORT=0."
        )
    yield fault_of_secret("METRICS_TOKEN", settings.metrics_token)
    yield fault_of_secret("METRICS_TOKEN_PREVIOUS", settings.metrics_token_previous)


def _limits(settings: Settings) -> Iterator[str]:
    given = {
        "RATE_LIMIT_PER_MINUTE": settings.rate_limit_per_minute,
        "SIGNUP_LIMIT_PER_HOUR": settings.signup_limit_per_hour,
        "LOGIN_LIMIT_PER_HOUR": settings.login_limit_per_hour,
        "GUESS_LIMIT_PER_HOUR": settings.guess_limit_per_hour,
        "CODE_LIMIT_PER_TEN_MINUTES": settings.code_limit_per_ten_minutes,
    }
    if settings.app_env == "production" and 0 in given.values():
        names = ", ".join(name for name, limit in given.items() if limit == 0)
        yield f"APP_ENV=production needs limits: {names} must be at least 1."


def _demo(settings: Settings) -> Iterator[str]:
    if settings.app_env == "production":
        yield "APP_ENV=production needs AUTH_MODE=otp, which proves the phone; the demo mode is for development."
    if not is_loopback(settings.host):
        yield (
            f"HOST={settings.host} is no loopback address: the demo mode signs anybody in by a phone number alone, "
            "so it serves this machine only; use HOST=127.0.0.1, or AUTH_MODE=otp."
        )


def _data(settings: Settings) -> Iterator[str | None]:
    yield fault_of_data_keys(settings, needed=settings.app_env == "production")
    yield fault_of_ways(settings)


def _secrets(settings: Settings, env_file: Path) -> Iterator[str | None]:
    production, http = settings.app_env == "production", settings.otp_sender == "http"
    yield fault_of_secret("OTP_PEPPER", settings.otp_pepper, needed=production)
    yield fault_of_secret("OTP_PEPPER_PREVIOUS", settings.otp_pepper_previous)
    yield fault_of_secret("OTP_GATEWAY_TOKEN", settings.otp_gateway_token, needed=http, least=16)
    if http:
        yield fault_of_gateway(settings.otp_gateway_url, safe=production)
    if production:
        if not http:
            yield "APP_ENV=production does not write codes on a terminal: set OTP_SENDER=http."
        yield fault_of_placeholder("DATABASE_URL", settings.database_url)
        yield fault_of_placeholder("REDIS_URL", settings.redis_url)
        yield fault_of_file(env_file)
