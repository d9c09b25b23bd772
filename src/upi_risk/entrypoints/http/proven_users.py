"""Sign-up and sign-in where the phone has to be proven, in two steps of one route."""

from __future__ import annotations

from typing import Final

from litestar import post
from litestar.handlers import HTTPRouteHandler

from upi_risk.application.devices import NewDevice
from upi_risk.application.proven_ways_in import Answered
from upi_risk.domain.challenge import LASTS, RESEND_AFTER, Way
from upi_risk.domain.errors import InvalidInputError
from upi_risk.entrypoints.http.answers import CREATED, OK, Answer, answer
from upi_risk.entrypoints.http.body import JsonBody
from upi_risk.entrypoints.http.headers import HttpRequest
from upi_risk.entrypoints.http.otp_schemas import ChallengeView, ProvenLogInBody, ProvenSignUpBody
from upi_risk.entrypoints.http.use_cases import ProvenUseCases, UseCases
from upi_risk.entrypoints.http.views import signed_in


def challenge(challenge_id: str) -> Answer:
    """The answer to a first step."""
    seconds = int(LASTS.total_seconds())
    return answer(ChallengeView(challenge_id, seconds, int(RESEND_AFTER.total_seconds())))


def together(**fields: str | None) -> bool:
    """Whether all the fields are there; False if none is.

    Raises:
        InvalidInputError: ``required``, of the first that is missing beside others.
    """
    missing = [name for name, value in fields.items() if value is None]
    if missing and len(missing) < len(fields):
        raise InvalidInputError(missing[0], "required")
    return not missing


def signing_up(use_cases: UseCases, proven: ProvenUseCases) -> HTTPRouteHandler:
    """``POST /signup``."""
    read, clock, sign_up = JsonBody(ProvenSignUpBody), use_cases.clock, proven.sign_up

    @post("/signup", status_code=CREATED)
    async def handler(request: HttpRequest) -> Answer:
        body = await read(request)
        address = proven.address(request.scope)
        device = _device(body)
        if not together(challenge_id=body.challenge_id, otp=body.otp):
            if device is not None:
                raise InvalidInputError("otp", "required")
            return challenge(await sign_up.begin(body.name, body.phone, address))
        answered = Answered(body.challenge_id or "", body.otp or "", address)
        user, tokens = await sign_up(body.name, body.phone, answered, device)
        return answer(signed_in(user, tokens, clock.now()), CREATED)

    return handler


def logging_in(use_cases: UseCases, proven: ProvenUseCases) -> HTTPRouteHandler:
    """``POST /login``."""
    read, clock, log_in = JsonBody(ProvenLogInBody), use_cases.clock, proven.log_in

    @post("/login", status_code=OK)
    async def handler(request: HttpRequest) -> Answer:
        body = await read(request)
        address = proven.address(request.scope)
        if body.otp is not None and body.signature is not None:
            raise InvalidInputError("signature", "one_of")
        by_code = body.signature is None
        given = {"otp": body.otp} if by_code else {"signature": body.signature}
        if not together(challenge_id=body.challenge_id, **given):
            return challenge(await log_in.begin(body.phone, address, Way(body.by)))
        answered = Answered(body.challenge_id or "", (body.otp if by_code else body.signature) or "", address)
        user, tokens = await (log_in.by_code if by_code else log_in.by_signature)(body.phone, answered)
        return answer(signed_in(user, tokens, clock.now()))

    return handler


def _device(body: ProvenSignUpBody) -> NewDevice | None:
    if not together(device_key=body.device_key, device_proof=body.device_proof):
        return None
    return NewDevice(body.device_key or "", body.device_proof or "")


PROVEN_USER_ROUTES: Final = (signing_up, logging_in)
