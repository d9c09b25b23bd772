"""Checks as nearly all of them come, taken from the connection straight to their batch.

An ASGI application is a task for each request, and messages to and fro. A check that is plainly in order needs neither:
it waits in the batch as an object that writes the answer once there is one. Whatever is not plainly in order, by its
head or its body, goes the ordinary way through the application, which says what is wrong with it. So nothing is
answered here that the ordinary way would answer otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from time import perf_counter
from typing import Final, Protocol, cast

from litestar.types import HTTPScope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from upi_risk.application.check_for_callers import Asked
from upi_risk.application.coalesce import Waiter
from upi_risk.domain.errors import InvalidInputError, OverloadedError, RateLimitedError, UnauthenticatedError
from upi_risk.domain.payment import Payment
from upi_risk.domain.transaction import Transaction
from upi_risk.entrypoints.http.answers import JSON, encoded
from upi_risk.entrypoints.http.body import LARGEST_BODY, JsonBody
from upi_risk.entrypoints.http.edge import NO_STORE, EdgeOptions, complete, safe_headers
from upi_risk.entrypoints.http.errors import ProblemError, field_errors, kind_of, render
from upi_risk.entrypoints.http.guards import token_in
from upi_risk.entrypoints.http.limits import LARGEST_HEADERS, host_name
from upi_risk.entrypoints.http.payments import PaymentMaker
from upi_risk.entrypoints.http.plain import PlainReader
from upi_risk.entrypoints.http.rate_limits import LimitRequests, limit_headers
from upi_risk.entrypoints.http.record import RequestRecord
from upi_risk.entrypoints.http.schemas import CheckBody
from upi_risk.entrypoints.http.tracing import trace_of
from upi_risk.entrypoints.http.turning_away import Refusals
from upi_risk.entrypoints.http.use_cases import UseCases
from upi_risk.entrypoints.http.views import check_answer
from upi_risk.entrypoints.http.whole import settled, whole_bytes

UNUSUAL: Final = frozenset(
    {
        b"connection", b"content-encoding", b"expect", b"origin", b"te", b"trailer", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip
"""Headers that change how a request is read or answered; with any of them it goes the ordinary way."""

EXPRESS: Final = "express"
"""Where the application keeps it in its state, for the protocol to find."""

_BETWEEN: Final = len(": \r\n")
_FAILED: Final = 500
_OK: Final = 200
_ANSWER: Final = b"\r\n".join(
    [
        b"%bcontent-length: %d",
        b"content-type: " + JSON.encode(),
        b"location: /transactions/%b",
        b"%bx-request-id: %b",
        b"%b",  # ends with a line's end of its own
        b"%b",
    ]
)
_REPLAYED: Final = b"idempotent-replayed: true\r\n"


class Connection(Protocol):
    """Where a check came in, and its answer goes out."""

    @property
    def client(self) -> tuple[str, int] | None:
        """The peer's address and port."""

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """What the server says with every answer; another list when that changes."""

    def begin(self, exchange: Exchange) -> None:
        """Have an exchange stand for the request that is being served."""

    def write(self, said: bytes, *, keep_alive: bool) -> None:
        """Write a whole answer, and go on or close."""


class _Nobody:
    """Stands for an event that nobody waits for."""

    def set(self) -> None:
        """Nothing happens."""


class Exchange:
    """A check under way: the one who waits for its batch, and in uvicorn's eyes the cycle of its request.

    Attributes:
        keep_alive: whether the connection stays open after the answer.
        disconnected: whether nobody is there any more to be answered.
        response_complete: whether it has been answered.
        request_id: as the caller will get it.
    """

    __slots__ = (
        "_connection", "_express", "_path", "_payment_id", "_started", "_traceparent", "disconnected", "keep_alive",
        "request_id", "response_complete",
    )  # fmt: skip
    more_body: Final = False
    message_event: Final = _Nobody()

    def __init__(
        self, express: Express, connection: Connection, path: str, traceparent: bytes, payment: Payment
    ) -> None:
        self._express = express
        self._connection = connection
        self._path = path
        self._traceparent = traceparent
        self._payment_id = payment.transaction_id
        self._started = perf_counter()
        self.request_id = express.name(payment.at)
        self.disconnected = self.response_complete = False
        self.keep_alive = True

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """What the server says with every answer."""
        return self._connection.default_headers

    @property
    def response_started(self) -> bool:
        """Whether any of the answer is out; it goes out whole."""
        return self.response_complete

    def done(self) -> bool:
        """Whether it has been answered."""
        return self.response_complete

    def set_result(self, transaction: Transaction) -> None:
        """Answer it."""
        try:
            replayed = self._payment_id != transaction.payment.transaction_id
            said = self._express.told(self, transaction, replayed=replayed)
        except Exception as error:  # noqa: BLE001 - the others of the batch are to be answered
            self.set_exception(error)
        else:
            self._end(_OK, said, transaction)

    def set_exception(self, error: Exception) -> None:
        """Refuse it."""
        status, headers, body = self._express.refused(error, self.request_id)
        headers[:0] = self._connection.default_headers
        self.keep_alive = settled(headers, keep_alive=self.keep_alive)
        self._end(status, whole_bytes(status, headers, body), None)

    def _end(self, status: int, said: bytes, decided: Transaction | None) -> None:
        self.response_complete = True
        if not self.disconnected:
            self._connection.write(said, keep_alive=self.keep_alive)
        self._express.log_request(
            RequestRecord(
                method="POST",
                route=self._path,
                status=status,
                duration_ms=(perf_counter() - self._started) * 1000,
                request_id=self.request_id,
                trace_id=trace_of(self._traceparent, self.request_id),
                decided=decided,
            )
        )


class Express:
    """Takes checks that are plainly in order.

    Attributes:
        name: makes the id of a request that came at an instant.
        log_request: is told of every request that was answered.
        paths: of the route, as in a request line.
        full: whether a check would be refused, whatever it is.
        whole_check: the path of a check that came whole; None of whatever else came.
        read_plain: reads a request that came whole, if it is plain beyond any doubt.
        turned_away: makes the refusal of a check of which no more is known than that there is no room for it.
        settle: tells of those that were turned away lately.
    """

    def __init__(
        self,
        submit: Callable[[Asked, Waiter[Transaction]], None],
        use_cases: UseCases,
        options: EdgeOptions,
        limit: LimitRequests | None,
        paths: Collection[str],
    ) -> None:
        self._submit = submit
        self._payment = PaymentMaker(use_cases)
        self._decode = JsonBody(CheckBody).decode
        self._limit = limit
        self._log_failure = options.log_failure
        self._safe = safe_headers(hsts=options.hsts)
        self._tail = b"\r\n".join(b"%b: %b" % held for held in (NO_STORE, *self._safe)) + b"\r\n"
        self._last_tail = self._tail + b"connection: close\r\n"
        hosts = options.hosts
        self._is_ours = lru_cache(maxsize=256)(lambda host: hosts is None or host_name(host) in hosts)
        self._default: tuple[list[tuple[bytes, bytes]] | None, bytes] = (None, b"")
        self.name = use_cases.identities.transaction_id
        self.log_request = options.log_request
        self.full = use_cases.full
        self._refusals = Refusals(options.new_id, self._safe, options.log_request, use_cases.note_shed, paths)
        self.turned_away, self.settle = self._refusals.one, self._refusals.tell
        self.whole_check = self._refusals.checks.path_of
        self.paths: Mapping[bytes, str] = {path.encode(): path for path in paths}
        self.read_plain = PlainReader(self.paths, UNUSUAL).read

    def take(self, connection: Connection, path: bytes, headers: Mapping[bytes, bytes], body: bytes) -> bool:
        """Have a check decided, if it can be.

        Args:
            connection: where it came in, ready for the answer.
            path: one of :attr:`paths`.
            headers: by their names in lower case; each came once, and none is of :data:`UNUSUAL`.
            body: all of it.

        Returns:
            Whether it will be answered; if not, it has to go the ordinary way, and nothing has been done.
        """
        host = headers.get(b"host")
        if host is None or not self._is_ours(host) or headers.get(b"content-type") != b"application/json":
            return False
        size = sum(map(len, headers)) + sum(map(len, headers.values())) + _BETWEEN * len(headers)
        if len(body) > LARGEST_BODY or size > LARGEST_HEADERS:
            return False
        try:
            token = token_in(headers.get(b"authorization"))
            payment = self._payment(self._decode(body), headers.get(b"idempotency-key"))
        except (UnauthenticatedError, InvalidInputError, ProblemError):
            return False
        ask = None
        if self._limit is not None:
            scope = cast("HTTPScope", {"client": connection.client, "headers": headers.items()})
            ask = self._limit.ask_of_all_routes(scope)
        traceparent = headers.get(b"traceparent", b"").rstrip(b" \t")
        exchange = Exchange(self, connection, self.paths[path], traceparent, payment)
        connection.begin(exchange)
        try:
            self._submit(Asked(token, payment, ask), exchange)
        except OverloadedError as error:
            exchange.set_exception(error)
        return True

    def told(self, exchange: Exchange, transaction: Transaction, *, replayed: bool) -> bytes:
        """A whole answer."""
        body = encoded(check_answer(transaction))
        return _ANSWER % (
            self._beginning(exchange.default_headers),
            len(body),
            transaction.payment.transaction_id.encode(),
            _REPLAYED if replayed else b"",
            exchange.request_id.encode(),
            self._tail if exchange.keep_alive else self._last_tail,
            body,
        )

    def refused(self, error: Exception, request_id: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Status, headers and body of a refusal."""
        kind = kind_of(error)
        if kind.status >= _FAILED:
            self._log_failure(request_id, error)
        body = render(kind, request_id, field_errors(error))
        more = limit_headers(error) if isinstance(error, RateLimitedError) else ()
        headers = [(b"content-length", b"%d" % len(body)), *kind.encoded_headers, *more]
        return kind.status, complete(headers, request_id, self._safe), body

    def _beginning(self, default_headers: list[tuple[bytes, bytes]]) -> bytes:
        """The first lines of every answer, made anew when the server says something else."""
        known, beginning = self._default
        if known is not default_headers:
            beginning = b"".join([STATUS_LINE[_OK], *(b"%b: %b\r\n" % held for held in default_headers)])
            self._default = default_headers, beginning
        return beginning
