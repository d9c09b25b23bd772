"""Reading a JSON body: bounded, strict, decoded once."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar

import msgspec
from litestar.types import HTTPScope, Receive

from upi_risk.domain.errors import InvalidInputError
from upi_risk.entrypoints.http.errors import (
    MALFORMED_JSON,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    VALIDATION_FAILED,
    ClientGoneError,
    ProblemError,
)
from upi_risk.entrypoints.http.headers import HttpRequest, header
from upi_risk.entrypoints.http.schemas import FieldError

Body = TypeVar("Body", bound=msgspec.Struct)

LARGEST_BODY: Final = 16 * 1024
DEEPEST: Final = 64
"""Objects and arrays in one another; nothing we accept has more than one."""

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_OPENING: Final = b"[{"
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_JSON: Final = re.compile(rb'application/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?', re.IGNORECASE)
_WHOLE: Final = "body"


class JsonBody(Generic[Body]):
    """Reads one kind of body."""

    def __init__(self, schema: type[Body], *, if_empty: Body | None = None) -> None:
        """``if_empty`` stands for no body at all; without it there must be one."""
        self._schema = schema
        self._decoder = msgspec.json.Decoder(schema, strict=True)
        self._if_empty = if_empty
        self._required = sum(field.required for field in msgspec.structs.fields(schema))
        self._quoted = tuple(f'"{name}"'.encode() for name in schema.__struct_encode_fields__)

    async def __call__(self, request: HttpRequest) -> Body:
        """The body of a request; see :meth:`read`."""
        return await self.read(request.scope, request.receive)

    async def read(self, scope: HTTPScope, receive: Receive) -> Body:
        """The body that follows a request's head.

        Raises:
            ProblemError: too large, not JSON by its type or its content, or not of the schema.
            InvalidInputError: ``invalid_char``, a control character in a string.
            ClientGoneError: the caller hung up.
        """
        length = header(scope, b"content-length")
        if length is not None and not (length.isdigit() and int(length) <= LARGEST_BODY):
            raise ProblemError(TOO_LARGE)
        if length in (None, b"0") and self._if_empty is not None:
            raw = await _read(receive)
            if not raw:
                return self._if_empty
            _require_json(scope)
        else:
            _require_json(scope)
            raw = await _read(receive)
        return self.decode(raw)

    def decode(self, raw: bytes) -> Body:
        """A body that came whole; see :meth:`read`."""
        try:
            if not raw.isascii():
                raw.decode()  # msgspec does not look into what it skips or keeps raw
            body = self._decoder.decode(raw)
            escaped = b"\\" in raw
            more = raw.count(b":") > self._required  # else each field that there must be is there, and no other
            if escaped or (more and any(raw.count(name) > 1 for name in self._quoted)):
                _refuse_twice_named(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise diagnose(raw, self._schema) from None
        if not escaped and raw.isascii() and b"\x7f" not in raw:
            return body  # JSON itself lets no other control character into a string as it is
        for name in self._schema.__struct_fields__:
            text = getattr(body, name)
            if isinstance(text, str) and not text.isprintable() and CONTROL.search(text):
                raise InvalidInputError(name, "invalid_char")
        return body


def _require_json(scope: HTTPScope) -> None:
    content_type = header(scope, b"content-type")
    if content_type == b"application/json":
        return
    if content_type is None or _JSON.fullmatch(content_type.strip()) is None:
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE)


async def _read(receive: Receive) -> bytes:
    """Everything the caller sends, up to the limit."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGoneError
        chunk = message["body"]
        size += len(chunk)
        if size > LARGEST_BODY:
            raise ProblemError(TOO_LARGE)
        chunks.append(chunk)
        if not message["more_body"]:
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def diagnose(raw: bytes, schema: type[msgspec.Struct]) -> ProblemError:
    """Why a body was not accepted: no JSON (400), or not what the schema says (422), with each field that is wrong.

    Names that the caller made up are never repeated; they count as ``unknown_field`` of the body.
    """
    try:
        raw.decode()
        value = _parse(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ProblemError(MALFORMED_JSON)
    if _too_deep(raw):
        return ProblemError(MALFORMED_JSON)
    if not isinstance(value, dict):
        return ProblemError(VALIDATION_FAILED, [FieldError(_WHOLE, "wrong_type")])
    return ProblemError(VALIDATION_FAILED, _faults(value, schema))


def require_shallow(member: msgspec.Raw) -> None:
    """Refuse a member of a body that was kept as it came and is nested deeper than one may be.

    Raises:
        ProblemError: it is.
    """
    if _too_deep(b"{" + bytes(member)):
        raise ProblemError(MALFORMED_JSON)


def _parse(raw: bytes) -> object:
    with suppress(msgspec.ValidationError):  # the syntax may be right, and somewhere a number beyond any float
        return msgspec.json.decode(raw)
    try:
        members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        return None
    return {name: _parse_member(member) for name, member in members.items()}


def _parse_member(member: msgspec.Raw) -> object:
    """Its value; the member as it came if it is, or holds, a number beyond any float."""
    try:
        return msgspec.json.decode(member)
    except msgspec.ValidationError:
        return member


def _refuse_twice_named(raw: bytes) -> None:
    """Refuse a body that names a field twice: two readers might take different ones.

    Args:
        raw: of a schema that takes no names but its own.
    """
    names = [name for name, _ in json.loads(raw, object_pairs_hook=list, parse_int=len, parse_float=len)]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ProblemError(VALIDATION_FAILED, [FieldError(name, "duplicate_field") for name in twice])


def _faults(value: Mapping[str, object], schema: type[msgspec.Struct]) -> list[FieldError]:
    faults = []
    fields = {field.encode_name: field for field in msgspec.structs.fields(schema)}
    for name, field in fields.items():
        if name not in value:
            if field.required:
                faults.append(FieldError(name, "required"))
        elif not _fits(value[name], field.type):
            faults.append(FieldError(name, "wrong_type"))
    if value.keys() - fields.keys():
        faults.append(FieldError(_WHOLE, "unknown_field"))
    return faults


def _fits(value: object, kind: Any) -> bool:  # noqa: ANN401 - a type, as msgspec spells them
    if getattr(kind, "__origin__", kind) is msgspec.Raw:  # its annotations say more
        return isinstance(value, int | float | msgspec.Raw) and not isinstance(value, bool)
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError:
        return False
    return True


def _too_deep(text: bytes) -> bool:
    """Whether JSON of correct syntax has too many objects and arrays in one another."""
    if text.count(b"[") + text.count(b"{") <= DEEPEST:
        return False
    depth = 0
    for mark in _STRING.sub(b"", text).translate(None, _NO_BRACKETS):
        depth += 1 if mark in _OPENING else -1
        if depth > DEEPEST:
            return True
    return False
