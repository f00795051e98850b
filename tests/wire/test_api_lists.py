"""A program reads lists page by page. Now is Wednesday 10:00."""

from collections.abc import AsyncIterator

import pytest

from handlers.api.cursors import write_cursor
from storage.engine.pages import Mark
from storage.engine.types import new_id
from storage.tables import AuditEntry, Loan
from tests.builders import make_loan
from tests.wire.api_client import Program, program
from tests.wire.office_day import Slack
from tests.wire.plans import fill, scans
from tests.wire.test_statements import executed


@pytest.fixture
async def core(slack: Slack) -> AsyncIterator[Program]:
    async with program(slack) as one:
        yield one


@pytest.fixture
async def loans(slack: Slack) -> list[Loan]:
    office, workspace = slack.office, slack.workspace
    phones = ["+8613800135678", "+8613900001111", "+8613700002222"]
    return [
        await make_loan(office, workspace, f"A-{n}", owner=slack.agent if n != 2 else slack.other, phone=phone)
        for n, phone in enumerate(phones, 1)
    ]


async def test_loans_are_read_page_by_page(slack: Slack, core: Program, loans: list[Loan]) -> None:
    first = await core.get("/loans?limit=2")
    rest = await core.get(f"/loans?limit=2&cursor={first.body['next']}")

    assert [each["number"] for each in first.body["items"]] == ["A-1", "A-2"]
    assert [each["number"] for each in rest.body["items"]] == ["A-3"]
    assert rest.body["next"] is None
    assert (await core.get("/loans?limit=2", If_None_Match=first.headers["ETag"])).status == 304
    await slack.service.round()
    shown = [entry for entry in await slack.rows(AuditEntry) if entry.act == "disclosure"]
    assert {len(entry.details["shown"]) for entry in shown if "shown" in entry.details} == {2}


async def test_loans_are_chosen_by_stage_and_owner(core: Program, loans: list[Loan]) -> None:
    assert [each["number"] for each in (await core.get("/loans?owner=UOTHER")).body["items"]] == ["A-2"]
    assert (await core.get("/loans?stage=disbursed")).body["items"] == []
    assert len((await core.get("/loans?stage=application&owner=UAGENT")).body["items"]) == 2
    assert (await core.get("/loans?owner=UNOBODY")).code == "not_a_member_named"


async def test_what_people_do_at_the_desk_can_be_read(slack: Slack, core: Program, loans: list[Loan]) -> None:
    await slack.command(slack.agent, "/loan-call A-1 no answer")
    await slack.command(slack.agent, "/loan-docs A-1 id")
    await slack.command(slack.agent, "/loan-follow A-1 tomorrow 15:00 identity")

    follow_ups = (await core.get("/follow-ups?loan=A-1&state=open")).body["items"]
    (follow_up,) = (each for each in follow_ups if each["due_at"] == "2026-11-26T07:00:00+00:00")
    (document,) = (await core.get("/documents?loan=A-1")).body["items"]
    (call,) = (await core.get("/calls?loan=A-1&caller=UAGENT&since=2026-11-25T00:00:00%2B08:00")).body["items"]

    assert (follow_up["loan"], follow_up["assignee"], follow_up["due_on"]) == ("A-1", "UAGENT", "2026-11-26")
    assert (document["document"], document["state"]) == ("id", "requested")
    assert (call["loan"], call["outcome"], call["caller"]) == ("A-1", "no_answer", "UAGENT")
    assert (await core.get("/follow-ups?due_to=2026-11-01")).body["items"] == []
    assert (await core.get("/calls?since=2027-01-01T00:00:00Z")).body["items"] == []


async def test_promises_can_be_read(slack: Slack, core: Program) -> None:
    await make_loan(
        slack.office, slack.workspace, "A-9", owner=slack.agent, stage="disbursed", due_day=10, unpaid_since=None
    )
    await slack.command(slack.agent, "/loan-call A-9 promised 5000 fri")

    (promise,) = (await core.get("/promises?state=open&due_from=2026-11-27&due_to=2026-11-27")).body["items"]

    assert (promise["loan"], promise["amount"], promise["due_on"]) == ("A-9", "5000.00", "2026-11-27")
    assert (await core.get("/promises?state=kept")).body["items"] == []


async def test_a_list_needs_its_scope(slack: Slack, loans: list[Loan]) -> None:
    async with program(slack, "calls", ("calls:read",)) as reader:
        assert (await reader.get("/calls")).status == 200
        assert (await reader.get("/promises")).code == "scope_missing"
        assert (await reader.get("/loans")).code == "scope_missing"


async def test_parameters_that_make_no_sense_are_named(core: Program) -> None:
    for query, place in (
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=!", "cursor"),
        ("colour=red", "colour"),
        ("stage=nowhere", "stage"),
        ("limit=1&limit=2", "limit"),
    ):
        answer = await core.get(f"/loans?{query}")
        assert (query, answer.status, set(answer.pointers)) == (query, 400, {place})
    assert (await core.get("/loans?cursor=abc")).code == "cursor_unknown"
    assert (await core.get("/loans?updated_since=2026-02-03T00:00:00")).pointers == {"updated_since": "unreadable"}
    other_order = write_cursor(Mark(new_id()))
    assert (await core.get(f"/loans?updated_since=2026-02-03T00:00:00Z&cursor={other_order}")).code == "cursor_unknown"
    assert (await core.get("/follow-ups?due_from=2026-02-30")).pointers == {"due_from": "unreadable"}
    assert (await core.get("/calls?since=2026-02-03T00:00:00")).pointers == {"since": "unreadable"}
    plus = await core.get("/calls?since=2026-02-03T00:00:00+08:00")
    assert "%2B" in plus.body["errors"][0]["detail"]
    assert (await core.get("/calls?since=2026-02-03T00:00:00%2B08:00")).status == 200
    assert (await core.get("/calls?loan=X-1")).code == "import_loan_unknown"


async def test_a_parameter_that_names_nobody_or_no_loan_is_named(core: Program, loans: list[Loan]) -> None:
    for query, place in {
        "/loans?owner=UNOBODY": "owner",
        "/follow-ups?assignee=UNOBODY": "assignee",
        "/calls?caller=UNOBODY": "caller",
        "/calls?loan=Z-9": "loan",
        "/promises?loan=Z-9": "loan",
        "/documents?loan=Z-9": "loan",
    }.items():
        answer = await core.get(query)
        assert (query, answer.status, set(answer.pointers)) == (query, 404, {place})


async def test_a_page_reads_what_it_shows_whatever_it_is_chosen_by(
    slack: Slack, core: Program, loans: list[Loan]
) -> None:
    by = {
        "/loans": ("", "&stage=inquiry", "&owner=UAGENT"),
        "/follow-ups": ("", "&state=open", "&assignee=UAGENT", f"&loan={loans[0].number}", "&due_from=2026-11-01"),
        "/calls": ("", "&caller=UAGENT", f"&loan={loans[0].number}", "&since=2026-11-01T00:00:00Z"),
        "/promises": ("", "&state=open", f"&loan={loans[0].number}", "&due_to=2026-12-01"),
        "/documents": ("", "&state=requested", f"&loan={loans[0].number}"),
    }
    cursor = write_cursor(Mark(loans[0].id))
    dated = write_cursor(Mark(loans[0].id, slack.clock.now()))
    with executed(slack) as statements:
        for path, choices in by.items():
            for chosen in choices:
                since = "&updated_since=2026-11-01T00:00:00Z"
                for behind in ("", f"&cursor={cursor}", since, f"{since}&cursor={dated}"):
                    assert (await core.get(f"{path}?limit=2{chosen}{behind}")).status == 200
    asked = {sql: given for sql, given in statements if "LIMIT" in sql}
    await fill(slack.office.database)
    found = await scans(slack.office.database, asked)
    # Of a page by its ids alone PostgreSQL sees when it is asked, by its statistics, whether the workspace has most of the rows.
    found = [each for each in found if "_pkey" not in each]
    assert not found, "\n".join(found)
