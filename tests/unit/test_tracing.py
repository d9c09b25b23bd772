"""Which trace a request belongs to."""

import pytest

from upi_risk.entrypoints.http.tracing import trace_of

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
OWN = "019bc0f1-6d0b-7c3e-9a51-2f4b8d6e7a90"


@pytest.mark.parametrize(
    "text", [f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00", f"cc-{TRACE}-{SPAN}-01-what-will-be"]
)
def test_the_trace_that_is_named_is_kept(text: str) -> None:
    assert trace_of(text.encode(), OWN) == TRACE


@pytest.mark.parametrize(
    "text",
    ["", "00", f"00-9876543210-{SPAN}-01", f"ff-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01",
     f"00-{TRACE}-{'0' * 16}-01",
     f"00-{TRACE.upper()}-{SPAN}-01",     f"00-{TRACE}-{SPAN}"],
)  # fmt: skip
def test_where_none_is_named_as_it_must_be_it_is_one_of_its_own(text: str) -> None:
    assert trace_of(text.encode(), OWN) == OWN.replace("-", "")
