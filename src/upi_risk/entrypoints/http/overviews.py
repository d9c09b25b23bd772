"""What analysts see beside single payments. The gate has let the caller in, see ``access``."""

from __future__ import annotations

from typing import Final

from litestar import post
from litestar.handlers import HTTPRouteHandler

from upi_risk.domain.masking import masked_upi_id
from upi_risk.domain.payment import upi_id
from upi_risk.entrypoints.http.answers import OK, Answer, answer
from upi_risk.entrypoints.http.body import JsonBody
from upi_risk.entrypoints.http.headers import HttpRequest
from upi_risk.entrypoints.http.operator_schemas import FigureView, ReceiverBody, ReceiverView, ServiceView
from upi_risk.entrypoints.http.operator_views import rules_view
from upi_risk.entrypoints.http.reading import get
from upi_risk.entrypoints.http.use_cases import UseCases


def showing_service(use_cases: UseCases) -> HTTPRouteHandler:
    """``GET /admin/service``."""
    overview = use_cases.overview

    @get("/admin/service")
    async def handler() -> Answer:
        found = await overview()
        return answer(
            ServiceView(
                model_version=found.model_version,
                feature_set=found.feature_set,
                rules_version=found.rules.version if found.rules else None,
                figures_at=found.figures_at,
                figures=[FigureView(name, label, value) for name, label, value in found.figures],
            )
        )

    return handler


def showing_rules(use_cases: UseCases) -> HTTPRouteHandler:
    """``GET /admin/rules``."""
    overview, clock = use_cases.overview, use_cases.clock

    @get("/admin/rules")
    async def handler() -> Answer:
        return answer(rules_view(overview.rules, clock.now()))

    return handler


def looking_at_receiver(use_cases: UseCases) -> HTTPRouteHandler:
    """``POST /admin/receivers``: the receiver is in the body, since a path ends up in logs of others."""
    read, look, clock = JsonBody(ReceiverBody), use_cases.look_at_receiver, use_cases.clock

    @post("/admin/receivers", status_code=OK)
    async def handler(request: HttpRequest) -> Answer:
        body = await read(request)
        found, now = await look(upi_id(body.receiver_upi, "receiver_upi")), clock.now()
        return answer(
            ReceiverView(
                receiver_upi=masked_upi_id(found.upi_id),
                known=found.first_hour is not None or found.report_count > 0,
                reputation=round(found.reputation(now), 4),
                payer_count=found.payer_count,
                report_count=found.report_count,
            )
        )

    return handler


OVERVIEW_ROUTES: Final = (showing_service, showing_rules, looking_at_receiver)
