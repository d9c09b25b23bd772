"""The ASGI application of the service: a factory, since nothing is opened at import."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from litestar import Litestar

from upi_risk.adapters.prometheus.shelf import Shelf
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.following import Following
from upi_risk.bootstrap.following_rules import FollowingRules
from upi_risk.bootstrap.logging import Logs, configure, described
from upi_risk.bootstrap.metering import Keeping
from upi_risk.bootstrap.one_time_codes import stop_sending
from upi_risk.bootstrap.request_log import RequestLog
from upi_risk.bootstrap.sampling import Sampling
from upi_risk.bootstrap.settings import Settings, SettingsError, read_settings
from upi_risk.domain.errors import ContendedError, OverloadedError, StoreUnavailableError
from upi_risk.entrypoints.http.app import HttpOptions, UseCases, create_app
from upi_risk.entrypoints.http.client_address import ClientAddress
from upi_risk.entrypoints.http.rate_limits import LimitRequests, Limits
from upi_risk.entrypoints.http.use_cases import ProvenUseCases

if TYPE_CHECKING:
    from upi_risk.bootstrap.tracing import Tracing

READY_WITHIN_SECONDS: Final = 1.0

_COLLECT_AFTER: Final = (20_000, 20, 50)
"""Objects, and collections of each generation, after which garbage is looked for; 700, 10 and 10 if nothing is said."""


def create(settings: Settings | None = None) -> Litestar:
    """The application over the real adapters; the model is loaded and proven before it returns.

    Args:
        settings: those of the environment if None.

    Raises:
        SettingsError: something needed is missing or unsafe.
        ModelRejectedError: the model may not serve.
    """
    settings = settings or read_settings()
    settings.require_servers()
    logs = configure(settings.log_level, settings.log_format)
    container = Container(settings=settings)
    container.scorer()
    tracing = _tracing(container, settings)
    use_cases, options = _use_cases(container, settings), _options(container, settings, logs)
    return create_app(use_cases, options) if tracing is None else tracing.application(use_cases, options)


def _tracing(container: Container, settings: Settings) -> Tracing | None:
    """What makes spans; None where nobody asked for any."""
    if not settings.otel_exporter_otlp_endpoint:
        return None
    try:
        from upi_risk.bootstrap.tracing import Tracing  # noqa: PLC0415 - only who names a collector pays for it
    except ModuleNotFoundError as missing:
        message = f"OTEL_EXPORTER_OTLP_ENDPOINT needs the package {missing.name}: install the extra, upi-risk[traces]."
        raise SettingsError(message) from None
    return Tracing(settings, container)


def _use_cases(container: Container, settings: Settings) -> UseCases:
    async def ready() -> Mapping[str, bool]:
        return {"database": await _database_answers(container), "model": container.model_health().healthy}

    return UseCases(
        sign_up=container.sign_up(),
        log_in=container.log_in(),
        refresh=container.refresh(),
        end_sign_ins=container.end_sign_ins(),
        authenticate=container.authenticate(),
        check=container.check(),
        admit=container.check().admit,
        submit=container.check().submit,
        full=container.check().full,
        crowded=container.check().crowded,
        note_shed=container.check().note_shed,
        confirm=container.confirm(),
        report=container.report(),
        look_up=container.look_up(),
        recognise=container.recognise(),
        cases=container.cases(),
        review=container.review(),
        overview=container.overview(),
        look_at_receiver=container.look_at_receiver(),
        list_models=container.list_models(),
        clock=container.clock(),
        identities=container.identities(),
        ready=ready,
        proven=_proven(container, settings),
    )


def _proven(container: Container, settings: Settings) -> ProvenUseCases | None:
    """The ways in by a proof; None in the demo mode."""
    if settings.auth_mode == "demo":
        return None
    return ProvenUseCases(
        sign_up=container.sign_up_by_code(),
        log_in=container.log_in_by_proof(),
        devices=container.devices(),
        address=ClientAddress(settings.proxies, settings.client_address_header),
    )


def _log_failure(request_id: str, error: Exception) -> None:
    log = structlog.get_logger("upi_risk")
    if isinstance(error, StoreUnavailableError | ContendedError | OverloadedError):
        log.warning("refused", request_id=request_id, error=type(error).__name__, because_of=str(error))
    else:
        log.error("failure", request_id=request_id, **described(error))


def _keeping(container: Container, settings: Settings) -> Keeping | None:
    """What puts the totals where ``/metrics`` adds them up; None where nobody asks for them."""
    if not settings.metrics_dir:
        return None
    return Keeping(container.meter(), Shelf(Path(settings.metrics_dir)), Sampling(container))


def _options(container: Container, settings: Settings, logs: Logs) -> HttpOptions:
    request_log = RequestLog(logs, container.meter(), container.batches())
    following = Following(container, settings)
    rules = FollowingRules(container.follow_rules(), settings.rules_poll_seconds)
    subscribers = container.subscribers()

    async def hear_of_subscribers() -> None:
        await subscribers.start(settings.rules_poll_seconds)

    keeping = _keeping(container, settings)

    async def close() -> None:
        await following.stop()
        await rules.stop()
        await subscribers.stop()
        await container.check().drain()
        await container.check_batch().settle()
        await container.note().drain()
        if settings.auth_mode == "otp":
            await stop_sending(container.deliver(), container.sender())
        await container.score_behind().settle()
        request_log.tell()
        if keeping is not None:
            await keeping.stop()
        await container.engine().dispose()
        await container.replica().dispose()
        await container.redis().aclose()
        logs.writer.flush()

    return HttpOptions(
        version=version("upi-risk"),
        log_request=request_log,
        log_failure=_log_failure,
        cors_origins=settings.origins,
        hosts=settings.hosts,
        hsts=settings.sends_hsts,
        docs=settings.docs,
        console=settings.console,
        deadline_seconds=settings.request_deadline_ms / 1000,
        limit=_limit(container, settings),
        on_startup=(
            following.start,
            rules.start,
            hear_of_subscribers,
            *((keeping.start,) if keeping else ()),
            _set_the_start_apart,
        ),
        on_shutdown=(close,),
    )


async def _set_the_start_apart() -> None:
    """Tell the collector of garbage that what is there by now stays, and to look less often at what comes and goes.

    To walk through modules, schemas and the model took it a tenth of a second, several times a minute under load, in
    which no request was answered. What a batch makes is nearly all gone by itself when its answers are; to walk through
    it some 20 times while it is needed lengthened the 99th percentile by a sixth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def _limit(container: Container, settings: Settings) -> LimitRequests | None:
    """What keeps to the limits; None where there are none."""
    address = ClientAddress(settings.proxies, settings.client_address_header)
    limits = Limits(settings.rate_limit_per_minute, settings.sign_ups_per_hour, settings.log_ins_per_hour)
    if settings.auth_mode == "otp":  # its steps are counted apart, by the use cases
        limits = Limits(settings.rate_limit_per_minute, 0, 0)
    if limits == Limits(0, 0, 0):
        return None
    return LimitRequests(container.limiter(), address, limits)


async def _database_answers(container: Container) -> bool:
    """Whether the database takes checks, and says so in time; a probe that hangs is abandoned: cancelling may hang."""
    probe = asyncio.create_task(container.ledger().works())
    probe.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody else may be there to look
    await asyncio.wait({probe}, timeout=READY_WITHIN_SECONDS)
    if not probe.done():
        probe.cancel()
        return False
    return probe.result()
