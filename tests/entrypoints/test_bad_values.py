"""Amounts and texts that callers should not send: each gets its code, and nothing is saved."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from tests.entrypoints.service import Account, Service, problem

MALFORMED = (400, "malformed-json")
INVALID = (422, "validation-failed")

AMOUNTS: dict[str, tuple[str, str | None]] = {
    "NaN": ("NaN", None),
    "Infinity": ("Infinity", None),
    "-Infinity": ("-Infinity", None),
    "1e308": ("1e308", "too_large"),
    "1e400": ("1e400", "too_large"),
    "1e99999999999999999999": ("1e99999999999999999999", "too_large"),
    "1e-99999999999999999999": ("1e-99999999999999999999", "too_precise"),
    "six thousand digits": ("9" * 6_000, "too_large"),
    "a decimal of six thousand digits": ("1." + "3" * 6_000, "too_precise"),
    "-5": ("-5", "too_small"),
    "-0": ("-0", "too_small"),
    "-1e999": ("-1e999", "too_small"),
    "0": ("0", "too_small"),
    "0.00": ("0.00", "too_small"),
    "string": ('"10.5"', "wrong_type"),
    "string NaN": ('"NaN"', "wrong_type"),
    "string sNaN": ('"sNaN"', "wrong_type"),
    "string Infinity": ('"Infinity"', "wrong_type"),
    "string exponent": ('"1e999999999"', "wrong_type"),
    "string underscore": ('"1_000"', "wrong_type"),
    "true": ("true", "wrong_type"),
    "null": ("null", "wrong_type"),
    "[]": ("[]", "wrong_type"),
    "{}": ("{}", "wrong_type"),
    "[10]": ("[10]", "wrong_type"),
    "a paisa above the limit": ("1000000.01", "too_large"),
    "a hair above the limit": ("1000000.0000000000000000000000000000001", "too_large"),
    "0.001": ("0.001", "too_precise"),
    "10.505": ("10.505", "too_precise"),
    "a hair above ten": ("10.0000000000000000000000000000000001", "too_precise"),
    "01": ("01", None),
    "1.": ("1.", None),
    ".5": (".5", None),
    "+1": ("+1", None),
    "1_000": ("1_000", None),
    "0x10": ("0x10", None),
    "brackets 63 deep": ("[" * 63 + "]" * 63, "wrong_type"),
    "brackets 64 deep in the body's": ("[" * 64 + "]" * 64, None),
    "brackets 64 deep around a number beyond any float": ("[" * 64 + "1e400" + "]" * 64, None),
    "brackets of a string": ('"' + "[" * 64 + '"', "wrong_type"),
    "brackets 2,000 deep": ("[" * 2_000 + "]" * 2_000, None),
    "invalid escape in a string": ('"\\x"', None),
}


@pytest.mark.parametrize("case", AMOUNTS)
async def test_what_is_not_an_exact_amount_is_refused(
    service: Service, client: httpx.AsyncClient, asha: Account, case: str
) -> None:
    amount, code = AMOUNTS[case]
    before = service.saved()
    body = f'{{"user_id": "{asha.user_id}", "receiver_upi": "shop@okbank", "amount": {amount}}}'
    headers = asha.headers | {"Content-Type": "application/json"}
    answer = await client.post("/check-transaction", content=body, headers=headers)
    if code is None:
        problem(answer, *MALFORMED)
    else:
        assert problem(answer, *INVALID)["errors"] == [{"field": "amount", "code": code}]
    assert service.saved() == before
    assert service.failures == []


async def test_an_amount_that_is_a_broken_string_is_no_json(client: httpx.AsyncClient, asha: Account) -> None:
    body = b'{"user_id": "%s", "receiver_upi": "shop@okbank", "amount": "\xff"}' % asha.user_id.encode()
    headers = asha.headers | {"Content-Type": "application/json"}
    problem(await client.post("/check-transaction", content=body, headers=headers), *MALFORMED)


STRINGS: list[tuple[str, dict[str, Any], str, str]] = [
    ("/signup", {"name": "Go\x00pal"}, "name", "invalid_char"),
    ("/signup", {"name": "Go\r\npal INFO forged"}, "name", "invalid_char"),
    ("/signup", {"name": "Go\x7fpal"}, "name", "invalid_char"),
    ("/signup", {"name": "Go\u009fpal"}, "name", "invalid_char"),
    ("/signup", {"name": "Go\u202epal"}, "name", "invalid_char"),
    ("/signup", {"name": "Go\u200bpal"}, "name", "invalid_char"),
    ("/signup", {"name": "   "}, "name", "too_short"),
    ("/signup", {"name": ""}, "name", "too_short"),
    ("/signup", {"name": "x" * 101}, "name", "too_long"),
    ("/signup", {"name": "x" * 10_000}, "name", "too_long"),
    ("/signup", {"name": None}, "name", "wrong_type"),
    ("/signup", {"name": ["Gopal"]}, "name", "wrong_type"),
    *[
        (path, {"phone": phone}, "phone", code)
        for path in ("/signup", "/login")
        for phone, code in [
            ("98765\x0043210", "invalid_char"),
            ("9876543210\n", "invalid_char"),
            ("٩٨٧٦٥٤٣٢١٠", "wrong_format"),
            ("+19876543210", "wrong_format"),
            ("987654321", "wrong_format"),
            ("98765432101", "wrong_format"),
            ("5876543210", "wrong_format"),
            ("98765abcde", "wrong_format"),
            ("' OR 1=1--", "wrong_format"),
            ("", "wrong_format"),
            ("9" * 10_000, "wrong_format"),
            (9876543210, "wrong_type"),
            ({"$ne": None}, "wrong_type"),
        ]
    ],
    *[
        ("/check-transaction", {"receiver_upi": receiver}, "receiver_upi", code)
        for receiver, code in [
            ("shop\x00@okbank", "invalid_char"),
            ("shop@okbank\n", "invalid_char"),
            ("shop@okbank\u0085", "invalid_char"),
            ("shop.okbank", "wrong_format"),
            ("shop@ok@bank", "wrong_format"),
            ("shop@", "wrong_format"),
            ("@okbank", "wrong_format"),
            ("s" * 250 + "@okbank", "wrong_format"),
            ("s" * 10_000, "wrong_format"),
            ("' OR 1=1--", "wrong_format"),
            ("$(id)@okbank", "wrong_format"),
            ("{{7*7}}", "wrong_format"),
            ("%n@okbank", "wrong_format"),
            ("../../etc@okbank", "wrong_format"),
            ("<script>@okbank", "wrong_format"),
            ("\N{CYRILLIC SMALL LETTER DZE}hop@okbank", "wrong_format"),
            ("\N{KELVIN SIGN}irana@okbank", "wrong_format"),
            ("", "wrong_format"),
            (5, "wrong_type"),
            (None, "wrong_type"),
        ]
    ],
    *[
        ("/check-transaction", {"user_id": user_id}, "user_id", code)
        for user_id, code in [
            (5, "wrong_type"),
            ({}, "wrong_type"),
            ([], "wrong_type"),
            (None, "wrong_type"),
            (True, "wrong_type"),
            ("", "too_short"),
            ("u" * 65, "too_long"),
            ("u\x00", "invalid_char"),
        ]
    ],
    *[
        ("/check-transaction", {"transaction_id": key}, "transaction_id", code)
        for key, code in [
            ("", "wrong_format"),
            ("k" * 65, "wrong_format"),
            ("two words", "wrong_format"),
            ("ключ", "wrong_format"),
            ("k\x00", "invalid_char"),
            (5, "wrong_type"),
        ]
    ],
]


@pytest.mark.parametrize(("path", "fields", "field", "code"), STRINGS)
async def test_a_text_that_is_none_of_ours_is_refused(  # noqa: PLR0913, PLR0917 - parameters
    service: Service, client: httpx.AsyncClient, asha: Account, path: str, fields: dict[str, Any], field: str, code: str
) -> None:
    valid: dict[str, dict[str, Any]] = {
        "/signup": {"name": "Gopal", "phone": "9876543210"},
        "/login": {"phone": "9876543210"},
        "/check-transaction": {"user_id": asha.user_id, "receiver_upi": "shop@okbank", "amount": 5},
    }
    before = service.saved()
    body = msgspec.json.encode(valid[path] | fields)
    answer = await client.post(path, content=body, headers=asha.headers | {"Content-Type": "application/json"})
    assert problem(answer, *INVALID)["errors"] == [{"field": field, "code": code}]
    assert service.saved() == before
    assert service.failures == []


@pytest.mark.parametrize("key", ["", "k" * 65, "two words", "k\x80"])
async def test_an_idempotency_key_is_visible_ascii(
    service: Service, client: httpx.AsyncClient, asha: Account, key: str
) -> None:
    before = service.saved()
    headers = [(b"Authorization", asha.headers["Authorization"].encode()), (b"Idempotency-Key", key.encode("latin-1"))]
    body = {"user_id": asha.user_id, "receiver_upi": "shop@okbank", "amount": 5}
    answer = await client.post("/check-transaction", json=body, headers=headers)
    assert problem(answer, *INVALID)["errors"] == [{"field": "Idempotency-Key", "code": "wrong_format"}]
    assert service.saved() == before


async def test_two_idempotency_keys_are_none(client: httpx.AsyncClient, asha: Account) -> None:
    headers = [(name.encode(), value.encode()) for name, value in asha.headers.items()]
    headers += [(b"Idempotency-Key", b"one"), (b"Idempotency-Key", b"two")]
    body = {"user_id": asha.user_id, "receiver_upi": "shop@okbank", "amount": 5}
    problem(await client.post("/check-transaction", json=body, headers=headers), 400, "invalid-http")
