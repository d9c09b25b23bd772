"""The shapes on the wire where a phone has to be proven."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from upi_risk.entrypoints.http.schemas import NAME, PHONE, TOKEN

DEVICE_KEY: Final = {"type": "string", "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"}
SIGNATURE: Final = {"type": "string", "pattern": "^[A-Za-z0-9_-]{85}[AQgw]$"}

_NAME = Annotated[
    str,
    Meta(description="1 to 100 characters, none of control or direction.", examples=["Gopal"], extra_json_schema=NAME),
]
_PHONE = Annotated[
    str,
    Meta(description="An Indian mobile number, with or without +91.", examples=["9876543210"], extra_json_schema=PHONE),
]
_CHALLENGE = Annotated[
    str | None, Meta(description="As the first step gave it.", examples=["upc_mZ0t..."], extra_json_schema=TOKEN)
]
_CODE = Annotated[
    str | None, Meta(description="The six digits that the phone got.", examples=["042137"], extra_json_schema=TOKEN)
]
_KEY = Annotated[
    str | None,
    Meta(
        description="An Ed25519 public key, 32 bytes in base64url without padding.",
        examples=["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
        extra_json_schema=DEVICE_KEY,
    ),
]
_PROOF = Annotated[
    str | None,
    Meta(
        description="The key's signature, in base64url without padding, of three lines: `upi-risk add device v1`, the "
        "challenge_id, the device_key.",
        examples=["5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc-bRr0lv18FlbviRlUUFDjnoQCw"],
        extra_json_schema=SIGNATURE,
    ),
]


class ProvenSignUpBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A person who wants to become a user: name and phone first, then these again with the code."""

    name: _NAME
    phone: _PHONE
    challenge_id: _CHALLENGE = None
    otp: _CODE = None
    device_key: _KEY = None
    device_proof: _PROOF = None


class ProvenLogInBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A user who wants to sign in: the phone first, then it again with the code or a signature."""

    phone: _PHONE
    challenge_id: _CHALLENGE = None
    otp: _CODE = None
    signature: Annotated[
        str | None,
        Meta(
            description="A device key's signature, in base64url without padding, of two lines: `upi-risk log in v1`, "
            "the challenge_id.",
            extra_json_schema=TOKEN,
        ),
    ] = None
    by: Annotated[
        Literal["code", "device_key"],
        Meta(description="`device_key` asks for a challenge to sign, without a code."),
    ] = "code"


class DeviceBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A device to sign in with: its key first, then it again with the proof and the code."""

    device_key: Annotated[
        str,
        Meta(
            description="As at sign-up.",
            examples=["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
            extra_json_schema=DEVICE_KEY,
        ),
    ]
    challenge_id: _CHALLENGE = None
    otp: _CODE = None
    device_proof: _PROOF = None


class ChallengeView(Struct, frozen=True):
    """A challenge, the same whether or not somebody has the phone."""

    challenge_id: Annotated[str, Meta(description="To be sent back with the answer.", examples=["upc_mZ0t..."])]
    expires_in: Annotated[int, Meta(description="Seconds that it may be answered.", examples=[300])]
    resend_after: Annotated[int, Meta(description="Seconds to wait before asking for another code.", examples=[30])]


class DeviceView(Struct, frozen=True):
    """A device that its user may sign in with."""

    device_id: Annotated[str, Meta(examples=["dev_8sJ2kQ9xYw1Lm4Ra"])]
    device_key: Annotated[str, Meta(description="Its public key.")]
    created_at: datetime
    last_used_at: Annotated[datetime | None, Meta(description="When it last signed in; null if never.")]


class DeviceList(Struct, frozen=True):
    """One's own devices, oldest first."""

    devices: list[DeviceView]


class DeviceRevoked(Struct, frozen=True):
    """What signs in no more."""

    revoked: Annotated[str, Meta(description="The device's id.")]
