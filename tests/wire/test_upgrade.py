"""A desk of an earlier release is migrated, and goes on working. Its data: `tests/storage/fixtures`. Now is Wednesday 16:02."""

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from sqlmodel import col, select, update

from bot.service import open_service
from sandbox.model import Message
from sandbox.server import Sandbox
from sandbox.workspace import Draft
from storage.engine import schema
from storage.engine.database import Database
from storage.tables import Call, FollowUp, Loan, Member, Team
from tests.clocks import FrozenClock
from tests.imports import bring_rows, remarks
from tests.wire.conftest import PEOPLE, install, settings_for
from tests.wire.office_day import Slack, shown
from tests.wire.releases import Release

pytestmark = pytest.mark.every_example


@pytest.fixture
async def slack(sandbox: Sandbox, release: Release, empty_url: str, clock: FrozenClock) -> AsyncIterator[Slack]:
    """The desk with that data, migrated to this release."""
    clock.set(datetime.fromisoformat(release.notes["now"]))
    await release.upgrade(empty_url)
    async with at_work(sandbox, empty_url, clock) as slack:
        yield slack


@contextlib.asynccontextmanager
async def at_work(sandbox: Sandbox, url: str, clock: FrozenClock, *, migrate: bool = False) -> AsyncIterator[Slack]:
    """The desk at work on what is at `url`, which it migrates to this release if `migrate`."""
    install(sandbox, "http://127.0.0.1:9")
    service = await open_service(settings_for(sandbox, url), clock, migrate=migrate)
    await service.serve()
    install(sandbox, f"http://127.0.0.1:{service.port}")
    async with service.office.database.reading() as session:
        team = (await session.exec(select(Team).where(Team.name == "East"))).one()
        members = {member.slack_user_id: member for member in await session.exec(select(Member))}
    people = {name: members[user_id] for name, user_id in PEOPLE.items() if user_id in members}
    yield Slack(
        sandbox=sandbox,
        service=service,
        clock=clock,
        desk_channel="CDESK",
        manager_channel="CMANAGERS",
        team=team,
        people=people,
    )
    await service.close()


def earlier(slack: Slack, release: Release, name: str) -> Message:
    """Put a message of the earlier release, with its buttons, before the agent again."""
    message = release.notes["messages"][name]
    draft = Draft(**message, is_bot=True, ephemeral_to="UAGENT")
    return slack.sandbox.workspace.post(draft)


async def test_the_schema_is_the_present_one(slack: Slack) -> None:
    assert await schema.is_current(slack.office.database)
    assert await schema.differences(slack.office.database) == []


async def test_an_old_loan_shows_its_borrower_and_its_notes(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan L-1042")
    assert "王小明" in reply.text
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Open")
    card = slack.sandbox.modal_of("UAGENT")
    await card.press("Timeline")
    assert {"his wife answered", "rings back 下午", "brings the payslip"} <= set(card.text.splitlines())


async def test_old_buttons_still_work(slack: Slack, release: Release) -> None:
    await slack.press(slack.agent, earlier(slack, release, "card"), "Open")
    assert "王小明" in slack.sandbox.modal_of("UAGENT").text


async def test_an_old_change_is_undone_in_time(slack: Slack, release: Release) -> None:
    assert "agrees to the rate" in await timeline(slack, "L-1043")
    pressed = await slack.press(slack.agent, earlier(slack, release, "undo"), "Undo")
    assert "Everything is as it was before" in shown(pressed).text
    assert "agrees to the rate" not in await timeline(slack, "L-1043")
    assert "income check" in (await slack.command(slack.agent, "/loan L-1043")).text


async def timeline(slack: Slack, loan: str) -> str:
    reply = await slack.command(slack.agent, f"/loan {loan}")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Open")
    card = slack.sandbox.modal_of("UAGENT")
    await card.press("Timeline")
    return card.text


async def test_a_new_call_answers_an_old_follow_up(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042/2 reached : sends it today")
    assert "L-1042/2" in reply.text
    assert "done" in reply.text


async def test_calls_that_a_rule_planned_keep_their_rule_though_it_has_another_name(
    release: Release, sandbox: Sandbox, empty_url: str, clock: FrozenClock
) -> None:
    clock.set(datetime.fromisoformat(release.notes["now"]))
    await release.load(empty_url)
    database = Database(empty_url)
    async with database.transaction() as session:
        for purpose, new, rule in (
            ("employer", "identity", "stage.application"),
            ("documents", "decision", "stage.declined"),
        ):
            there = update(FollowUp).where(col(FollowUp.purpose) == purpose, col(FollowUp.state) == "open")
            await session.exec(there.values(purpose=new, rule=rule))
    await database.close()
    async with at_work(sandbox, empty_url, clock, migrate=True) as slack:
        assert (
            "By rule: an application gets an identity check" in (await slack.command(slack.agent, "/loan L-1043")).text
        )
        assert (
            "By rule: a decision is told within 4 working hours"
            in (await slack.command(slack.agent, "/loan L-1042")).text
        )
        async with slack.office.database.reading() as session:
            rules = (await session.exec(select(FollowUp.rule).where(col(FollowUp.rule).is_not(None)))).all()
        assert {*rules} == {"application", "declined"}


async def test_an_old_desk_keeps_its_calls_and_plans_and_takes_what_is_new(slack: Slack) -> None:
    async with slack.office.database.reading() as session:
        planned = select(Loan.number, FollowUp.number, FollowUp.purpose, FollowUp.state).join(
            FollowUp, col(FollowUp.loan_id) == col(Loan.id)
        )
        assert sorted((await session.exec(planned)).all()) == [
            ("L-1042", 1, "documents", "open"),
            ("L-1042", 2, "documents", "open"),
            ("L-1043", 1, "income", "done"),
            ("L-1043", 2, "employer", "open"),
            ("L-1044", 1, "promise", "open"),
        ]
        assert len((await session.exec(select(Call.id))).all()) == 5
    for line, said in (
        ("/loan edit L-1044 term 36", "36"),
        ("/loan-call L-1044 promised 3000 fri", "3,000"),
        ("/loan-call L-1044 spouse no answer", "L-1044"),
        ("/loan-docs L-1042 got bank", "bank"),
        ("/loan-stage L-1043 signed", "approved → signed"),
        ("/loan-due arrears", "In arrears"),
    ):
        assert said in (await slack.command(slack.agent, line)).text, line


async def test_members_of_an_old_desk_hear_once_what_changed(slack: Slack) -> None:
    await slack.deliver()
    await slack.later(hours=18)
    assert sum(text.startswith("New at the desk for") for text in slack.texts(slack.agent)) == 1


async def test_old_follow_ups_are_due(slack: Slack) -> None:
    listed = (await slack.command(slack.agent, "/loan-due")).text
    assert "L-1042" in listed
    assert "L-1043" in (await slack.command(slack.verifier, "/loan-due")).text


@pytest.mark.parametrize(("words", "number"), [("王小明", "L-1042"), ("quartermaine", "L-1043"), ("0000", "L-1")])
async def test_old_borrowers_are_found(slack: Slack, words: str, number: str) -> None:
    assert number in (await slack.command(slack.agent, f"/loan find {words}")).text


async def test_what_the_earlier_release_had_queued_is_delivered(slack: Slack) -> None:
    assert slack.texts(slack.agent) == []
    await slack.deliver()
    assert any("L-1042" in text and "16:00" in text for text in slack.texts(slack.agent))


@pytest.mark.parametrize("words", ["wangxiaoming", "王小明", "5678"])
async def test_old_borrowers_are_found_by_old_and_new_entries(slack: Slack, words: str) -> None:
    before = (await slack.command(slack.agent, f"/loan find {words}")).text
    await slack.deliver()
    assert (await slack.command(slack.agent, f"/loan find {words}")).text == before
    assert "L-1042" in before


async def test_documents_absences_and_settings_are_as_they_were(slack: Slack) -> None:
    documents = (await slack.command(slack.agent, "/loan-docs L-1042")).text
    assert "2 open documents" in documents
    assert "ID card · accepted" in documents
    team = (await slack.command(slack.admin, "/loan-team")).text
    assert "until Fri 27 Nov" in team
    assert "09:30" in (await slack.command(slack.agent, "/loan-digest")).text


async def test_what_was_begun_in_a_form_is_offered_again(slack: Slack) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.press("Continue where I left off")
    await form.submit()
    assert "他妻子接的电话" in form.text


async def test_the_first_file_of_the_lender_takes_no_correction_back(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan edit L-1042 phone 13900139000")
    rows = ("L-1042,王晓明,13800138000,application,", "L-1043,Quartermaine,13800138001,application,")
    outcome = await bring_rows(slack.office, slack.workspace, *rows)
    assert outcome.refused == []
    said = remarks(outcome)
    assert "L-1042 phone: was corrected here to +86 139 0013 9000, and the file says +86 138 0013 8000." in said[0]
    assert "L-1043 stage: is approved here, and the file says application." in said[1]
    assert "L-1042" in (await slack.command(slack.agent, "/loan find 13900139000")).text
    assert "王晓明" in (await slack.command(slack.agent, "/loan L-1042")).text
    again = await bring_rows(slack.office, slack.workspace, *rows)
    assert dict(again.effects) == {"same": 2}
