"""The routes of the mode in which a phone has to be proven, as the documentation tells them."""

from __future__ import annotations

from typing import Any, Final

from upi_risk.entrypoints.http import errors, otp_schemas, schemas
from upi_risk.entrypoints.http.operations import OPERATIONS, SIGNED_IN, Operation

_CHALLENGE: Final[dict[str, Any]] = {
    "challenge_id": "upc_3gqYw0b6...",
    "expires_in": 300,
    "resend_after": 30,
}
_KEY: Final = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
_SIGNATURE: Final = "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc-bRr0lv18FlbviRlUUFDjnoQCw"
_ANSWERED: Final = {"challenge_id": _CHALLENGE["challenge_id"], "otp": "042137"}
_DEVICE: Final[dict[str, Any]] = {
    "device_id": "dev_8sJ2kQ9xYw1Lm4Ra",
    "device_key": _KEY,
    "created_at": "2026-01-15T09:30:00.123456Z",
    "last_used_at": None,
}
_PERSON: Final = {"name": "Gopal", "phone": "9876543210"}
_SIGN_UP: Final = {**_PERSON, **_ANSWERED}
_LOG_IN: Final = {"phone": "9876543210", **_ANSWERED}
_ADD: Final = {"device_key": _KEY, **_ANSWERED, "device_proof": _SIGNATURE}
_PROVING: Final = {"device_key": _KEY, "device_proof": _SIGNATURE}
_NAMED: Final = ("name", "phone")
_CODED: Final = ("challenge_id", "otp")

_WAYS_IN: Final = (
    Operation(
        "Users", "post", "/signup", "Become a user",
        "In two steps. Name and phone are answered with a challenge, and a code is sent to the phone. The same with "
        "`challenge_id` and `otp` registers the user and signs them in; with `device_key` and `device_proof` the "
        "device can sign in by its key from then on.",
        schemas.SignedIn, SIGNED_IN, (errors.INVALID_OTP, errors.CONFLICT),
        takes=otp_schemas.ProvenSignUpBody, sends=_SIGN_UP, status=201, public=True,
        first_answers=otp_schemas.ChallengeView, first_example=_CHALLENGE,
        steps={"first": _PERSON, "second": _SIGN_UP, "second, with a device": {**_SIGN_UP, **_PROVING}},
        shapes=(_NAMED, (*_NAMED, *_CODED), (*_NAMED, *_CODED, *_PROVING)),
    ),
    Operation(
        "Users", "post", "/login", "Sign in",
        "In two steps. The phone is answered with a challenge, whether or not somebody signed up with it, "
        "and a code is sent to it if so. The same with `challenge_id` and `otp` signs in; instead of the code a "
        "device may sign the challenge (`signature`), and ask for one without a code (`by`).",
        schemas.SignedIn, {**SIGNED_IN, "login_count": 2}, (errors.INVALID_OTP,),
        takes=otp_schemas.ProvenLogInBody, sends=_LOG_IN, public=True,
        first_answers=otp_schemas.ChallengeView, first_example=_CHALLENGE,
        steps={
            "first": {"phone": "9876543210"},
            "second": _LOG_IN,
            "first, by device": {"phone": "9876543210", "by": "device_key"},
            "second, by device": {"phone": "9876543210", "challenge_id": "upc_3gqYw0b6...", "signature": _SIGNATURE},
        },
        shapes=(("phone",), ("phone", *_CODED), ("phone", "challenge_id", "signature")),
    ),
    Operation(
        "Users", "get", "/devices", "One's own devices", "Those that may sign in by their key, oldest first.",
        otp_schemas.DeviceList, {"devices": [_DEVICE]},
    ),
    Operation(
        "Users", "post", "/devices", "Add a device",
        "In two steps. The key is answered with a challenge, and a code is sent to the user's phone: a token alone "
        "adds no device. The same with `challenge_id`, `otp` and `device_proof` adds it. A user has five at most.",
        otp_schemas.DeviceView, _DEVICE, (errors.INVALID_OTP, errors.CONFLICT, errors.NOT_FOUND),
        takes=otp_schemas.DeviceBody, sends=_ADD, status=201,
        first_answers=otp_schemas.ChallengeView, first_example=_CHALLENGE,
        steps={"first": {"device_key": _KEY}, "second": _ADD},
        shapes=(("device_key",), ("device_key", *_CODED, "device_proof")),
    ),
    Operation(
        "Users", "post", "/devices/{device_id}/revoke", "Revoke a device",
        "It signs in no more. Sign-ins that it made go on: `/logout-all` ends them.",
        otp_schemas.DeviceRevoked, {"revoked": "dev_8sJ2kQ9xYw1Lm4Ra"}, (errors.NOT_FOUND,),
        takes=schemas.ReportBody, sends={}, may_be_empty=True, parameters=("device_id",),
    ),
)  # fmt: skip

PROVEN_OPERATIONS: Final = (*_WAYS_IN, *(op for op in OPERATIONS if op.path not in {"/signup", "/login"}))
"""Every documented route of that mode, without the prefix ``/v1``."""
