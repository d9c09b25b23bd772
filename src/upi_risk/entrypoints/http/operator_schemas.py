"""The shapes on the wire of what operators see."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from upi_risk.domain.review import LONGEST_NOTE, Finding
from upi_risk.entrypoints.http.schemas import TransactionDetail, TransactionView


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
    note: Annotated[str, Meta(description=f"Why; at most {LONGEST_NOTE} characters, no personal data.")] = ""


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
