"""What analysts see beside single payments, and the page that shows it."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from tests.entrypoints.service import Account, Service, check, problem
from tests.entrypoints.test_operators import analyst
from upi_risk.domain.decision import Decision
from upi_risk.domain.lists import Kind, ListEntry, Lists, Side
from upi_risk.domain.rules import AllOf, AnyOf, Compare, NotThat, Rule, RuleBook
from upi_risk.domain.ruling import RuleSet
from upi_risk.entrypoints.http.operator_views import MOST_ENTRIES, in_words

__all__ = ["analyst"]
_MARKUP = r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|localStorage"
DAY = Compare("day_total", "at_least", 5_000)
NEW = Compare("account_age", "under", 1)


def an_entry(service: Service, subject: str, kind: Kind, minutes: float, lasting: float | None = None) -> ListEntry:
    at = service.clock.now() + timedelta(minutes=minutes)
    until = None if lasting is None else at + timedelta(minutes=lasting)
    return ListEntry(Side.BLOCK, kind, subject, "three reports", "asha", at, until)


async def test_the_model_the_rules_and_the_last_figures_are_told(
    service: Service, client: httpx.AsyncClient, analyst: Account
) -> None:
    told = (await client.get("/admin/service", headers=analyst.headers)).json()
    assert told == {
        "model_version": "v0-amount", "feature_set": "baseline", "rules_version": None, "figures_at": None,
        "figures": [],
    }  # fmt: skip
    service.house.in_force.swap(RuleSet("3.1", RuleBook("b", ()), Lists.of([])))
    await service.house.figures.put(service.clock.now(), [("segment_recall", "all", 0.5)])
    told = (await client.get("/v1/admin/service", headers=analyst.headers)).json()
    assert told["rules_version"] == "3.1"
    assert told["figures_at"] is not None
    assert told["figures"] == [{"name": "segment_recall", "label": "all", "value": 0.5}]


async def test_rules_are_told_in_words_and_lists_as_far_as_they_count_with_receivers_masked(
    service: Service, client: httpx.AsyncClient, analyst: Account
) -> None:
    assert (await client.get("/admin/rules", headers=analyst.headers)).json() == {
        "version": None, "rules": [], "entry_count": 0, "entries": [],
    }  # fmt: skip
    entries = [
        an_entry(service, "9876512345@ybl", Kind.RECEIVER, -3),
        an_entry(service, "UID-1", Kind.USER, -2),
        an_entry(service, "fakebank", Kind.HANDLE, -2, lasting=1),
        an_entry(service, "later", Kind.HANDLE, 1),
    ]
    rule = Rule("first_day", "Above the limit", Decision.VERIFY, AllOf((NEW, DAY)), hard=True)
    service.house.in_force.swap(RuleSet("1.4", RuleBook("b", (rule,)), Lists.of(entries)))
    told = await client.get("/admin/rules", headers=analyst.headers)
    assert told.json()["rules"] == [
        {
            "code": "first_day", "text": "Above the limit", "decision": "VERIFY", "hard": True,
            "when": "account_age under 1 and day_total at least 5000",
        }
    ]  # fmt: skip
    assert told.json()["entry_count"] == 2
    assert [each["subject"] for each in told.json()["entries"]] == ["UID-1", "98***@ybl"]
    assert "9876512345" not in told.text


async def test_of_long_lists_the_entries_added_last_are_told(
    service: Service, client: httpx.AsyncClient, analyst: Account
) -> None:
    many = [an_entry(service, f"UID-{number}", Kind.USER, -1) for number in range(MOST_ENTRIES + 5)]
    service.house.in_force.swap(RuleSet("0.9", RuleBook("b", ()), Lists.of(many)))
    told = (await client.get("/admin/rules", headers=analyst.headers)).json()
    assert (told["entry_count"], len(told["entries"])) == (MOST_ENTRIES + 5, MOST_ENTRIES)
    assert told["entries"][0]["subject"] == f"UID-{MOST_ENTRIES + 4}"


def test_conditions_in_words_keep_what_belongs_together() -> None:
    assert in_words(NotThat(DAY)) == "not (day_total at least 5000)"
    assert in_words(Compare("day_total", "over", 1_000_000)) == "day_total over 1000000"
    assert in_words(AllOf((DAY,))) == "day_total at least 5000"
    mixed = AnyOf((AllOf((DAY, NEW)), NotThat(NEW)))
    assert in_words(mixed) == "(day_total at least 5000 and account_age under 1) or not (account_age under 1)"


async def test_a_receiver_is_told_by_everybody_s_payments_and_is_masked(
    client: httpx.AsyncClient, asha: Account, analyst: Account
) -> None:
    body = {"receiver_upi": " 9876512345@OKBANK "}
    before = (await client.post("/admin/receivers", json=body, headers=analyst.headers)).json()
    assert before == {
        "receiver_upi": "98***@okbank", "known": False, "reputation": 0.6667, "payer_count": 0, "report_count": 0,
    }  # fmt: skip
    answer = await check(client, asha, "9876512345@okbank")
    name = answer.json()["transaction_id"]
    await client.post(f"/transactions/{name}/report", headers=asha.headers)
    after = await client.post("/admin/receivers", json=body, headers=analyst.headers)
    assert (after.json()["known"], after.json()["payer_count"], after.json()["report_count"]) == (True, 1, 1)
    assert after.json()["reputation"] < 0.6667
    assert "9876512345" not in after.text
    for wrong in ({"receiver_upi": "nobody"}, {}, {"receiver_upi": "a@b", "more": 1}):
        problem(await client.post("/admin/receivers", json=wrong, headers=analyst.headers), 422, "validation-failed")


@pytest.mark.parametrize(
    ("method", "path", "json"),
    [
        ("GET", "/admin/service", None),
        ("GET", "/admin/rules", None),
        ("POST", "/admin/receivers", {"receiver_upi": "a@bank"}),
    ],
)
async def test_only_analysts_see_it(
    client: httpx.AsyncClient, asha: Account, method: str, path: str, json: dict[str, str] | None
) -> None:
    problem(await client.request(method, path, json=json, headers=asha.headers), 403, "forbidden")
    problem(await client.request(method, path, json=json), 401, "unauthenticated")


async def test_the_page_has_no_data_and_lets_only_scripts_of_ours_run(client: httpx.AsyncClient) -> None:
    page = await client.get("/console")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "trusted-types 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert sorted(links) == ["/console/assets/console.css", "/console/assets/console.js"]
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=", page.text)
    problem(await client.get("/console/assets/index.html"), 404, "not-found")


async def test_its_scripts_make_no_markup_of_text_and_ask_nobody_else(client: httpx.AsyncClient) -> None:
    """A name with markup in it was tried in a browser: it is shown as it is written."""
    for name in ("console.js", "parts.js", "views.js"):
        script = await client.get(f"/console/assets/{name}")
        assert script.headers["content-type"].startswith("text/javascript")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|localStorage", script.text
        )
        assert "://" not in script.text
        for path in re.findall(r'from "([^"]+)"', script.text):
            assert (await client.get(path)).status_code == 200


async def test_without_a_console_there_is_none(service: Service) -> None:
    service.console = False
    async with service.client() as client:
        problem(await client.get("/console"), 404, "not-found")
