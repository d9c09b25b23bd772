"""Prolonging, seeing and ending one's own sign-ins."""

from __future__ import annotations

from typing import Final

from litestar import post
from litestar.handlers import HTTPRouteHandler

from upi_risk.entrypoints.http.answers import OK, Answer, answer
from upi_risk.entrypoints.http.body import JsonBody
from upi_risk.entrypoints.http.guards import bearer_token
from upi_risk.entrypoints.http.headers import HttpRequest
from upi_risk.entrypoints.http.reading import get
from upi_risk.entrypoints.http.schemas import RefreshBody, ReportBody, SignedOut
from upi_risk.entrypoints.http.use_cases import UseCases
from upi_risk.entrypoints.http.views import new_tokens, sign_in_list


def refreshing(use_cases: UseCases) -> HTTPRouteHandler:
    """``POST /token/refresh``."""
    read, refresh = JsonBody(RefreshBody), use_cases.refresh

    @post("/token/refresh", status_code=OK)
    async def handler(request: HttpRequest) -> Answer:
        body = await read(request)
        return answer(new_tokens(await refresh(body.refresh_token)))

    return handler


def logging_out(use_cases: UseCases) -> HTTPRouteHandler:
    """``POST /logout``."""
    end = use_cases.end_sign_ins
    read = JsonBody(ReportBody, if_empty=ReportBody())

    @post("/logout", status_code=OK)
    async def handler(request: HttpRequest) -> Answer:
        token = bearer_token(request.scope)
        await read(request)
        await end.this(token)
        return answer(SignedOut("session"))

    return handler


def logging_out_everywhere(use_cases: UseCases) -> HTTPRouteHandler:
    """``POST /logout-all``."""
    end = use_cases.end_sign_ins
    read = JsonBody(ReportBody, if_empty=ReportBody())

    @post("/logout-all", status_code=OK)
    async def handler(request: HttpRequest) -> Answer:
        token = bearer_token(request.scope)
        await read(request)
        await end.everywhere(token)
        return answer(SignedOut("all"))

    return handler


def listing_sign_ins(use_cases: UseCases) -> HTTPRouteHandler:
    """``GET /sessions``."""
    end = use_cases.end_sign_ins

    @get("/sessions")
    async def handler(request: HttpRequest) -> Answer:
        own, families = await end.listed(bearer_token(request.scope))
        return answer(sign_in_list(own, families))

    return handler


SIGN_IN_ROUTES: Final = (refreshing, logging_out, logging_out_everywhere, listing_sign_ins)
