"""What each route takes and gives, as the documentation tells it; a test holds it equal to the routes there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from upi_risk.entrypoints.http import errors, operator_schemas, overview_examples, schemas

_PROFILE: Final[dict[str, Any]] = {
    "user_id": "UID-7Q2M4K9XWPRT",
    "name": "Gopal",
    "phone": "+919876543210",
    "trust_score": 50.0,
    "login_count": 1,
    "transaction_count": 0,
    "avg_amount": 0.0,
    "account_age": 0.0,
    "created_at": "2026-01-15T09:30:00.123456Z",
    "last_login_at": "2026-01-15T09:30:00.123456Z",
    "last_transaction_at": None,
}
SIGNED_IN: Final[dict[str, Any]] = {
    **_PROFILE,
    "access_token": "upa_mZ0tq3...",
    "refresh_token": "upa_9xQf1c...",
    "token_type": "Bearer",
    "expires_in": 900,
    "token": "upa_mZ0tq3...",
}
_TOKENS: Final = ("access_token", "refresh_token", "token_type", "expires_in", "token")
_SESSION: Final[dict[str, Any]] = {
    "signed_in_at": "2026-01-15T09:30:00.123456Z",
    "renewed_at": "2026-01-15T09:44:00.250000Z",
    "ends_at": "2026-02-14T09:44:00.250000Z",
    "current": True,
}
_ID: Final = "019bc0f1-6d0b-7c3e-9a51-2f4b8d6e7a90"
_ANSWER: Final[dict[str, Any]] = {
    "risk_level": "MEDIUM",
    "risk_score_numeric": 0.45,
    "factors": ["First-time receiver", "Large amount"],
    "decision": "VERIFY",
    "confidence": 0.87,
    "transaction_id": _ID,
}
_VIEW: Final[dict[str, Any]] = {
    "transaction_id": _ID,
    "receiver_upi": "merchant@upi",
    "amount": 5000.0,
    "created_at": "2026-01-15T09:31:07.000512Z",
    "risk_level": "MEDIUM",
    "risk_score_numeric": 0.45,
    "decision": "VERIFY",
    "confidence": 0.87,
    "factors": ["First-time receiver", "Large amount"],
    "status": "PENDING",
    "settled_at": None,
    "reported_at": None,
}
_SETTLED: Final = {**_VIEW, "status": "SETTLED", "settled_at": "2026-01-15T09:31:40.250000Z"}
_DETAIL: Final[dict[str, Any]] = {
    **_VIEW,
    "features": {"amount": 5000.0, "avg_amount": -1.0, "is_first_time": 1.0},
    "factor_details": [{"code": "payee", "text": "First-time receiver"}, {"code": "amount", "text": "Large amount"}],
    "model_version": "v1.0",
    "policy_version": "p1",
    "probability": 0.012,
}

_REVIEW: Final[dict[str, Any]] = {
    "verdict": "fraud",
    "reviewer": "UID-5N3K8W2RQXAT",
    "reviewed_at": "2026-01-16T10:12:00.000000Z",
    "note": "Refund trick.",
}
_CASE: Final[dict[str, Any]] = {
    **_DETAIL,
    "receiver_upi": "me***@upi",
    "payer": {
        "user_id": "UID-7Q2M4K9XWPRT",
        "name": "G***",
        "phone": "+91***10",
        "created_at": "2026-01-15T09:30:00.123456Z",
        "trust_score": 50.0,
        "transaction_count": 1,
    },
    "review": None,
}
_WAITING: Final = {**_VIEW, "receiver_upi": "me***@upi", "user_id": "UID-7Q2M4K9XWPRT"}
_MODEL: Final[dict[str, Any]] = {
    "version": "v2.0",
    "serving": True,
    "readable": True,
    "feature_set": "extended",
    "split": "test 2026-01",
    "figures": {"AUC": 0.97},
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One route.

    Attributes:
        tag: the heading it is shown under.
        answers: the schema of the answer.
        example: one that the schema accepts.
        problems: what may be answered instead, beside what every route may.
        takes: the schema of the body; None if it has none.
        sends: an example of the body.
        may_be_empty: whether the body may be left out.
        parameters: names of the parameters, see ``openapi.PARAMETERS``.
        public: whether it is answered without a token.
        first_answers: of a route in two steps, the schema of the answer to the first, with status 200.
        first_example: one that this schema accepts.
        steps: examples of the bodies of a route in steps, by what they do.
        shapes: the fields that have to be in the body of each step; one of another step must not be.
    """

    tag: str
    method: str
    path: str
    summary: str
    description: str
    answers: type[msgspec.Struct]
    example: Any
    problems: tuple[errors.Kind, ...] = ()
    takes: type[msgspec.Struct] | None = None
    sends: Any = None
    may_be_empty: bool = False
    parameters: tuple[str, ...] = ()
    status: int = 200
    public: bool = False
    first_answers: type[msgspec.Struct] | None = None
    first_example: Any = None
    steps: Mapping[str, Any] = field(default_factory=dict)
    shapes: tuple[tuple[str, ...], ...] = ()


OPERATIONS: Final = (
    Operation(
        "Users", "post", "/signup", "Become a user", "Registers a name and a phone and signs the new user in.",
        schemas.SignedIn, SIGNED_IN, (errors.CONFLICT,),
        takes=schemas.SignUpBody, sends={"name": "Gopal", "phone": "9876543210"}, status=201, public=True,
    ),
    Operation(
        "Users", "post", "/login", "Sign in", "Counts the sign-in and gives new tokens.",
        schemas.SignedIn, {**SIGNED_IN, "login_count": 2}, (errors.NOT_FOUND,),
        takes=schemas.LogInBody, sends={"phone": "9876543210"}, public=True,
    ),
    Operation(
        "Payments", "post", "/check-transaction", "Ask how risky a payment is",
        "Answers after the payment is durably recorded. With the same idempotency key and the same payment the stored "
        "answer comes again, with the header `Idempotent-Replayed: true`. In the demo mode the receivers `low@test`, "
        "`medium@test` and `high@test` always get that level.",
        schemas.CheckAnswer, _ANSWER, (errors.FORBIDDEN, errors.NOT_FOUND, errors.KEY_REUSED),
        takes=schemas.CheckBody, sends={"user_id": "UID-DEMO-001", "receiver_upi": "merchant@upi", "amount": 5000.0},
        parameters=("idempotency_key",),
    ),
    Operation(
        "Users", "get", "/me", "One's own profile", "The token's user, as last recorded.",
        schemas.Profile, _PROFILE, (errors.NOT_FOUND,),
    ),
    Operation(
        "Users", "post", "/token/refresh", "Exchange the refresh token",
        "Gives new tokens; the refresh token that came is worth nothing from then on. Within 10 seconds it may come "
        "once more, in case the answer was lost, and gets the same refresh token. Later it ends the sign-in: somebody "
        "has a copy.",
        schemas.NewTokens, {name: SIGNED_IN[name] for name in _TOKENS}, (errors.UNAUTHENTICATED,),
        takes=schemas.RefreshBody, sends={"refresh_token": "upa_9xQf1c..."}, public=True,
    ),
    Operation(
        "Users", "post", "/logout", "Sign out",
        "Ends the sign-in of this token. From the answer on none of its tokens works.",
        schemas.SignedOut, {"ended": "session"}, takes=schemas.ReportBody, sends={}, may_be_empty=True,
    ),
    Operation(
        "Users", "post", "/logout-all", "Sign out everywhere", "Ends every sign-in of the token's user.",
        schemas.SignedOut, {"ended": "all"}, takes=schemas.ReportBody, sends={}, may_be_empty=True,
    ),
    Operation(
        "Users", "get", "/sessions", "One's own sign-ins", "Those that still live, newest first; at most five.",
        schemas.SignInList, {"sessions": [_SESSION]},
    ),
    Operation(
        "Payments", "get", "/transactions", "One's own payments", "Checked payments, newest first, a page at a time.",
        schemas.TransactionPage, {"transactions": [_VIEW], "next_cursor": "AAZIZ-oVeAA"},
        parameters=("cursor", "limit"),
    ),
    Operation(
        "Payments", "get", "/transactions/{transaction_id}", "One payment",
        "With the features and versions its answer came from.",
        schemas.TransactionDetail, _DETAIL, (errors.NOT_FOUND,), parameters=("transaction_id",),
    ),
    Operation(
        "Payments", "post", "/transactions/{transaction_id}/confirm", "Say what became of a payment to verify",
        "Confirmed, it settles now; not confirmed, it was given up. The same outcome again changes nothing, the other "
        "one is a conflict, as is an outcome for a payment that was not to be verified.",
        schemas.TransactionView, _SETTLED, (errors.NOT_FOUND, errors.CONFLICT),
        takes=schemas.ConfirmBody, sends={"confirmed": True}, may_be_empty=True, parameters=("transaction_id",),
    ),
    Operation(
        "Payments", "post", "/transactions/{transaction_id}/report", "Report a payment as fraud",
        "A label to learn from, and a mark against the receiver. The first report stands, a second changes nothing.",
        schemas.TransactionView, {**_SETTLED, "reported_at": "2026-01-16T18:02:11.500000Z"}, (errors.NOT_FOUND,),
        takes=schemas.ReportBody, sends={}, may_be_empty=True, parameters=("transaction_id",),
    ),
    Operation(
        "Operators", "get", "/admin/models", "Trained models", "For admins, and keys that read.",
        operator_schemas.ModelList, {"models": [_MODEL]}, (errors.FORBIDDEN,),
    ),
    Operation(
        "Operators", "get", "/admin/transactions/{transaction_id}", "Anybody's payment",
        "For analysts, and keys that read. Personal data is masked.",
        operator_schemas.CaseDetail, _CASE, (errors.FORBIDDEN, errors.NOT_FOUND), parameters=("transaction_id",),
    ),
    Operation(
        "Operators", "get", "/reviews", "Payments to be reviewed",
        "For analysts, and keys that review. Those answered VERIFY or BLOCK that nobody has reviewed, newest first.",
        operator_schemas.CasePage, {"cases": [_WAITING], "next_cursor": None}, (errors.FORBIDDEN,),
        parameters=("case_cursor", "limit"),
    ),
    Operation(
        "Operators", "post", "/reviews/{transaction_id}", "Say what a payment was",
        "For analysts, and keys that review. The first verdict stands, the other one is a conflict. An analyst is "
        "believed before the payer: `fraud` counts as a report, `genuine` takes the payer's report back.",
        operator_schemas.ReviewView, _REVIEW, (errors.FORBIDDEN, errors.NOT_FOUND, errors.CONFLICT),
        takes=operator_schemas.ReviewBody, sends={"verdict": "fraud", "note": "Refund trick."},
        parameters=("transaction_id",),
    ),
    Operation(
        "Operators", "get", "/admin/service", "What decides payments, and how it does",
        "For analysts, and keys that read. The figures are those of the last monitoring, see docs/operating.md.",
        operator_schemas.ServiceView, overview_examples.SERVICE, (errors.FORBIDDEN,),
    ),
    Operation(
        "Operators", "get", "/admin/rules", "Rules and lists in force",
        "For analysts, and keys that read. Receivers on lists are masked.",
        operator_schemas.RulesView, overview_examples.RULES, (errors.FORBIDDEN,),
    ),
    Operation(
        "Operators", "post", "/admin/receivers", "Look at a receiver",
        "For analysts, and keys that read. What everybody's payments say of it; it is in the body, not in the path.",
        operator_schemas.ReceiverView, overview_examples.RECEIVER, (errors.FORBIDDEN,),
        takes=operator_schemas.ReceiverBody, sends={"receiver_upi": "merchant@upi"},
    ),
    Operation(
        "Health", "get", "/health/live", "Does the process live?", "Answers without asking anything else.",
        schemas.Health, {"status": "live", "checks": {}}, public=True,
    ),
    Operation(
        "Health", "get", "/health/ready", "Can payments be answered?",
        "503 when something that answers depend on does not work.",
        schemas.Health, {"status": "ready", "checks": {"postgres": True, "model": True}},
        (errors.UNAVAILABLE_DEPENDENCY,), public=True,
    ),
)  # fmt: skip
"""Every documented route, without the prefix ``/v1``."""
