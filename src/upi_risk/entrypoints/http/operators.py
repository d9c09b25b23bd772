"""What operators see and do: models, anybody's payments, reviews. The gate has let the caller in, see ``access``."""

from __future__ import annotations

import asyncio
from typing import Final

from litestar import post
from litestar.handlers import HTTPRouteHandler

from upi_risk.entrypoints.http.access import caller_of
from upi_risk.entrypoints.http.answers import OK, Answer, answer
from upi_risk.entrypoints.http.body import JsonBody
from upi_risk.entrypoints.http.headers import HttpRequest
from upi_risk.entrypoints.http.operator_schemas import CasePage, ModelList, ReviewBody
from upi_risk.entrypoints.http.operator_views import case_detail, case_view, model_view, review_view
from upi_risk.entrypoints.http.paging import to_case_cursor, wanted_cases
from upi_risk.entrypoints.http.reading import get
from upi_risk.entrypoints.http.transactions import wanted_transaction
from upi_risk.entrypoints.http.use_cases import UseCases


def listing_models(use_cases: UseCases) -> HTTPRouteHandler:
    """``GET /admin/models``."""

    @get("/admin/models")
    async def handler() -> Answer:
        listed = await asyncio.to_thread(use_cases.list_models)  # reads files
        return answer(ModelList([model_view(each) for each in listed]))

    return handler


def showing_case(use_cases: UseCases) -> HTTPRouteHandler:
    """``GET /admin/transactions/{transaction_id}``."""
    cases, clock = use_cases.cases, use_cases.clock

    @get("/admin/transactions/{transaction_id:str}")
    async def handler(request: HttpRequest) -> Answer:
        return answer(case_detail(await cases.one(wanted_transaction(request)), clock.now()))

    return handler


def listing_cases(use_cases: UseCases) -> HTTPRouteHandler:
    """``GET /reviews``."""
    cases = use_cases.cases

    @get("/reviews")
    async def handler(request: HttpRequest) -> Answer:
        before, limit = wanted_cases(request.scope)
        page, following = await cases.waiting(before, limit)
        cursor = None if following is None else to_case_cursor(following)
        return answer(CasePage([case_view(each) for each in page], cursor))

    return handler


def reviewing(use_cases: UseCases) -> HTTPRouteHandler:
    """``POST /reviews/{transaction_id}``."""
    read, review = JsonBody(ReviewBody), use_cases.review

    @post("/reviews/{transaction_id:str}", status_code=OK)
    async def handler(request: HttpRequest) -> Answer:
        body = await read(request)
        reviewer = caller_of(request.scope).name
        found = await review(reviewer, wanted_transaction(request), body.verdict, body.note)
        return answer(review_view(found))

    return handler


OPERATOR_ROUTES: Final = (listing_models, showing_case, listing_cases, reviewing)
