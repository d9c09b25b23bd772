"""The OpenAPI document, from the operations and the wire schemas.

Version 3.0.3, the newest that the Swagger UI on the package index can show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from upi_risk.entrypoints.http import errors
from upi_risk.entrypoints.http.operations import OPERATIONS, Operation
from upi_risk.entrypoints.http.rate_limits import UNLIMITED
from upi_risk.entrypoints.http.schemas import FieldError, Problem

Json = dict[str, Any]

DESCRIPTION: Final = """\
Ask, before money moves, how risky a UPI payment is.

Every path is also served under `/v1`, but for `/health`. Amounts are rupees with at most two decimals; times are UTC
(RFC 3339). Errors are `application/problem+json`. Every answer has an `X-Request-ID`.

**Client contract.** Call `/check-transaction` with a time-out of 1 s and an `Idempotency-Key`. On a time-out, a broken
connection or a 5xx, try once more with the same key. If that fails too, treat the payment as `VERIFY`; never as
`ALLOW`. A 503 says so: `"fallback_decision": "VERIFY"`.
"""

PARAMETERS: Final[Mapping[str, Json]] = {
    "idempotency_key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Your own name for the payment, 1 to 64 visible ASCII characters; a retry sends the same.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^[\x21-\x7e]+$"},
    },
    "transaction_id": {
        "name": "transaction_id",
        "in": "path",
        "required": True,
        "description": "As `/check-transaction` gave it.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "device_id": {
        "name": "device_id",
        "in": "path",
        "required": True,
        "description": "As `GET /devices` gives it.",
        "schema": {"type": "string"},
    },
    "cursor": {
        "name": "cursor",
        "in": "query",
        "description": "`next_cursor` of the page before; without it, the newest.",
        "schema": {"type": "string", "pattern": "^AA[A-Za-f][A-Za-z0-9_-]{7}[AEIMQUYcgkosw048]$"},
    },
    "case_cursor": {
        "name": "cursor",
        "in": "query",
        "description": "`next_cursor` of the page before; without it, the newest.",
        "schema": {"type": "string", "pattern": "^AA[A-Za-f][A-Za-z0-9_-]{29}$"},
    },
    "limit": {
        "name": "limit",
        "in": "query",
        "description": "How many at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    },
}

_REQUEST_ID: Final[Json] = {"description": "Name it when you ask us.", "schema": {"type": "string"}}
_FIRST_STATUS: Final = 200
_REF: Final = "#/components/schemas/{name}"
_EVERYWHERE: Final = (
    errors.INVALID_HTTP,
    errors.BAD_HOST,
    errors.REQUEST_TIMEOUT,
    errors.URI_TOO_LONG,
    errors.HEADERS_TOO_LARGE,
    errors.INTERNAL,
    errors.UNAVAILABLE_DEPENDENCY,
    errors.OVERLOADED,
    errors.TIMEOUT,
)
_WITH_BODY: Final = (
    errors.MALFORMED_JSON,
    errors.TOO_LARGE,
    errors.UNSUPPORTED_MEDIA_TYPE,
    errors.VALIDATION_FAILED,
)


def document(version: str, operations: Sequence[Operation] = OPERATIONS) -> Json:
    """The whole document.

    Args:
        version: the service's.
        operations: the routes that there are.
    """
    types = {held for op in operations for held in (op.answers, op.takes, op.first_answers) if held} | {Problem}
    _, components = msgspec.json.schema_components(sorted(types, key=lambda held: held.__name__), ref_template=_REF)
    paths: Json = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.0.3",
        "info": {"title": "UPI risk", "version": version, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {name: _plain(schema) for name, schema in components.items()},
            "examples": {kind.slug: {"summary": kind.title, "value": example_of(kind)} for kind in errors.KINDS},
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The `access_token` of `/signup` or `/login`.",
                }
            },
        },
    }


def _operation(op: Operation) -> Json:
    told: Json = {
        "tags": [op.tag],
        "summary": op.summary,
        "description": op.description,
        "operationId": _name(op),
        "security": [] if op.public else [{"bearer": []}],
        "responses": {**_successes(op), **_refusals(op)},
    }
    if op.parameters:
        told["parameters"] = [PARAMETERS[name] for name in op.parameters]
    if op.takes:
        schema = {"oneOf": steps_of(op.shapes, op.takes)} if op.shapes else _ref(op.takes)
        shown: Json = {"example": op.sends}
        if op.steps:
            shown = {"examples": {name: {"value": sent} for name, sent in op.steps.items()}}
        content = {"application/json": {"schema": schema, **shown}}
        told["requestBody"] = {"required": not op.may_be_empty, "content": content}
    return told


def steps_of(shapes: Sequence[Sequence[str]], takes: type[msgspec.Struct]) -> list[Json]:
    """The schema of each step's body: what has to be there, and what must not.

    Args:
        shapes: the fields of each step.
        takes: the schema of all steps together.
    """
    _, components = msgspec.json.schema_components([takes], ref_template=_REF)
    fields = _plain(components[takes.__name__])["properties"]
    stepping = {name for shape in shapes for name in shape}

    def field(name: str, shape: Sequence[str]) -> Json:
        if name in stepping - set(shape):
            return {"type": "string", "nullable": True, "enum": [None]}
        return {key: value for key, value in fields[name].items() if key not in {"nullable", "default"}}

    return [
        {
            "type": "object",
            "required": list(shape),
            "properties": {name: field(name, shape) for name in fields},
            "additionalProperties": False,
        }
        for shape in shapes
    ]


def _name(op: Operation) -> str:
    words = op.path.replace("{", "").replace("}", "").replace("_", "-").replace("-", "/").split("/")
    return op.method + "".join(word.title() for word in words)


def _successes(op: Operation) -> Json:
    """The answers to a route that does what it is asked; one in two steps has one for each."""
    last = _success(op, {"schema": _ref(op.answers), "example": op.example})
    if op.first_answers is None:
        return {str(op.status): last}
    first = {"schema": _ref(op.first_answers), "example": op.first_example}
    if op.status != _FIRST_STATUS:
        return {str(_FIRST_STATUS): _success(op, first), str(op.status): last}
    schema = {"oneOf": [first["schema"], _ref(op.answers)]}
    examples = {"first": {"value": op.first_example}, "second": {"value": op.example}}
    return {str(op.status): _success(op, {"schema": schema, "examples": examples})}


def _ref(held: type[msgspec.Struct]) -> Json:
    return {"$ref": _REF.format(name=held.__name__)}


def _success(op: Operation, content: Json) -> Json:
    headers: Json = {"X-Request-ID": _REQUEST_ID}
    if "idempotency_key" in op.parameters:
        headers["Location"] = {"description": "Where the transaction is shown.", "schema": {"type": "string"}}
        headers["Idempotent-Replayed"] = {
            "description": "`true` when this is the stored answer to an earlier request.",
            "schema": {"type": "string", "enum": ["true"]},
        }
    return {"description": op.summary, "headers": headers, "content": {"application/json": content}}


def problems_of(op: Operation) -> tuple[errors.Kind, ...]:
    """Every type of problem that an operation may answer."""
    checked = (errors.VALIDATION_FAILED,) if op.parameters and not op.takes else ()
    with_body = _WITH_BODY if op.takes else checked
    signed_in = () if op.public else (errors.UNAUTHENTICATED,)
    limited = () if op.path in UNLIMITED else (errors.RATE_LIMITED,)
    kinds = dict.fromkeys((*op.problems, *with_body, *signed_in, *limited, *_EVERYWHERE))
    return tuple(kinds)


def _refusals(op: Operation) -> Json:
    by_status: dict[int, list[errors.Kind]] = {}
    for kind in sorted(problems_of(op), key=lambda kind: kind.status):
        by_status.setdefault(kind.status, []).append(kind)
    return {
        str(status): {
            "description": " or ".join(kind.title for kind in kinds),
            "headers": {
                "X-Request-ID": _REQUEST_ID,
                **{name: {"schema": {"type": "string"}} for kind in kinds for name in (*kind.headers, *kind.varying)},
            },
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": _REF.format(name=Problem.__name__)},
                    "examples": {kind.slug: {"$ref": f"#/components/examples/{kind.slug}"} for kind in kinds},
                }
            },
        }
        for status, kinds in by_status.items()
    }


def example_of(kind: errors.Kind) -> Json:
    """A problem as it looks on the wire."""
    faults = [FieldError("amount", "too_large")] if kind is errors.VALIDATION_FAILED else []
    body = errors.render(kind, "019bc0f1-6d0b-7c3e-9a51-2f4b8d6e7a91", faults)
    return msgspec.json.decode(body, type=Json)


def _plain(schema: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """A schema of JSON Schema 2020-12 in the words of OpenAPI 3.0."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items() if key not in {"examples", "anyOf"}}
    if schema.get("examples"):
        plain["example"] = schema["examples"][0]
    variants = schema.get("anyOf", [])
    if {"type": "null"} in variants:
        plain |= _plain(next(variant for variant in variants if variant != {"type": "null"}))
        plain["nullable"] = True
    return plain
