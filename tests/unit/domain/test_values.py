"""UPI ids, phones, names and instants as they come from outside."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import strategies
from upi_risk.domain.errors import InvalidInputError
from upi_risk.domain.indian_time import epoch_us, from_epoch_us, indian_day
from upi_risk.domain.payment import person_name, phone_number, upi_id


def test_the_shortest_and_the_longest_upi_id_are_ones() -> None:
    assert upi_id("2b@ab") == "2b@ab"
    assert upi_id("x" * 251 + "@upi") == "x" * 251 + "@upi"
    with pytest.raises(InvalidInputError):
        upi_id("x" * 252 + "@upi")


@pytest.mark.parametrize("text", ["Merchant@UPI", " merchant@upi ", "merchant@upi"])
def test_a_upi_id_has_one_spelling(text: str) -> None:
    assert upi_id(text) == "merchant@upi"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ab@b",
        "a@bank",
        "merchant",
        "mer@chant@upi",
        "merchant@",
        "@upi",
        "merchant@1pi",
        "merchant@u",
        "a.b@okaxis\n",
        "mer chant@upi",
        ".merchant@upi",
        "m\u0435rchant@upi",
        "merchant@upi\x00",
        "x" * 254 + "@upi",
        "merchant@" + "u" * 65,
    ],
)
def test_what_is_no_upi_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        upi_id(text)
    assert (refused.value.field, refused.value.code) == ("receiver_upi", "wrong_format")


@given(strategies.upi_ids)
def test_a_canonical_upi_id_stays_as_it_is(text: str) -> None:
    assert upi_id(text.upper()) == text


@pytest.mark.parametrize(
    "text",
    [
        "9876543210",
        "09876543210",
        "919876543210",
        "+919876543210",
        "00919876543210",
        "+91 98765-43210",
        "(+91) 98765 43210",
    ],
)
def test_a_phone_has_one_spelling(text: str) -> None:
    assert phone_number(text.replace("(+91)", "+91")) == "+919876543210"


def test_a_ten_digit_phone_may_itself_begin_with_91() -> None:
    assert phone_number("9198765432") == "+919198765432"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5987654321",
        "98765432101",
        "987654321",
        "+1 2025550123",
        "98765x3210",
        "९८७६५४३२१०",
        "9876543210\n",
        "9" * 33,
    ],
)
def test_what_is_no_indian_mobile_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        phone_number(text)


def test_a_name_is_trimmed_and_composed() -> None:
    assert person_name("  Rene\u0301e ") == "Ren\u00e9e"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "too_short"),
        ("   ", "too_short"),
        ("x" * 101, "too_long"),
        ("x" * 10_000, "too_long"),
        ("a\x00b", "invalid_char"),
        ("a\nb", "invalid_char"),
        ("\u202egnp.exe", "invalid_char"),
        ("a\ud800b", "invalid_char"),
    ],
)
def test_what_is_no_name_is_refused(text: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        person_name(text)
    assert refused.value.code == code


@given(strategies.names)
def test_a_name_that_is_accepted_is_accepted_again_unchanged(text: str) -> None:
    try:
        name = person_name(text)
    except InvalidInputError:
        return
    assert person_name(name) == name
    assert unicodedata.is_normalized("NFC", name)


@given(st.integers(-(2**51), 2**51))
def test_instants_and_their_numbers_are_the_same_thing(us: int) -> None:
    assert epoch_us(from_epoch_us(us)) == us


def test_an_indian_day_begins_at_half_past_six_in_the_evening_utc() -> None:
    midnight = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
    assert indian_day(midnight) == indian_day(midnight - timedelta(microseconds=1)) + 1
    assert indian_day(datetime(1970, 1, 1, tzinfo=UTC)) == 0
