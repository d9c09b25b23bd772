"""Bodies that callers should not send: each gets its status and type of problem, and nothing is saved."""

from __future__ import annotations

import httpx
import pytest

from tests.entrypoints.service import Account, Service, check, problem

MALFORMED = (400, "malformed-json")
INVALID = (422, "validation-failed")
BIG = (413, "payload-too-large")

SYNTAX: dict[str, tuple[bytes, tuple[int, str]]] = {
    "empty": (b"", MALFORMED),
    "blank": (b"  \n", MALFORMED),
    "null": (b"null", INVALID),
    "array": (b"[]", INVALID),
    "string": (b'"x"', INVALID),
    "number": (b"1", INVALID),
    "true": (b"true", INVALID),
    "a number beyond any float": (b"1e999", INVALID),
    "truncated": (b'{"name": "Gopal", "pho', MALFORMED),
    "two values": (b"{}{}", MALFORMED),
    "byte order mark": (b'\xef\xbb\xbf{"phone": "9876543210"}', MALFORMED),
    "UTF-16": ('{"phone": "9876543210"}'.encode("utf-16"), MALFORMED),
    "invalid UTF-8 in a known string": (b'{"phone": "\xff\xfe", "user_id": "\xff\xfe"}', MALFORMED),
    "invalid UTF-8 in an unknown field": (b'{"x": "\xff\xfe"}', MALFORMED),
    "invalid UTF-8 in a name": (b'{"\xff": 1}', MALFORMED),
    "overlong UTF-8": (b'{"phone": "\xc0\xaf"}', MALFORMED),
    "surrogate in UTF-8": (b'{"phone": "\xed\xa0\x80"}', MALFORMED),
    "lone surrogate": (b'{"phone": "\\ud800"}', MALFORMED),
    "brackets 2,000 deep": (b"[" * 2_000, MALFORMED),
    "brackets 2,000 deep and closed": (b"[" * 2_000 + b"]" * 2_000, MALFORMED),
    "objects 2,000 deep": (b'{"a":' * 2_000, MALFORMED),
    "an unknown field 70 deep": (b'{"x": ' + b"[" * 70 + b"]" * 70 + b"}", MALFORMED),
    "an unknown field 10 deep": (b'{"x": ' + b"[" * 10 + b"]" * 10 + b"}", INVALID),
    "brackets 100,000 deep": (b"[" * 100_000, BIG),
    "100,000 keys": (b"{" + b",".join(b'"%d":1' % n for n in range(100_000)) + b"}", BIG),
    "a megabyte": (b'{"phone": "' + b"9" * 1_000_000 + b'"}', BIG),
    "a name of a megabyte": (b'{"' + b"n" * 1_000_000 + b'": 1}', BIG),
    "one byte too many": (b'{"phone": "9876543210"}'.ljust(16 * 1024 + 1), BIG),
    "comment": (b'{"phone": "9876543210" /* mine */}', MALFORMED),
    "single quotes": (b"{'phone': '9876543210'}", MALFORMED),
    "trailing comma": (b'{"phone": "9876543210",}', MALFORMED),
    "NaN": (b'{"phone": NaN, "amount": NaN}', MALFORMED),
    "unquoted name": (b'{phone: "9876543210"}', MALFORMED),
    "raw control character": (b'{"phone": "98765\x0043210"}', MALFORMED),
    "__proto__": (b'{"__proto__": {}, "constructor": {}, "$where": "1"}', INVALID),
}


@pytest.mark.parametrize("case", SYNTAX)
@pytest.mark.parametrize("path", ["/signup", "/login", "/check-transaction"])
async def test_what_is_not_a_json_object_of_the_schema_is_refused(
    service: Service, client: httpx.AsyncClient, asha: Account, path: str, case: str
) -> None:
    body, expected = SYNTAX[case]
    before = service.saved()
    answer = await client.post(path, content=body, headers=asha.headers | {"Content-Type": "application/json"})
    problem(answer, *expected)
    assert service.saved() == before
    assert service.failures == []


EVERY_FAULT = [
    {"field": "user_id", "code": "wrong_type"},
    {"field": "receiver_upi", "code": "required"},
    {"field": "amount", "code": "wrong_type"},
    {"field": "body", "code": "unknown_field"},
]


async def test_every_fault_of_a_body_is_told_and_no_name_that_the_caller_made_up(
    client: httpx.AsyncClient, asha: Account
) -> None:
    body = {"user_id": 5, "amount": "10.5", "se-cret": 1, "x" * 5_000: 2}
    answer = await client.post("/check-transaction", json=body, headers=asha.headers)
    assert problem(answer, *INVALID)["errors"] == EVERY_FAULT
    assert "se-cret" not in answer.text
    assert "xxx" not in answer.text


async def test_a_number_beyond_any_float_does_not_hide_the_other_faults(
    client: httpx.AsyncClient, asha: Account
) -> None:
    body = b'{"user_id": 5, "amount": 1e999, "transaction_id": 1e999, "nested": [1e999]}'
    headers = asha.headers | {"Content-Type": "application/json"}
    answer = await client.post("/check-transaction", content=body, headers=headers)
    assert problem(answer, *INVALID)["errors"] == [
        {"field": "user_id", "code": "wrong_type"},
        {"field": "receiver_upi", "code": "required"},
        {"field": "transaction_id", "code": "wrong_type"},
        {"field": "body", "code": "unknown_field"},
    ]


@pytest.mark.parametrize(
    "extra", ["is_admin", "risk_level", "decision", "transaction_count", "created_at", "id", "trust_score", "Amount"]
)
async def test_nobody_sets_what_is_ours_to_say(
    service: Service, client: httpx.AsyncClient, asha: Account, extra: str
) -> None:
    before = service.saved()
    told = problem(await check(client, asha, extra={extra: "LOW"}), *INVALID)
    assert told["errors"] == [{"field": "body", "code": "unknown_field"}]
    answer = await client.post("/signup", json={"name": "Gopal", "phone": "9876543210", extra: 1})
    assert problem(answer, *INVALID)["errors"] == told["errors"]
    assert service.saved() == before


@pytest.mark.parametrize(
    "content_type",
    [
        None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/msgpack", "application/xml", "application/jsonp", "application/json; charset=latin-1",
        "text/plain, application/json", "application/json; charset=utf-8; charset=utf-7",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/signup", "/login", "/check-transaction"])
async def test_a_body_that_does_not_say_it_is_json_is_not_read(
    service: Service, client: httpx.AsyncClient, asha: Account, path: str, content_type: str | None
) -> None:
    before = service.saved()
    headers = asha.headers | ({} if content_type is None else {"Content-Type": content_type})
    answer = await client.post(path, content=b'{"name": "Gopal", "phone": "9876543210"}', headers=headers)
    problem(answer, 415, "unsupported-media-type")
    assert service.saved() == before


@pytest.mark.parametrize("content_type", ["Application/JSON", 'application/json;charset="UTF-8"', "application/json "])
async def test_json_may_be_named_in_any_of_its_spellings(client: httpx.AsyncClient, content_type: str) -> None:
    body = b'{"name": "Gopal", "phone": "9876543210"}'
    assert (await client.post("/signup", content=body, headers={"Content-Type": content_type})).status_code == 201


@pytest.mark.parametrize(
    "body", [b'{"reason": "x"}', b"[]", b'"confirmed"', b'{"confirmed": 1}', b'{"confirmed": "true"}']
)
@pytest.mark.parametrize("suffix", ["confirm", "report"])
async def test_an_outcome_is_told_in_the_schemas_words(
    service: Service, client: httpx.AsyncClient, asha: Account, suffix: str, body: bytes
) -> None:
    path = (await check(client, asha, receiver="medium@test")).headers["location"]
    before = service.saved()
    headers = asha.headers | {"Content-Type": "application/json"}
    problem(await client.post(f"{path}/{suffix}", content=body, headers=headers), *INVALID)
    problem(await client.post(f"{path}/{suffix}", content=b'{"confirmed"', headers=headers), *MALFORMED)
    plain = asha.headers | {"Content-Type": "text/plain"}
    problem(await client.post(f"{path}/{suffix}", content=body, headers=plain), 415, "unsupported-media-type")
    assert service.saved() == before
