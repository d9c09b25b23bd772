"""What is kept of a request that was answered."""

from __future__ import annotations

from msgspec import Struct

from upi_risk.domain.transaction import Transaction


class RequestRecord(Struct, frozen=True):
    """What the log keeps of a request; nothing in it was chosen by the caller but method and trace.

    Attributes:
        method: the HTTP method, ``OTHER`` for one that HTTP does not know.
        route: the route's template, ``/transactions/{transaction_id}``; ``unmatched`` if there is none.
        status: of the answer; 499 if the caller hung up before it.
        duration_ms: from the request's head to the end of the answer.
        request_id: as the caller got it.
        trace_id: 32 hexadecimal digits; the caller's, if it sent a ``traceparent``.
        decided: what a check was answered with; None for any other request.
        times: how many requests this stands for; many that are turned away unread are told together.
    """

    method: str
    route: str
    status: int
    duration_ms: float
    request_id: str
    trace_id: str = ""
    decided: Transaction | None = None
    times: int = 1
