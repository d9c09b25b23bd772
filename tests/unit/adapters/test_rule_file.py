"""Books of rules as people write them."""

from __future__ import annotations

import pytest

from upi_risk.adapters.files.rule_file import LARGEST, read_book, shipped_rules
from upi_risk.domain.decision import Decision
from upi_risk.domain.errors import InvalidRulesError
from upi_risk.domain.rules import AllOf, AnyOf, Compare, NotThat, Rule

RULE = 'name = "b"\n[[rule]]\ncode = "large"\ntext = "Large"\ndecision = "VERIFY"\nwhen = [{}]\n'


def test_the_shipped_book_has_the_limits_of_upi() -> None:
    book = read_book(None)
    assert read_book(shipped_rules()) == book
    first = book.rules[0]
    assert (first.code, first.decision, first.hard) == ("upi_payment_limit", Decision.BLOCK, True)
    assert first.when == Compare("amount", "over", 500_000)
    assert len(book.rules) == 7


def test_toml_and_json_say_the_same() -> None:
    toml = read_book(
        'name = "b"\n[[rule]]\ncode = "large"\ntext = "Large"\ndecision = "BLOCK"\nhard = true\n'
        'when = [{ any = [{ fact = "amount", over = 10 }, { not = { fact = "is_first_time", equals = true } }] },'
        '{ all = [{ fact = "score", at_least = 0.2 }] }]'
    )
    json = read_book(
        '{"name": "b", "rule": [{"code": "large", "text": "Large", "decision": "BLOCK", "hard": true, "when": ['
        '{"any": [{"fact": "amount", "over": 10}, {"not": {"fact": "is_first_time", "equals": true}}]},'
        '{"all": [{"fact": "score", "at_least": 0.2}]}]}]}'
    )
    condition = AllOf(
        (
            AnyOf((Compare("amount", "over", 10), NotThat(Compare("is_first_time", "equals", 1)))),
            AllOf((Compare("score", "at_least", 0.2),)),
        )
    )
    assert toml == json
    assert toml.rules == (Rule("large", "Large", Decision.BLOCK, condition, hard=True),)


@pytest.mark.parametrize(
    "condition",
    [
        "{}",
        '{ fact = "amount" }',
        "{ over = 1 }",
        '{ fact = "amount", over = 1, under = 3 }',
        '{ fact = "amount", over = 1, all = [{ fact = "amount", over = 1 }] }',
        "{ all = [] }",
        '{ fact = "amount", over = "1" }',
        '{ fact = "amount", over = nan }',
        '{ fact = "phone", over = 1 }',
        '{ fact = "amount", eval = "1" }',
        '"amount > 1"',
    ],
)
def test_a_condition_that_says_nothing_or_too_much_is_refused(condition: str) -> None:
    with pytest.raises(InvalidRulesError):
        read_book(RULE.format(condition))


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "name = ",
        'name = ""',
        'name = "b"\nother = 1',
        'name = "b"\n[[rule]]\ncode = "large"',
        RULE.format('{ fact = "amount", over = 1 }').replace("VERIFY", "ALLOW"),
        "#" * (LARGEST + 1),
        '{"name": "b", "rule": [{"code": "abc", "text": "t", "decision": "BLOCK", "when": ['
        + '{"not": ' * 5_000
        + '{"fact": "amount", "over": 1}'
        + "}" * 5_000
        + "]}]}",
    ],
)
def test_a_document_that_says_no_book_is_refused(document: str) -> None:
    with pytest.raises(InvalidRulesError):
        read_book(document)
