"""Telling others what happened: events, who subscribed to them, and how a message is signed and tried again.

Headers and signature are those of Standard Webhooks (https://www.standardwebhooks.com), version 1 of the specification.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from upi_risk.domain.decision import Decision
from upi_risk.domain.errors import InvalidInputError
from upi_risk.domain.history import FraudReport
from upi_risk.domain.transaction import Transaction

_TRANSLATED: Final = ip_network("64:ff9b::/96")
"""IPv6 addresses that stand for IPv4 ones, which their last 32 bits are."""

_INNER: Final = tuple(
    map(
        ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "2002::/16", "fec0::/10"),
    )
)
"""Networks that Python takes for public ones, and that lead inside: special uses, tunnels, translations."""


class EventKind(StrEnum):
    """What is told of."""

    DECISION_MADE = "decision.made"
    REVIEW_NEEDED = "review.needed"
    LABEL_ARRIVED = "label.arrived"
    MODEL_PROMOTED = "model.promoted"


class Event(NamedTuple):
    """Something that happened; the data names no receiver, no phone and no name.

    Attributes:
        event_id: the same whenever the same thing is told.
        kind: what it is.
        at: when it happened.
        data: plain values.
    """

    event_id: str
    kind: EventKind
    at: datetime
    data: Mapping[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        """The message's body."""
        return {"type": self.kind.value, "timestamp": self.at.isoformat(), "data": dict(self.data)}


def events_of_decision(transaction: Transaction) -> Iterator[Event]:
    """A decision, and that somebody should look at it unless it is to allow."""
    payment, said = transaction.payment, transaction.assessment
    data = {
        "transaction_id": payment.transaction_id,
        "user_id": payment.user_id,
        "amount_paise": payment.amount_paise,
        "decision": said.decision.value,
        "risk_level": said.level.value,
        "risk_score": said.score,
        "factors": [factor.code for factor in said.factors],
        "model_version": said.model_version,
        "rules_version": transaction.rules_version,
    }
    yield Event(f"decision_{payment.transaction_id}", EventKind.DECISION_MADE, payment.at, data)
    if said.decision is not Decision.ALLOW:
        yield Event(f"review_{payment.transaction_id}", EventKind.REVIEW_NEEDED, payment.at, data)


def event_of_label(report: FraudReport) -> Event:
    """A payment was called fraud."""
    data = {"transaction_id": report.transaction_id, "user_id": report.user_id, "source": report.source}
    return Event(f"label_{report.transaction_id}", EventKind.LABEL_ARRIVED, report.reported_at, data)


def event_of_promotion(version: str, at: datetime) -> Event:
    """Another model is to serve."""
    name = f"model_{version.replace('.', '-')}_{int(at.timestamp())}"
    return Event(name, EventKind.MODEL_PROMOTED, at, {"model_version": version})


SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what secrets begin with
LEAST_SECRET: Final = 24
MOST_SECRET: Final = 64


@dataclass(frozen=True, slots=True)
class Webhook:
    """A subscription.

    Attributes:
        webhook_id: its name, chosen by who added it.
        url: where messages go; see :func:`checked_url`.
        secret: ``whsec_`` and 24 to 64 bytes in base64.
        kinds: what is told.
        author: who added it.
        created_at: when.
    """

    webhook_id: str
    url: str
    secret: str
    kinds: frozenset[EventKind]
    author: str
    created_at: datetime

    def __post_init__(self) -> None:
        """Refuse what nobody could verify or wants to hear.

        Raises:
            InvalidInputError: ``secret``, ``kinds``, ``webhook_id`` or ``author`` will not do.
        """
        if not LEAST_SECRET <= len(key_of(self.secret)) <= MOST_SECRET:
            raise InvalidInputError("secret", "wrong_format")
        if not self.kinds:
            raise InvalidInputError("kinds", "too_short")
        for name, text in (("webhook_id", self.webhook_id), ("author", self.author)):
            if not text.strip():
                raise InvalidInputError(name, "too_short")


def key_of(secret: str) -> bytes:
    """The key in a secret.

    Raises:
        InvalidInputError: it is none.
    """
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise InvalidInputError("secret", "wrong_format") from None


def checked_url(url: str, *, loopback: bool) -> str:
    """A URL that messages may go to: https, without a user, a fragment or an address that is not public.

    A name may still lead to such an address: that is checked when it is looked up, at each delivery.

    Args:
        url: as given.
        loopback: whether ``http`` to this machine is let through, for development.

    Raises:
        InvalidInputError: ``url`` may not be sent to.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        (host or "").encode("idna")  # as it will be looked up
    except ValueError:  # that of texts that cannot be encoded is one, too
        raise InvalidInputError("url", "wrong_format") from None
    if not host or parts.username is not None or parts.fragment or not url.isascii() or not url.isprintable():
        raise InvalidInputError("url", "wrong_format")
    if loopback and parts.scheme == "http" and _is_loopback(host):
        return url
    if parts.scheme != "https" or (_is_address(host) and not may_reach(host, loopback=loopback)):
        raise InvalidInputError("url", "wrong_format")
    return url


def may_reach(address: str, *, loopback: bool) -> bool:
    """Whether a message may go to an IP address: a public one, or this machine's own in development."""
    found = ip_address(address)
    if isinstance(found, IPv6Address) and found in _TRANSLATED:
        found = IPv4Address(int(found) & 0xFFFFFFFF)
    inner = any(found in network for network in _INNER)
    return (found.is_global and not found.is_multicast and not inner) or (loopback and found.is_loopback)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def headers_of(secret: str, event_id: str, at: datetime, body: str) -> dict[str, str]:
    """The headers of a message: its id, the time it is sent, and the signature over both and the body."""
    timestamp = str(int(at.timestamp()))
    signed = f"{event_id}.{timestamp}.{body}".encode()
    signature = base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()
    return {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""After the first failure, the second …: those of the specification's example, three and a half days in all."""

JITTER: Final = 0.2
"""A pause is longer by up to this share, so that what failed together is not tried again together."""


def next_attempt(attempts: int, at: datetime, luck: float) -> datetime | None:
    """When to try again after so many attempts; None for never.

    Args:
        attempts: made, 1 or more.
        at: when the last one failed.
        luck: 0 to 1, drawn anew for each.
    """
    if attempts > len(PAUSES):
        return None
    return at + PAUSES[attempts - 1] * (1 + JITTER * luck)
