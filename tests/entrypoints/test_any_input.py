"""What hypothesis thinks of: exact amounts for any digits, a refusal for any other body."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.entrypoints.service import Service, problem
from upi_risk.domain.errors import InvalidInputError
from upi_risk.domain.payment import MAX_AMOUNT_PAISE
from upi_risk.entrypoints.http.amounts import paise, rupees
from upi_risk.entrypoints.http.schemas import CheckBody

WHOLE = st.integers(0, 20_000_000).map(str)
NUMBERS = st.builds(
    lambda sign, whole, fraction, exponent: sign + whole + fraction + exponent,
    st.sampled_from(["", "", "", "-"]),
    WHOLE,
    st.just("") | st.text("0123456789", min_size=1, max_size=30).map(".{}".format),
    st.just("") | st.integers(-9, 9).map("e{}".format),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(CheckBody.__struct_fields__), inner),
)

SERVICE = Service()


def _exact(text: str) -> Fraction:
    mantissa, _, exponent = text.partition("e")
    return Fraction(mantissa) * Fraction(10) ** int(exponent or 0) * 100


@given(NUMBERS)
def test_an_amount_is_its_digits_or_is_refused(text: str) -> None:
    exact = _exact(text)
    if exact.denominator == 1 and 0 < exact <= MAX_AMOUNT_PAISE:
        assert paise(msgspec.Raw(text.encode())) == exact
    else:
        with pytest.raises(InvalidInputError):
            paise(msgspec.Raw(text.encode()))


@given(st.integers(1, MAX_AMOUNT_PAISE))
def test_an_amount_told_and_sent_back_is_the_same(amount_paise: int) -> None:
    assert paise(msgspec.Raw(msgspec.json.encode(rupees(amount_paise)))) == amount_paise


@given(st.binary() | JSON.map(msgspec.json.encode))
def test_any_other_body_is_refused_and_changes_nothing(body: bytes) -> None:
    async def send() -> None:
        async with SERVICE.client() as client:
            asha = await SERVICE.sign_up(client)
            before = SERVICE.saved()
            headers = asha.headers | {"Content-Type": "application/json"}
            answer = await client.post("/check-transaction", content=body, headers=headers)
            status = answer.status_code
            slugs = {400: "malformed-json", 403: "forbidden", 422: "validation-failed", 413: "payload-too-large"}
            problem(answer, status, slugs[status])
            assert SERVICE.saved() == before
            assert SERVICE.failures == []

    asyncio.run(send())
