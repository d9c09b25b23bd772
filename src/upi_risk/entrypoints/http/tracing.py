"""What one request is called in the logs of everybody that it goes through: W3C Trace Context, level 1."""

from __future__ import annotations

import re
from typing import Final

_TRACEPARENT: Final = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


def trace_of(traceparent: bytes, request_id: str) -> str:
    """The trace that a request belongs to: the one its header names, or else one of its own, made of its id.

    Args:
        traceparent: the header's value; empty if there is none. One that is not as it must be counts as none.
        request_id: a UUID, whose 32 digits are a trace id as well.
    """
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    return found[1].decode() if found else request_id.replace("-", "")
