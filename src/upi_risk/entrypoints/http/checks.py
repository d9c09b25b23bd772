"""The main job: is this payment risky?

The route is plain ASGI, mounted in the Litestar application: it is asked thousands of times a second, and Litestar's
request, response and injection would cost more than everything that it does.
"""

from __future__ import annotations

from typing import Final

from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import HTTPScope, Receive, Scope, Send

from upi_risk.application.check_for_callers import Asked
from upi_risk.application.deadline import within
from upi_risk.domain.access import Caller
from upi_risk.domain.errors import ForbiddenError, InvalidInputError, OverloadedError, RateLimitedError
from upi_risk.domain.payment import Payment
from upi_risk.domain.rate_limit import Ask as LimiterAsk
from upi_risk.domain.transaction import Transaction
from upi_risk.entrypoints.http.access import access_to
from upi_risk.entrypoints.http.answers import Answer, answer, refusal
from upi_risk.entrypoints.http.body import JsonBody
from upi_risk.entrypoints.http.edge import DECIDED, LET_IN, LogFailure
from upi_risk.entrypoints.http.errors import METHOD_NOT_ALLOWED, RATE_LIMITED, ProblemError
from upi_risk.entrypoints.http.guards import bearer_token
from upi_risk.entrypoints.http.headers import header
from upi_risk.entrypoints.http.payments import PaymentMaker
from upi_risk.entrypoints.http.rate_limits import LimitRequests, limit_headers
from upi_risk.entrypoints.http.schemas import CheckBody
from upi_risk.entrypoints.http.use_cases import UseCases
from upi_risk.entrypoints.http.views import check_answer

PATH: Final = "/check-transaction"
_ACCESS: Final = access_to("POST", PATH)
_METHODS: Final = (b"allow", b"POST, OPTIONS")
_NO_CONTENT: Final = 204


def checking(
    use_cases: UseCases, log_failure: LogFailure, deadline_seconds: float, limit: LimitRequests | None
) -> ASGIRouteHandler:
    """``POST /check-transaction``."""
    ask = Ask(use_cases, deadline_seconds, limit)

    @asgi(PATH, copy_scope=False)
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            told = await ask(scope, receive)  # type: ignore[arg-type]  # nothing but HTTP comes here
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem
            told = refusal(scope, error, log_failure)
        await told(scope, receive, send)

    return handler


class Ask:
    """From a request to its answer.

    Callers are recognised in batches, so a fault in what they sent is found before it is known who they are; they are
    told of it only after they have been recognised. The limit of requests is asked for in the batch too, and for what
    never gets so far by itself.
    """

    def __init__(self, use_cases: UseCases, deadline_seconds: float, limit: LimitRequests | None = None) -> None:
        """``deadline_seconds`` is how long recognising a caller may take that is only to be told of a fault."""
        self._limit = limit
        self._read = JsonBody(CheckBody).read
        self._recognise = use_cases.recognise
        self._check = use_cases.check
        self._admit = use_cases.admit
        self._deadline_seconds = deadline_seconds
        self._payment = PaymentMaker(use_cases)

    async def __call__(self, scope: HTTPScope, receive: Receive) -> Answer:
        """The answer.

        Raises:
            UpiRiskError: the question was refused; OverloadedError before anything of it was read.
            ProblemError: HTTP refuses the request.
            ClientGoneError: the caller hung up.
        """
        limited = self._limit is not None and LET_IN not in scope["state"]
        ask = self._limit.ask_of_all_routes(scope) if self._limit is not None and limited else None
        try:
            asked = await self._asked(scope, receive, ask)
            if isinstance(asked, Answer):
                await self._count(ask)
                return asked
        except OverloadedError:
            raise
        except Exception:
            await self._count(ask)
            raise
        try:
            transaction = await self._check(asked)
        except RateLimitedError as refused:
            raise ProblemError(RATE_LIMITED, headers=limit_headers(refused)) from None
        scope["state"][DECIDED] = transaction
        return _told(asked.payment, transaction)

    async def _count(self, ask: LimiterAsk | None) -> None:
        """Ask the limiter about a request that no batch will.

        Raises:
            ProblemError: it is over the limit, which goes before what else is wrong with it.
        """
        if ask is None or self._limit is None:
            return
        try:
            await within(self._deadline_seconds, self._limit.require(ask))
        except RateLimitedError as refused:
            raise ProblemError(RATE_LIMITED, headers=limit_headers(refused)) from None

    async def _asked(self, scope: HTTPScope, receive: Receive, ask: LimiterAsk | None) -> Asked | Answer:
        """The question, or the answer where there is none to be asked."""
        if scope["method"] != "POST":
            return _other_method(scope)
        self._admit()
        token = bearer_token(scope)
        try:
            body = await self._read(scope, receive)
        except (ProblemError, InvalidInputError):
            await self._recognised(token)
            raise
        try:
            return Asked(token, self._payment(body, header(scope, b"idempotency-key")), ask)
        except InvalidInputError as fault:
            if not _speaks_for(body.user_id, await self._recognised(token)) and fault.field != "user_id":
                raise ForbiddenError from None
            raise

    async def _recognised(self, token: str) -> Caller:
        return await within(self._deadline_seconds, self._recognise.let_in(token, _ACCESS))


def _speaks_for(user_id: str, caller: Caller) -> bool:
    return caller.key is not None or caller.user_id == user_id


def _told(payment: Payment, transaction: Transaction) -> Answer:
    transaction_id = transaction.payment.transaction_id
    headers = [(b"location", b"/transactions/" + transaction_id.encode())]
    if transaction_id != payment.transaction_id:
        headers.append((b"idempotent-replayed", b"true"))
    return answer(check_answer(transaction), headers=headers)


def _other_method(scope: HTTPScope) -> Answer:
    if scope["method"] == "OPTIONS":
        return Answer(b"", _NO_CONTENT, [_METHODS])
    raise ProblemError(METHOD_NOT_ALLOWED, headers=[_METHODS])
