"""The shapes on the wire; what each field means is said here and shown at ``/docs``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Raw, Struct

from upi_risk.domain.decision import Decision, Level
from upi_risk.domain.transaction import Status

# What the documentation says of texts; the domain reads them, and says more exactly what is wrong.
_GAP: Final = "[ ().-]*"
PHONE: Final = {
    "type": "string",
    "maxLength": 32,
    "pattern": rf"^ *\+?{_GAP}(?:(?:0{_GAP}0{_GAP})?9{_GAP}1{_GAP}|0{_GAP})?[6-9](?:{_GAP}[0-9]){{9}}{_GAP}$",
}
_HIDDEN: Final = (  # of control or direction
    r"\u0000-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\ufeff\ufff9-\ufffb"
)
NAME: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": 100,
    "pattern": rf"^[^{_HIDDEN}]*[^\s{_HIDDEN}][^{_HIDDEN}]*$",
}
RECEIVER: Final = {
    "type": "string",
    "minLength": 5,
    "maxLength": 255,
    "pattern": r"^ *[A-Za-z0-9][A-Za-z0-9._-]{1,180}@[A-Za-z][A-Za-z0-9]{1,63} *$",
}
USER: Final = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^[^\u0000-\u001f\u007f-\u009f]+$"}
TOKEN: Final = {"type": "string", "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"}
KEY: Final = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^[\x21-\x7e]+$"}

Rupees = Annotated[float, Meta(description="Rupees, at most two decimals.", examples=[1499.5])]
Score = Annotated[float, Meta(description="Risk from 0 to 1, to four decimals.", examples=[0.45])]
Confidence = Annotated[
    float,
    Meta(description="How sure we are of the side the score is on, 0.5 to 1, to two decimals.", examples=[0.87]),
]
Factors = Annotated[
    list[str],
    Meta(
        description="Reasons, as sentences for the payer; what moved the score most comes first.",
        examples=[["First-time receiver", "Large amount"]],
    ),
]


class SignUpBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A person who wants to become a user."""

    name: Annotated[
        str,
        Meta(
            description="1 to 100 characters, none of control or direction.",
            examples=["Gopal"],
            extra_json_schema=NAME,
        ),
    ]
    phone: Annotated[
        str,
        Meta(
            description="An Indian mobile number, with or without +91.",
            examples=["9876543210"],
            extra_json_schema=PHONE,
        ),
    ]


class LogInBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A user who wants to sign in."""

    phone: Annotated[
        str,
        Meta(
            description="The number given at sign-up, in any spelling.",
            examples=["9876543210"],
            extra_json_schema=PHONE,
        ),
    ]


class CheckBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A payment about to be made."""

    user_id: Annotated[
        str,
        Meta(description="The payer; must be the token's user.", examples=["UID-DEMO-001"], extra_json_schema=USER),
    ]
    receiver_upi: Annotated[
        str,
        Meta(
            description="The payee's UPI id; case does not matter.",
            examples=["merchant@upi"],
            extra_json_schema=RECEIVER,
        ),
    ]
    amount: Annotated[
        Raw,
        Meta(
            description="Rupees, a JSON number with at most two decimals, read exactly.",
            examples=[5000.0],
            extra_json_schema={"type": "number", "minimum": 0.01, "maximum": 1_000_000, "multipleOf": 0.01},
        ),
    ]
    transaction_id: Annotated[
        str | None,
        Meta(
            description="The app's own id of the payment, 1 to 64 visible ASCII characters; does what an "
            "Idempotency-Key header does, which takes precedence.",
            examples=["app-7f3a"],
            extra_json_schema=KEY,
        ),
    ] = None


class ConfirmBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a payment that had to be verified."""

    confirmed: Annotated[bool, Meta(description="True: it goes through. False: it was given up.")] = True


class ReportBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing; the path says it all."""


class Profile(Struct, frozen=True):
    """A user, as the user may see themselves."""

    user_id: Annotated[str, Meta(examples=["UID-7Q2M4K9XWPRT"])]
    name: str
    phone: Annotated[str, Meta(description="E.164.", examples=["+919876543210"])]
    trust_score: Annotated[float, Meta(description="0 to 100; 50 for a new account.", examples=[50.0])]
    login_count: Annotated[int, Meta(description="Sign-ins so far, the sign-up among them.")]
    transaction_count: Annotated[int, Meta(description="Payments asked about so far, whatever the answer.")]
    avg_amount: Annotated[float, Meta(description="Mean of the settled payments in rupees; 0 if there is none.")]
    account_age: Annotated[float, Meta(description="Days since sign-up.", examples=[12.5])]
    created_at: datetime
    last_login_at: datetime
    last_transaction_at: Annotated[datetime | None, Meta(description="When a payment last settled; null if never.")]


class SignedIn(Profile, frozen=True):
    """A user with the tokens of a new session."""

    access_token: Annotated[str, Meta(examples=["upa_mZ0t..."])]
    refresh_token: Annotated[str, Meta(examples=["upa_9xQf..."])]
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Meta(description="Seconds that the access token is good for.", examples=[900])]
    token: Annotated[str, Meta(description="The access token once more.", examples=["upa_mZ0t..."])]


class RefreshBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A refresh token, to be exchanged."""

    refresh_token: Annotated[
        str, Meta(description="The one that came last.", examples=["upa_9xQf..."], extra_json_schema=TOKEN)
    ]


class NewTokens(Struct, frozen=True):
    """The tokens that take over."""

    access_token: Annotated[str, Meta(examples=["upa_mZ0t..."])]
    refresh_token: Annotated[str, Meta(examples=["upa_9xQf..."])]
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Meta(description="Seconds that the access token is good for.", examples=[900])]
    token: Annotated[str, Meta(description="The access token once more.", examples=["upa_mZ0t..."])]


class SignInView(Struct, frozen=True):
    """A sign-in of one's own that still lives."""

    signed_in_at: datetime
    renewed_at: Annotated[datetime, Meta(description="When its refresh token was last exchanged.")]
    ends_at: Annotated[datetime, Meta(description="When it ends unless it is renewed, or for good.")]
    current: Annotated[bool, Meta(description="Whether it is the one that asks.")]


class SignInList(Struct, frozen=True):
    """One's own sign-ins, newest first."""

    sessions: list[SignInView]


class SignedOut(Struct, frozen=True):
    """What has been ended."""

    ended: Annotated[Literal["session", "all"], Meta(description="This sign-in, or all of the user's.")]


class CheckAnswer(Struct, frozen=True):
    """How risky a payment is, and what to do."""

    risk_level: Level
    risk_score_numeric: Score
    factors: Factors
    decision: Decision
    confidence: Confidence
    transaction_id: Annotated[str, Meta(description="Our id, for confirm and report.")]


class TransactionView(Struct, frozen=True):
    """A payment that was checked, and what became of it."""

    transaction_id: str
    receiver_upi: Annotated[str, Meta(examples=["merchant@upi"])]
    amount: Rupees
    created_at: datetime
    risk_level: Level
    risk_score_numeric: Score
    decision: Decision
    confidence: Confidence
    factors: Factors
    status: Status
    settled_at: Annotated[datetime | None, Meta(description="When the payment happened; null if it has not.")]
    reported_at: Annotated[datetime | None, Meta(description="When it was called fraud; null if never.")]


class FactorView(Struct, frozen=True):
    """A reason, with its stable name."""

    code: Annotated[str, Meta(examples=["payee"])]
    text: Annotated[str, Meta(examples=["First-time receiver"])]


class TransactionDetail(TransactionView, frozen=True):
    """A checked payment with all that its answer came from."""

    features: Annotated[dict[str, float], Meta(description="What was scored; -1 is 'there is none'.")]
    factor_details: list[FactorView]
    model_version: Annotated[str, Meta(examples=["v1.0"])]
    policy_version: Annotated[str, Meta(examples=["p1"])]
    probability: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="Of fraud, calibrated; null where none was kept.", examples=[0.012]),
    ]


class TransactionPage(Struct, frozen=True):
    """Some of a user's checked payments, newest first."""

    transactions: list[TransactionView]
    next_cursor: Annotated[str | None, Meta(description="Pass it as ``cursor`` for older ones; null: no more.")]


class Health(Struct, frozen=True):
    """That the service lives, or is ready."""

    status: Literal["live", "ready"]
    checks: dict[str, bool] = {}


class FieldError(Struct, frozen=True):
    """A field that is not valid."""

    field: Annotated[str, Meta(description="A name of the schema, or 'body'.", examples=["amount"])]
    code: Annotated[str, Meta(description="From the closed list in docs/api.md.", examples=["too_large"])]


class Problem(Struct, frozen=True, omit_defaults=True):
    """Why a request got no answer (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] | None = None
    fallback_decision: Literal["VERIFY"] | None = None
    checks: dict[str, bool] | None = None
