"""A program has lists made into files: POST /exports, the worker, a link for one use."""

import pytest

from storage.tables import Notice
from tests.builders import make_follow_up, make_loan
from tests.wire.api_client import program
from tests.wire.exporting import Downloads, browser, column, make, rows_of_csv
from tests.wire.office_day import Slack

__all__ = ["browser"]

PUBLIC_URL = "https://desk.example.com"


@pytest.mark.parametrize("in_full", [False, True])
async def test_a_program_has_the_portfolio_by_a_link_for_one_use(
    slack: Slack, browser: Downloads, in_full: bool
) -> None:
    for number, owner in (("A-1", slack.agent), ("A-2", None)):
        await make_loan(slack.office, slack.workspace, number, owner=owner, name="王小明")
    scopes = ("exports:read", "personal:read") if in_full else ("exports:read",)
    async with program(slack, scopes=scopes) as core, program(slack, "other", scopes=("exports:read",)) as other:
        asked = await core.post("/exports", {"list": "portfolio"})
        assert (asked.status, asked.body["state"], asked.body["rows"]) == (202, "waiting", None)
        path = f"/exports/{asked.body['id']}"
        assert (await core.post(f"{path}/links", None)).status == 404
        await make(slack)
        ready = (await core.get(path)).body
        assert (ready["state"], ready["rows"], ready["in_full"]) == ("ready", 2, in_full)
        assert (await other.get(path)).status == 404
        assert (await other.post(f"{path}/links", None)).status == 404
        link = await core.post(f"{path}/links", None)
        assert link.status == 201
    status, content, _ = await browser.open(link.body["url"], link.body["code"])
    assert status == 200
    rows = rows_of_csv(content)
    assert column(rows, "Loan") == ["A-1", "A-2"]
    assert column(rows, "Borrower") == (["王小明"] * 2 if in_full else ["王*"] * 2)
    assert len(content) == ready["bytes"]
    assert (await browser.open(link.body["url"], link.body["code"]))[0] == 410
    assert [notice for notice in await slack.rows(Notice) if notice.kind == "export_ready"] == []


async def test_each_list_of_the_whole_workspace_can_be_had_and_no_other(slack: Slack, browser: Downloads) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent)
    await make_loan(slack.office, slack.workspace, "N-2")
    await slack.command(slack.agent, "/loan edit A-1 contact do not call")
    expected = {"due": ["A-1"], "arrears": [], "unplanned": ["N-2"], "pool": ["N-2"]}
    async with program(slack, scopes=("exports:read",)) as core:
        for listed, numbers in expected.items():
            asked = await core.post("/exports", {"list": listed})
            await make(slack)
            link = (await core.post(f"/exports/{asked.body['id']}/links", None)).body
            _, content, _ = await browser.open(link["url"], link["code"])
            rows = rows_of_csv(content)
            assert column(rows, "Loan") == numbers, listed
            assert column(rows, "States") == ["do not call" if each == "A-1" else "" for each in numbers]
        for body in (
            {"list": "mine"},
            {"list": "trail"},
            {"list": "portfolio", "format": "pdf"},
            {"list": "due", "late": "no"},
            {},
        ):
            assert (await core.post("/exports", body)).status == 422
    async with program(slack, "reader", scopes=("loans:read",)) as reader:
        assert (await reader.post("/exports", {"list": "portfolio"})).code == "scope_missing"


async def test_a_program_that_lost_the_scope_opens_nothing_more(slack: Slack, browser: Downloads) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    async with program(slack, scopes=("exports:read", "personal:read")) as core:
        asked = await core.post("/exports", {"list": "portfolio"})
        await make(slack)
        link = (await core.post(f"/exports/{asked.body['id']}/links", None)).body
        await slack.change(await slack.member("api:core"), roles="exports:read")
    assert (await browser.open(link["url"], link["code"]))[0] == 403
