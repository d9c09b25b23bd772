"""Sign-up, sign-in and one's own profile."""

from __future__ import annotations

from litestar import post
from litestar.handlers import HTTPRouteHandler

from upi_risk.entrypoints.http.answers import CREATED, OK, Answer, answer
from upi_risk.entrypoints.http.body import JsonBody
from upi_risk.entrypoints.http.guards import SignedInUser
from upi_risk.entrypoints.http.headers import HttpRequest
from upi_risk.entrypoints.http.reading import get
from upi_risk.entrypoints.http.schemas import LogInBody, SignUpBody
from upi_risk.entrypoints.http.use_cases import UseCases
from upi_risk.entrypoints.http.views import profile, signed_in


def signing_up(use_cases: UseCases) -> HTTPRouteHandler:
    """``POST /signup``."""
    read, clock, sign_up = JsonBody(SignUpBody), use_cases.clock, use_cases.sign_up

    @post("/signup", status_code=CREATED)
    async def handler(request: HttpRequest) -> Answer:
        body = await read(request)
        user, tokens = await sign_up(body.name, body.phone)
        return answer(signed_in(user, tokens, clock.now()), CREATED)

    return handler


def logging_in(use_cases: UseCases) -> HTTPRouteHandler:
    """``POST /login``."""
    read, clock, log_in = JsonBody(LogInBody), use_cases.clock, use_cases.log_in

    @post("/login", status_code=OK)
    async def handler(request: HttpRequest) -> Answer:
        body = await read(request)
        user, tokens = await log_in(body.phone)
        return answer(signed_in(user, tokens, clock.now()))

    return handler


def own_profile(use_cases: UseCases) -> HTTPRouteHandler:
    """``GET /me``."""
    caller, clock, look_up = SignedInUser(use_cases.authenticate), use_cases.clock, use_cases.look_up

    @get("/me")
    async def handler(request: HttpRequest) -> Answer:
        user = await look_up.profile(await caller(request))
        return answer(profile(user, clock.now()))

    return handler
