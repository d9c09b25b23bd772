"""Request headers, read from the few there are without building a mapping of all."""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

from litestar import Request
from litestar.types import HTTPScope

from upi_risk.domain.errors import InvalidInputError
from upi_risk.entrypoints.http.errors import INVALID_HTTP, ProblemError

HttpRequest: TypeAlias = Request[Any, Any, Any]

_KEY: Final = re.compile(r"[\x21-\x7e]{1,64}")


def header(scope: HTTPScope, name: bytes) -> bytes | None:
    """A header's value; None if it was not sent.

    Args:
        scope: the request's.
        name: in lower case.

    Raises:
        ProblemError: it came twice, and two readers might take different ones.
    """
    found = None
    for key, value in scope["headers"]:
        if key == name:
            if found is not None:
                raise ProblemError(INVALID_HTTP)
            found = value
    return found


def checked_key(sent: bytes | None, in_body: str | None) -> str | None:
    """The caller's name for a payment: from the header or, without one, from the body.

    Args:
        sent: the value of the Idempotency-Key header; None if it was not sent.
        in_body: the name in the body, if there is one.

    Raises:
        InvalidInputError: ``wrong_format``, not 1 to 64 visible ASCII characters.
    """
    key, field = (in_body, "transaction_id") if sent is None else (sent.decode("latin-1"), "Idempotency-Key")
    if key is not None and _KEY.fullmatch(key) is None:
        raise InvalidInputError(field, "wrong_format")
    return key
