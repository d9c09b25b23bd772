"""The shapes on the wire of what operators see."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from upi_risk.domain.review import LONGEST_NOTE, Finding
from upi_risk.entrypoints.http.schemas import RECEIVER, TOKEN, TransactionDetail, TransactionView


class PayerView(Struct, frozen=True):
    """Whose payment it is, masked."""

    user_id: Annotated[str, Meta(examples=["UID-7Q2M4K9XWPRT"])]
    name: Annotated[str, Meta(description="The first character.", examples=["G***"])]
    phone: Annotated[str, Meta(description="The last two digits.", examples=["+91***10"])]
    created_at: datetime
    trust_score: float
    transaction_count: int


class ReviewView(Struct, frozen=True):
    """What a payment was found to be."""

    verdict: Finding
    reviewer: Annotated[str, Meta(description="A user's id, or `key:` and a key's.")]
    reviewed_at: datetime
    note: str


class CaseDetail(TransactionDetail, frozen=True):
    """A payment as an analyst sees it: the receiver is masked, too."""

    payer: PayerView
    review: ReviewView | None


class CaseView(TransactionView, frozen=True):
    """A payment to be reviewed, as a list shows it: the receiver is masked."""

    user_id: str


class CasePage(Struct, frozen=True):
    """Some of the payments to be reviewed, newest first."""

    cases: list[CaseView]
    next_cursor: Annotated[str | None, Meta(description="Pass it as ``cursor`` for older ones; null: no more.")]


class ReviewBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What a payment is found to be."""

    verdict: Finding
    note: Annotated[
        str,
        Meta(
            description=f"Why; at most {LONGEST_NOTE} characters, none of control, no personal data.",
            extra_json_schema=TOKEN | {"maxLength": LONGEST_NOTE},
        ),
    ] = ""


class ReceiverBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A receiver to look at."""

    receiver_upi: Annotated[str, Meta(examples=["merchant@upi"], extra_json_schema=RECEIVER)]


class ReceiverView(Struct, frozen=True):
    """What everybody's payments say of a receiver."""

    receiver_upi: Annotated[str, Meta(description="Masked.", examples=["me***@upi"])]
    known: Annotated[bool, Meta(description="Whether anybody ever paid or reported it.")]
    reputation: Annotated[float, Meta(description="0 to 1; two thirds where nothing is known.")]
    payer_count: int
    report_count: Annotated[int, Meta(description="Fraud reports, ever.")]


class FigureView(Struct, frozen=True):
    """One figure of the last monitoring."""

    name: str
    label: Annotated[str, Meta(description="The feature, segment or quantile that it is of; empty for none.")]
    value: float


class ServiceView(Struct, frozen=True):
    """What decides payments now, and how it does."""

    model_version: str
    feature_set: str
    rules_version: Annotated[str | None, Meta(description="null: they could not be read yet.")]
    figures_at: Annotated[datetime | None, Meta(description="When the figures were taken; null: never.")]
    figures: list[FigureView]


class RuleView(Struct, frozen=True):
    """A rule in force."""

    code: str
    text: Annotated[str, Meta(description="What the payer reads.")]
    decision: str
    hard: Annotated[bool, Meta(description="Whether no allow list overrules it.")]
    when: Annotated[str, Meta(description="Its condition in words.")]


class EntryView(Struct, frozen=True):
    """An entry of a list that counts now."""

    side: str
    kind: str
    subject: Annotated[str, Meta(description="A receiver is masked.")]
    reason: str
    author: str
    added_at: datetime
    expires_at: datetime | None


class RulesView(Struct, frozen=True):
    """Rules and lists in force."""

    version: Annotated[str | None, Meta(description="null: they could not be read yet.")]
    rules: list[RuleView]
    entry_count: int
    entries: Annotated[list[EntryView], Meta(description="The 200 that were added last.")]


class ModelView(Struct, frozen=True):
    """A trained model."""

    version: str
    serving: Annotated[bool, Meta(description="Whether CURRENT names it.")]
    readable: Annotated[bool, Meta(description="False: its card cannot be read; the rest is empty then.")]
    feature_set: str = ""
    split: Annotated[str, Meta(description="The periods that the figures are of.")] = ""
    figures: dict[str, float] = {}


class ModelList(Struct, frozen=True):
    """Every model there is, oldest first."""

    models: list[ModelView]
