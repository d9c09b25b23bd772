"""Entries of the allow and block lists: whom they name, and when they count."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import NOON, SHOP, later
from upi_risk.domain.errors import InvalidInputError
from upi_risk.domain.lists import Kind, ListEntry, Lists, Side, subject_of


def an_entry(
    kind: Kind = Kind.RECEIVER,
    subject: str = SHOP,
    side: Side = Side.BLOCK,
    **more: Any,  # noqa: ANN401 - a field's own type
) -> ListEntry:
    known: dict[str, Any] = {"reason": "reported", "author": "asha", "added_at": NOON} | more
    return ListEntry(side, kind, subject, **known)


def test_an_entry_counts_from_when_it_is_added_until_it_expires() -> None:
    entry = an_entry(expires_at=later(hours=1))
    assert not entry.counts(later(seconds=-1))
    assert entry.counts(NOON)
    assert entry.counts(later(minutes=59))
    assert not entry.counts(later(hours=1))
    assert an_entry().counts(later(days=4000))


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("reason", " ", "too_short"),
        ("author", "", "too_short"),
        ("reason", "x" * 201, "too_long"),
        ("expires_at", NOON, "too_small"),
    ],
)
def test_an_entry_nobody_answers_for_is_refused(field: str, value: object, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        an_entry(**dict[str, Any]({field: value}))
    assert (refused.value.field, refused.value.code) == (field, code)


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        (Kind.RECEIVER, " Mule@YBL ", "mule@ybl"),
        (Kind.HANDLE, "YBL", "ybl"),
        (Kind.HANDLE, "@ybl", "ybl"),
        (Kind.USER, "UID-1", "UID-1"),
    ],
)
def test_a_subject_is_kept_as_it_is_compared(kind: Kind, text: str, kept: str) -> None:
    assert subject_of(kind, text) == kept


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.RECEIVER, "mule"),
        (Kind.HANDLE, "ab@bank"),
        (Kind.HANDLE, ""),
        (Kind.USER, ""),
        (Kind.USER, "x" * 65),
        (Kind.USER, "ü"),
    ],
)
def test_what_is_no_subject_of_its_kind_is_refused(kind: Kind, text: str) -> None:
    with pytest.raises(InvalidInputError, match="subject"):
        subject_of(kind, text)


def test_lists_find_what_is_said_of_payer_receiver_and_handle() -> None:
    user, receiver = an_entry(Kind.USER, "UID-1"), an_entry()
    cleared, handle = an_entry(side=Side.ALLOW), an_entry(Kind.HANDLE, "okbank")
    lists = Lists.of([handle, an_entry(subject="other@ybl"), receiver, user, cleared])
    assert lists.about("UID-1", SHOP, NOON) == (user, receiver, cleared, handle)
    assert lists.about("UID-2", SHOP, later(seconds=-1)) == ()
    assert Lists.of([receiver]).about("UID-2", SHOP, NOON) == (receiver,)
    assert Lists.of([an_entry(subject="other@ybl")]).about("UID-1", SHOP, NOON) == ()
    assert Lists.of([]).about("UID-1", SHOP, NOON) == ()
