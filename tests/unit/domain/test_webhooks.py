"""Events, subscriptions, signatures and pauses of webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

import pytest

from tests.builders import NOON, SHOP, a_payment, a_transaction
from upi_risk.domain.decision import Decision
from upi_risk.domain.errors import InvalidInputError
from upi_risk.domain.history import FraudReport
from upi_risk.domain.outbox import Answered
from upi_risk.domain.webhooks import (
    PAUSES,
    EventKind,
    Webhook,
    checked_url,
    event_of_label,
    event_of_promotion,
    events_of_decision,
    headers_of,
    may_reach,
    next_attempt,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_signature_is_the_one_of_the_specification() -> None:
    """The example of Standard Webhooks: its id, time, body and secret give its signature."""
    at = NOON.fromtimestamp(1614265330, NOON.tzinfo)
    headers = headers_of(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330")


def test_a_signature_covers_id_time_and_body() -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    headers = headers_of(SECRET, "id", NOON, "{}")
    signed = f"id.{int(NOON.timestamp())}.{{}}".encode()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def test_decisions_ask_for_a_review_unless_they_allow() -> None:
    kinds = {
        decision: [event.kind for event in events_of_decision(a_transaction(a_payment("U"), decision))]
        for decision in Decision
    }
    both = [EventKind.DECISION_MADE, EventKind.REVIEW_NEEDED]
    assert kinds == {Decision.ALLOW: both[:1], Decision.VERIFY: both, Decision.BLOCK: both}


def test_no_event_names_a_receiver() -> None:
    told = [
        *events_of_decision(a_transaction(a_payment("U"), Decision.BLOCK)),
        event_of_label(FraudReport("U", "T", SHOP, NOON)),
    ]
    assert not any(SHOP in str(event.body) for event in told)
    assert event_of_promotion("v2.0", NOON).event_id == f"model_v2-0_{int(NOON.timestamp())}"


@pytest.mark.parametrize(
    "url",
    [
        "https://psp.example/hook",
        "https://psp.example:8443/a?b=c",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/x",
        "https://[64:ff9b::808:808]/",
    ],
)
def test_a_public_https_url_may_be_sent_to(url: str) -> None:
    assert checked_url(url, loopback=False) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://psp.example/hook",
        "ftp://psp.example",
        "https://",
        "psp.example",
        "https://user:pw@psp.example/",
        "https://psp.example/#f",
        "https://127.0.0.1/",
        "https://10.0.0.8/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://0.0.0.0/",
        "https://[::ffff:10.0.0.1]/",
        "https://224.0.0.1/",
        "https://[bad",
        "https://psp.example:99999/",
        "https://p\u00fcsp.example/",
        "https://a\n.example/",
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "https://192.0.0.192/",
        "https://[64:ff9b::a00:8]/",
        "https://[64:ff9b:1::a00:8]/",
        "https://[2002:a00:8::]/",
        "https://[::127.0.0.1]/",
        "https://[::ffff:0:10.0.0.8]/",
        "https://[fec0::1]/",
        "https://a..example/",
        "https://" + "a" * 64 + ".example/",
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    """Removed: the check of addresses; the metadata service of a cloud could be sent to. Likewise what leads inside."""
    with pytest.raises(InvalidInputError, match="url"):
        checked_url(url, loopback=False)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://localhost:9/", "http://[::1]:9/", "https://127.0.0.1/"]
)
def test_this_machine_may_be_sent_to_in_development(url: str) -> None:
    assert checked_url(url, loopback=True) == url
    with pytest.raises(InvalidInputError):
        checked_url("http://10.0.0.8/", loopback=True)
    assert may_reach("127.0.0.1", loopback=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("secret", "whsec_QUJD"), ("secret", "whsec_***"), ("kinds", frozenset()), ("webhook_id", " "), ("author", "")],
)
def test_a_subscription_nobody_could_verify_is_refused(field: str, value: object) -> None:
    known: dict[str, object] = {
        "webhook_id": "psp", "url": "https://psp.example", "secret": SECRET, "kinds": frozenset(EventKind),
        "author": "asha", "created_at": NOON,
    }  # fmt: skip
    Webhook(**known)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match=field):
        Webhook(**(known | {field: value}))  # type: ignore[arg-type]


def test_pauses_grow_are_jittered_and_end() -> None:
    assert next_attempt(1, NOON, 0.0) == NOON + timedelta(seconds=5)
    assert next_attempt(2, NOON, 0.5) == NOON + timedelta(seconds=330)
    assert next_attempt(len(PAUSES), NOON, 0.0) == NOON + timedelta(days=1)
    assert next_attempt(len(PAUSES) + 1, NOON, 0.0) is None
    assert list(PAUSES) == sorted(PAUSES)


def test_what_a_subscriber_answers_is_taken_or_not() -> None:
    assert [Answered(status).taken for status in (199, 200, 299, 302, 500)] == [False, True, True, False, False]
    assert (Answered(410).final, Answered(500).final) == (True, False)
    assert not Answered(None, "ConnectError").taken
    assert [str(Answered(503)), str(Answered(None, "ConnectError"))] == ["status 503", "ConnectError"]
