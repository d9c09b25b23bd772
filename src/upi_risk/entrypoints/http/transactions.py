"""One's own past payments, and what became of them."""

from __future__ import annotations

import re
from typing import Final

from litestar import post
from litestar.handlers import HTTPRouteHandler

from upi_risk.domain.errors import UnknownTransactionError
from upi_risk.entrypoints.http.answers import OK, Answer, answer
from upi_risk.entrypoints.http.body import JsonBody
from upi_risk.entrypoints.http.guards import SignedInUser
from upi_risk.entrypoints.http.headers import HttpRequest
from upi_risk.entrypoints.http.paging import to_cursor, wanted_page
from upi_risk.entrypoints.http.reading import get
from upi_risk.entrypoints.http.schemas import ConfirmBody, ReportBody, TransactionPage
from upi_risk.entrypoints.http.use_cases import UseCases
from upi_risk.entrypoints.http.views import transaction_detail, transaction_view

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def listing(use_cases: UseCases) -> HTTPRouteHandler:
    """``GET /transactions``."""
    caller, look_up = SignedInUser(use_cases.authenticate), use_cases.look_up

    @get("/transactions")
    async def handler(request: HttpRequest) -> Answer:
        user_id = await caller(request)
        before, limit = wanted_page(request.scope)
        page, following = await look_up.transactions(user_id, before, limit)
        cursor = None if following is None else to_cursor(following)
        return answer(TransactionPage([transaction_view(held) for held in page], cursor))

    return handler


def showing(use_cases: UseCases) -> HTTPRouteHandler:
    """``GET /transactions/{transaction_id}``."""
    caller, look_up = SignedInUser(use_cases.authenticate), use_cases.look_up

    @get("/transactions/{transaction_id:str}")
    async def handler(request: HttpRequest) -> Answer:
        user_id = await caller(request)
        return answer(transaction_detail(await look_up.transaction(user_id, wanted_transaction(request))))

    return handler


def confirming(use_cases: UseCases) -> HTTPRouteHandler:
    """``POST /transactions/{transaction_id}/confirm``."""
    caller, confirm = SignedInUser(use_cases.authenticate), use_cases.confirm
    read = JsonBody(ConfirmBody, if_empty=ConfirmBody())

    @post("/transactions/{transaction_id:str}/confirm", status_code=OK)
    async def handler(request: HttpRequest) -> Answer:
        user_id = await caller(request)
        body = await read(request)
        return answer(transaction_view(await confirm(user_id, wanted_transaction(request), confirmed=body.confirmed)))

    return handler


def reporting(use_cases: UseCases) -> HTTPRouteHandler:
    """``POST /transactions/{transaction_id}/report``."""
    caller, report = SignedInUser(use_cases.authenticate), use_cases.report
    read = JsonBody(ReportBody, if_empty=ReportBody())

    @post("/transactions/{transaction_id:str}/report", status_code=OK)
    async def handler(request: HttpRequest) -> Answer:
        user_id = await caller(request)
        await read(request)
        return answer(transaction_view(await report(user_id, wanted_transaction(request))))

    return handler


def wanted_transaction(request: HttpRequest) -> str:
    """The id in the path, canonical.

    Raises:
        UnknownTransactionError: it cannot be any transaction's, and so is as unknown as one that is not.
    """
    transaction_id = str(request.path_params["transaction_id"]).lower()
    if _UUID.fullmatch(transaction_id) is None:
        raise UnknownTransactionError
    return transaction_id
