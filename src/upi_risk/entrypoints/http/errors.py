"""From errors to answers: the closed list of problem types, and the one table that maps to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from litestar.exceptions import HTTPException

from upi_risk.domain import errors as domain
from upi_risk.domain.experiment import ExperimentConflictError
from upi_risk.domain.partitions import ArchiveDiffersError
from upi_risk.entrypoints.http.rate_limits import limit_headers
from upi_risk.entrypoints.http.schemas import FieldError, Problem

MEDIA_TYPE: Final = "application/problem+json; charset=utf-8"
URN: Final = "urn:upi-risk:"
MOST_FIELD_ERRORS: Final = 16
"""More are not told, so that an answer stays under 2 KiB."""


_MEDIA_TYPE_HEADER: Final = (b"content-type", MEDIA_TYPE.encode())


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of problem.

    Attributes:
        status: the HTTP status.
        slug: the end of the type's URN.
        title: what it is, the same for every occurrence.
        detail: what to do or what is wrong; never anything the caller sent.
        headers: headers that go with it.
        varying: names of further ones, whose values are those of the case.
    """

    status: int
    slug: str
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    varying: tuple[str, ...] = ()

    @property
    def encoded_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of an answer of this type, as ASGI has them."""
        return [_MEDIA_TYPE_HEADER, *((name.lower().encode(), value.encode()) for name, value in self.headers.items())]

    @property
    def asks_to_verify(self) -> bool:
        """Whether the service failed the caller, who should then verify the payment, not allow it."""
        return self.status == UNAVAILABLE


UNAVAILABLE: Final = 503
_SOON: Final = {"Retry-After": "1"}

MALFORMED_JSON: Final = Kind(400, "malformed-json", "Malformed JSON", "The body is not one JSON value in UTF-8.")
INVALID_HTTP: Final = Kind(400, "invalid-http", "Invalid request", "The request is not one that HTTP or we allow.")
BAD_HOST: Final = Kind(
    400,
    "bad-host",
    "Unknown host",
    "The Host header is no name of this service: its operator sets them, ALLOWED_HOSTS.",
)
UNAUTHENTICATED: Final = Kind(
    401,
    "unauthenticated",
    "Not signed in",
    "Send 'Authorization: Bearer' with an access token that has not expired.",
    {"WWW-Authenticate": "Bearer"},
)
INVALID_OTP: Final = Kind(
    401,
    "invalid-otp",
    "Not proven",
    "The challenge cannot be answered so: ask for a new one.",
    {"WWW-Authenticate": "Bearer"},
)
FORBIDDEN: Final = Kind(
    403,
    "forbidden",
    "Not yours",
    "The token does not speak for this user or does not open this, or this web page may not call.",
)
NOT_FOUND: Final = Kind(404, "not-found", "Not found", "There is nothing here for you.")
METHOD_NOT_ALLOWED: Final = Kind(
    405, "method-not-allowed", "Method not allowed", "The Allow header names the methods of this path."
)
REQUEST_TIMEOUT: Final = Kind(
    408, "request-timeout", "Request too slow", "Send the whole request within seconds.", {"Connection": "close"}
)
CONFLICT: Final = Kind(409, "conflict", "Conflict", "This contradicts what is already recorded.")
TOO_LARGE: Final = Kind(
    413, "payload-too-large", "Payload too large", "A body has at most 16 KiB.", {"Connection": "close"}
)
URI_TOO_LONG: Final = Kind(
    414, "uri-too-long", "URI too long", "Path and query have at most 8 KiB.", {"Connection": "close"}
)
UNSUPPORTED_MEDIA_TYPE: Final = Kind(
    415, "unsupported-media-type", "Unsupported media type", "Send 'Content-Type: application/json' in UTF-8."
)
VALIDATION_FAILED: Final = Kind(422, "validation-failed", "Validation failed", "One or more fields are not valid.")
KEY_REUSED: Final = Kind(
    422,
    "idempotency-key-reused",
    "Idempotency key reused",
    "This key came with another payment before; a new payment needs a new key.",
)
HEADERS_TOO_LARGE: Final = Kind(
    431, "headers-too-large", "Headers too large", "All headers together have at most 16 KiB.", {"Connection": "close"}
)
RATE_LIMITED: Final = Kind(
    429,
    "rate-limited",
    "Too many requests",
    "Wait as many seconds as Retry-After says; asking earlier does not make the wait longer.",
    varying=("Retry-After", "RateLimit", "RateLimit-Policy"),
)
INTERNAL: Final = Kind(500, "internal", "Internal error", "Something is wrong on our side; it has been recorded.")
UNAVAILABLE_DEPENDENCY: Final = Kind(
    UNAVAILABLE,
    "dependency-unavailable",
    "Temporarily unavailable",
    "Nothing was answered. Try again once with the same Idempotency-Key; then verify the payment.",
    _SOON,
)
OVERLOADED: Final = Kind(
    UNAVAILABLE,
    "overloaded",
    "Overloaded",
    "Nothing was saved. Try again once with the same Idempotency-Key; then verify the payment.",
    _SOON,
)

TIMEOUT: Final = Kind(
    UNAVAILABLE,
    "timeout",
    "No answer in time",
    "Something may have been saved. Try again once with the same Idempotency-Key; then verify the payment.",
    _SOON,
)

KINDS: Final = (
    MALFORMED_JSON, INVALID_HTTP, BAD_HOST, UNAUTHENTICATED, INVALID_OTP, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED,
    REQUEST_TIMEOUT, CONFLICT, TOO_LARGE, URI_TOO_LONG, UNSUPPORTED_MEDIA_TYPE, VALIDATION_FAILED, KEY_REUSED,
    HEADERS_TOO_LARGE, RATE_LIMITED, INTERNAL, UNAVAILABLE_DEPENDENCY, OVERLOADED, TIMEOUT,
)  # fmt: skip
"""Every type of problem there is."""

KIND_OF: Final[Mapping[type[domain.UpiRiskError], Kind]] = {
    domain.UpiRiskError: INTERNAL,
    domain.InvalidInputError: VALIDATION_FAILED,
    domain.RateLimitedError: RATE_LIMITED,
    domain.PhoneTakenError: CONFLICT,
    domain.UnauthenticatedError: UNAUTHENTICATED,
    domain.ChallengeFailedError: INVALID_OTP,
    domain.CodeNotSentError: INTERNAL,  # happens behind the answer; no request raises it
    domain.DeviceConflictError: CONFLICT,
    domain.UnknownDeviceError: NOT_FOUND,
    domain.ForbiddenError: FORBIDDEN,
    domain.UnknownUserError: NOT_FOUND,
    domain.UnknownTransactionError: NOT_FOUND,
    domain.OutcomeConflictError: CONFLICT,
    domain.IdempotencyKeyReusedError: KEY_REUSED,
    domain.ContendedError: OVERLOADED,
    domain.StoreUnavailableError: UNAVAILABLE_DEPENDENCY,
    domain.DeadlineError: TIMEOUT,
    domain.OverloadedError: OVERLOADED,
    domain.ModelRejectedError: UNAVAILABLE_DEPENDENCY,
    domain.ModelTooSlowError: UNAVAILABLE_DEPENDENCY,
    domain.UnusableDataError: INTERNAL,  # of training; no request raises it
    domain.TooEarlyError: INTERNAL,
    ArchiveDiffersError: INTERNAL,  # of partitions, at the command line
    domain.UnreadableError: INTERNAL,  # a name that no key of ours opens
    domain.EngineFailedError: INTERNAL,  # likewise
    ExperimentConflictError: INTERNAL,  # likewise, at the command line
    domain.InvalidRulesError: INTERNAL,  # likewise
}
"""What each error of the domain is to a caller; a test holds the table complete."""

_KIND_OF_STATUS: Final = {
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    413: TOO_LARGE,
    414: URI_TOO_LONG,
    415: UNSUPPORTED_MEDIA_TYPE,
    431: HEADERS_TOO_LARGE,
    503: OVERLOADED,
}
_SERVER_ERROR: Final = 500


class ProblemError(Exception):
    """A request that HTTP itself refuses, before any use case hears of it."""

    def __init__(
        self, kind: Kind, errors: Sequence[FieldError] = (), headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        super().__init__(kind.slug)
        self.kind = kind
        self.errors = tuple(errors)
        self.headers = tuple(headers)


class ClientGoneError(Exception):
    """The caller hung up while sending; nobody is there to be answered."""


def kind_of(error: Exception) -> Kind:
    """The type of problem that an error is to the caller."""
    if isinstance(error, ProblemError):
        return error.kind
    if isinstance(error, domain.UpiRiskError):
        return next(KIND_OF[cls] for cls in type(error).__mro__ if cls in KIND_OF)
    if isinstance(error, HTTPException):
        return kind_of_status(error.status_code)
    return INTERNAL


def kind_of_status(status: int) -> Kind:
    """The type of problem for an answer of which only the status is known."""
    return _KIND_OF_STATUS.get(status, INTERNAL if status >= _SERVER_ERROR else INVALID_HTTP)


def field_errors(error: Exception) -> tuple[FieldError, ...]:
    """The fields that an error complains of."""
    if isinstance(error, ProblemError):
        return error.errors[:MOST_FIELD_ERRORS]
    if isinstance(error, domain.InvalidInputError):
        return (FieldError(error.field, error.code),)
    return ()


def headers_of(error: Exception, kind: Kind) -> dict[str, str]:
    """The headers an answer to this error needs."""
    if isinstance(error, domain.RateLimitedError):
        return {name.decode(): value.decode() for name, value in limit_headers(error)}
    extra = (error.headers or {}) if isinstance(error, HTTPException) else {}
    return {**kind.headers, **{name: value for name, value in extra.items() if name.lower() == "allow"}}


_ENCODER: Final = msgspec.json.Encoder()


def render(
    kind: Kind, request_id: str, errors: Sequence[FieldError] = (), checks: Mapping[str, bool] | None = None
) -> bytes:
    """The body of a problem, in the shape of RFC 9457."""
    return _ENCODER.encode(
        Problem(
            type=URN + kind.slug,
            title=kind.title,
            status=kind.status,
            detail=kind.detail,
            instance=f"urn:request:{request_id}",
            errors=list(errors) or None,
            fallback_decision="VERIFY" if kind.asks_to_verify else None,
            checks=dict(checks) if checks is not None else None,
        )
    )
