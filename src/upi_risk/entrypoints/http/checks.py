"""The main job: is this payment risky?"""

from __future__ import annotations

from typing import Final

from litestar import post
from litestar.handlers import HTTPRouteHandler

from upi_risk.domain.errors import ForbiddenError, InvalidInputError
from upi_risk.domain.payment import Payment, upi_id
from upi_risk.entrypoints.http.amounts import paise
from upi_risk.entrypoints.http.answers import OK, Answer, answer
from upi_risk.entrypoints.http.body import JsonBody
from upi_risk.entrypoints.http.guards import SignedInUser
from upi_risk.entrypoints.http.headers import HttpRequest, idempotency_key
from upi_risk.entrypoints.http.schemas import CheckBody
from upi_risk.entrypoints.http.use_cases import UseCases
from upi_risk.entrypoints.http.views import check_answer

_LONGEST_USER_ID: Final = 64


def checking(use_cases: UseCases) -> HTTPRouteHandler:
    """``POST /check-transaction``."""
    caller, read, check = SignedInUser(use_cases.authenticate), JsonBody(CheckBody), use_cases.check
    clock, identities = use_cases.clock, use_cases.identities

    @post("/check-transaction", status_code=OK)
    async def handler(request: HttpRequest) -> Answer:
        user_id = await caller(request)
        body = await read(request)
        _require_own(body.user_id, user_id)
        now = clock.now()
        payment = Payment(
            transaction_id=identities.transaction_id(now),
            user_id=user_id,
            receiver=upi_id(body.receiver_upi),
            amount_paise=paise(body.amount),
            at=now,
            idempotency_key=idempotency_key(request.scope, body.transaction_id),
        )
        transaction = await check(payment)
        transaction_id = transaction.payment.transaction_id
        headers = [(b"location", b"/transactions/" + transaction_id.encode())]
        if transaction_id != payment.transaction_id:
            headers.append((b"idempotent-replayed", b"true"))
        return answer(check_answer(transaction), headers=headers)

    return handler


def _require_own(claimed: str, user_id: str) -> None:
    """Refuse every other user's id alike, whether or not there is such a user."""
    if claimed == user_id:
        return
    if not claimed:
        raise InvalidInputError("user_id", "too_short")
    if len(claimed) > _LONGEST_USER_ID:
        raise InvalidInputError("user_id", "too_long")
    raise ForbiddenError
