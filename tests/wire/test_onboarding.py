"""The first admin's welcome message and its buttons. Now is Wednesday 10:00 in Shanghai."""

import asyncio
from dataclasses import replace
from datetime import time

import pytest
from sqlalchemy import func
from sqlmodel import SQLModel, col, select

from bot.heartbeat import Heartbeat, Identity
from bot.service import open_service
from desk.importing.batches import import_loans
from desk.people.workspace_settings import change_settings, present_settings
from sandbox.modals import Modal
from sandbox.model import Message
from sandbox.server import Sandbox
from storage.tables import AuditEntry, Borrower, FollowUp, Loan, Member, Notice, SearchTerm, Workspace
from tests.builders import make_follow_up, make_loan
from tests.clocks import FrozenClock
from tests.imports import read_rows
from tests.wire.conftest import settings_for
from tests.wire.office_day import Slack, buttons, shown


def welcomes(slack: Slack) -> list[Message]:
    return [message for message in slack.posts(slack.admin) if message.text.startswith(("Welcome", "欢迎"))]


async def welcome(slack: Slack) -> Message:
    await slack.deliver()
    (message,) = welcomes(slack)
    return message


async def opened(slack: Slack, button: str) -> Modal:
    await slack.press(slack.admin, await welcome(slack), button)
    return slack.sandbox.modal_of(slack.admin.slack_user_id)


async def rows(slack: Slack, table: type[SQLModel]) -> int:
    async with slack.office.database.reading() as session:
        return (await session.exec(select(func.count()).select_from(table))).one()


async def test_the_first_admin_gets_the_welcome_message_once(
    slack: Slack, sandbox: Sandbox, database_url: str, clock: FrozenClock
) -> None:
    message = await welcome(slack)
    assert buttons(message) == ["Choose managers", "Language and country", "Try it with demo borrowers"]
    assert "loandesk import loans.csv --dry-run" in message.text
    assert "1. Managers · Manager" in message.text

    again = await open_service(settings_for(sandbox, database_url), clock)
    await again.round()
    await again.close()
    assert len(welcomes(slack)) == 1


@pytest.mark.both_doors
async def test_managers_are_chosen_with_a_user_select(slack: Slack) -> None:
    form = await opened(slack, "Choose managers")
    await form.fill("New managers", ["USTRANGER", "UAGENT"])
    await form.submit()
    assert "Managers are now: Agent, Manager, Stranger" in form.text

    assert "1. Managers · Agent, Manager, Stranger" in (await welcome(slack)).text
    listed = await slack.command(slack.admin, "/loan-team")
    assert "<@UAGENT> · agent, manager" in listed.text


async def test_choosing_a_guest_as_manager_refuses_the_whole_form(slack: Slack) -> None:
    slack.sandbox.change_user("USTRANGER", is_restricted=True)
    form = await opened(slack, "Choose managers")
    await form.fill("New managers", ["UAGENT", "USTRANGER"])
    await form.submit()
    assert "is a guest" in form.errors["New managers"]
    assert "1. Managers · Manager\n" in (await welcome(slack)).text


async def test_language_country_and_hours_take_effect_at_once(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    form = await opened(slack, "Language and country")
    await form.fill("Language of all channels", "English")
    await form.fill("Country for public holidays", "US", typed="united st")
    await form.fill("Borrowers may be called from", "09:00")
    await form.fill("Borrowers may be called until", "20:00")
    await form.submit()
    assert "public holidays: United States" in form.text
    assert "borrowers may be called 09:00-20:00, Shanghai time" in (await welcome(slack)).text

    late = await slack.command(slack.agent, f"/loan-follow {loan.number} thu 21:00")
    assert "Careful: borrowers may not be called at that time." in late.text
    feast = await slack.command(slack.agent, f"/loan-follow {loan.number} 26 nov 10:00 income")
    assert "Careful: that day is a public holiday." in feast.text
    slack.sandbox.faults.next("users.info", "500")  # so that nobody knows what the stranger reads
    refused = await slack.sandbox.command("USTRANGER", slack.desk_channel, "/loan-due")
    assert "You're not a member" in refused.text


@pytest.mark.parametrize(
    ("button", "label", "wrong", "right"),
    [
        ("Choose managers", "New managers", ["UAGENT", "USTRANGER"], "UAGENT"),
        ("Language and country", "Borrowers may be called until", "07:00", "07:00"),
    ],
)
async def test_refused_values_are_offered_again_after_the_form_was_closed(
    slack: Slack, button: str, label: str, wrong: object, right: str
) -> None:
    slack.sandbox.change_user("USTRANGER", is_restricted=True)
    form = await opened(slack, button)
    await form.fill(label, wrong)
    await form.submit()
    assert form.errors
    await form.close()

    form = await opened(slack, button)
    assert "You started filling this in" in form.text
    await form.press("Continue where I left off")
    assert right in str(form.values)


async def test_undoing_the_settings_restores_them_for_everyone(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    form = await opened(slack, "Language and country")
    await form.fill("Country for public holidays", "US", typed="united st")
    await form.fill("Borrowers may be called until", "20:00")
    await form.submit()
    await form.press("Undo")

    assert "Undone: a workspace settings change." in form.text
    assert (slack.workspace.country, slack.workspace.contact_end.hour) == ("CN", 22)
    assert "borrowers may be called 08:00-22:00, Shanghai time" in (await welcome(slack)).text
    late = await slack.command(slack.agent, f"/loan-follow {loan.number} thu 21:00")
    assert "borrowers may not be called" not in late.text


async def test_undo_keeps_settings_that_another_admin_changed_since(slack: Slack) -> None:
    form = await opened(slack, "Language and country")
    await form.fill("Borrowers may be called until", "20:00")
    await form.submit()
    await slack.change(slack.manager, roles="manager admin")
    async with slack.office.desk(slack.workspace) as desk:
        desk.actor = await desk.session.get_one(Member, slack.manager.id)
        settings, _ = await present_settings(desk)
        await change_settings(desk, replace(settings, contact_end=time(19)))
    await form.press("Undo")

    assert slack.workspace.contact_end.hour == 19
    assert "Undone" not in form.text


async def test_hours_that_end_before_they_begin_are_refused_at_the_field(slack: Slack) -> None:
    form = await opened(slack, "Language and country")
    await form.fill("Borrowers may be called until", "07:00")
    await form.submit()
    assert "must end after they start" in form.errors["Borrowers may be called until"]
    assert slack.workspace.contact_end.hour == 22


async def test_another_process_gets_the_settings_with_its_heartbeat(slack: Slack) -> None:
    held_elsewhere = Workspace(**slack.workspace.model_dump())
    heartbeat = Heartbeat(slack.office, held_elsewhere, Identity("web", "another"), seconds=0.05)
    await heartbeat.start()

    form = await opened(slack, "Language and country")
    await form.fill("Country for public holidays", "-", typed="none")
    await form.submit()

    async with asyncio.timeout(60):
        while held_elsewhere.country is not None:  # noqa: ASYNC110  (the database tells nobody)
            await asyncio.sleep(0.05)
    await heartbeat.stop()


async def test_demo_borrowers_are_added_and_removed_with_all_their_data(slack: Slack) -> None:
    await slack.change(slack.admin, roles="admin agent")
    own = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.admin)
    await make_follow_up(slack.office, own, slack.admin, due_at=slack.clock.now())
    kept = {table: await rows(slack, table) for table in (Borrower, FollowUp, Loan, SearchTerm)}

    added = shown(await slack.press(slack.admin, await welcome(slack), "Try it with demo borrowers"))
    assert "DEMO-1, DEMO-2, DEMO-3, DEMO-4, DEMO-5" in added.text
    logged = await slack.command(slack.admin, "/loan-call DEMO-1 reached went well next tomorrow 10:00 income")
    assert logged.message is not None
    await slack.press(slack.admin, logged.message, "Correct the call")
    form = slack.sandbox.modal_of("UADMIN")
    await form.fill("Note", "better")
    await form.submit()
    await form.close()
    await slack.command(slack.admin, "/loan-docs DEMO-2 id, bank")
    await slack.command(slack.admin, "/loan-reassign @admin @agent")
    await slack.later(hours=1, minutes=10)
    assert await rows(slack, Loan) == kept[Loan] + 5

    message = await welcome(slack)
    kept_after_all = await slack.sandbox.press("UADMIN", message, "Remove the demo borrowers", sure=False)
    assert "Your own loans stay." in kept_after_all.confirmation
    press = await slack.press(slack.admin, message, "Remove the demo borrowers")
    assert "5 demo borrowers were removed" in press.text
    assert {table: await rows(slack, table) for table in kept} == kept
    assert "no loan “DEMO-1”" in (await slack.command(slack.admin, "/loan DEMO-1")).text
    await slack.later(hours=24)
    assert buttons(await welcome(slack))[-1] == "Try it with demo borrowers"
    async with slack.office.database.reading() as session:
        acts = (await session.exec(select(AuditEntry.act))).all()
        owed = (await session.exec(select(Notice.id).where(col(Notice.last_error).is_not(None)))).all()
    assert {"add_demo", "remove_demo", "call"} <= set(acts)
    assert owed == []


async def test_a_message_about_a_removed_demo_borrower_says_so(slack: Slack) -> None:
    await slack.change(slack.admin, roles="admin agent")
    await slack.press(slack.admin, await welcome(slack), "Try it with demo borrowers")
    await slack.later(minutes=10)
    (reminder,) = [message for message in slack.posts(slack.admin) if "DEMO-1" in message.text]
    await slack.press(slack.admin, await welcome(slack), "Remove the demo borrowers")

    assert "no longer exist" in shown(await slack.press(slack.admin, reminder, "no answer")).text


async def test_a_lenders_own_loan_with_a_demo_number_is_kept(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "DEMO-2", owner=slack.agent)
    added = shown(await slack.press(slack.admin, await welcome(slack), "Try it with demo borrowers"))
    assert "DEMO-1, DEMO-3, DEMO-4, DEMO-5, DEMO-6" in added.text
    await slack.press(slack.admin, await welcome(slack), "Remove the demo borrowers")
    assert await rows(slack, Loan) == 1


async def test_only_admins_can_use_the_welcome_buttons(slack: Slack) -> None:
    message = await welcome(slack)
    await slack.change(slack.admin, roles="agent")
    for button in ("Choose managers", "Language and country", "Try it with demo borrowers"):
        assert "need the role" in shown(await slack.press(slack.admin, message, button)).text


async def test_the_welcome_message_is_shown_in_chinese(slack: Slack) -> None:
    await slack.in_chinese(slack.admin)
    await slack.command(slack.admin, "/loan-team 添加 @stranger 客户经理")
    message = await welcome(slack)
    assert buttons(message) == ["选择主管", "语言与国家/地区", "用演示客户试用"]
    assert "节假日：中国 · 可致电客户时段 08:00-22:00（上海时间）" in message.text
    assert "已为您添加五位演示客户" in shown(await slack.press(slack.admin, message, "用演示客户试用")).text
    form = await opened(slack, "语言与国家/地区")
    assert form.labels[1] == "按哪个国家/地区的节假日"
    assert await form.options("按哪个国家/地区的节假日", "加拿") == ["加拿大"]


async def test_a_reassignment_can_be_undone_after_its_demo_borrowers_were_removed(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.admin)
    await slack.press(slack.admin, await welcome(slack), "Try it with demo borrowers")
    preview = await slack.command(slack.admin, "/loan-reassign @admin @agent")
    assert preview.message is not None
    answer = shown(await slack.press(slack.admin, preview.message, "Reassign now"))
    assert "6 loans" in answer.text
    await slack.press(slack.admin, await welcome(slack), "Remove the demo borrowers")

    assert "Undone" in shown(await slack.press(slack.admin, answer, "Undo")).text
    async with slack.office.database.reading() as session:
        assert (await session.exec(select(Loan.owner_id))).all() == [slack.admin.id]


async def test_a_demo_loan_imported_by_the_lender_is_kept(slack: Slack) -> None:
    await slack.press(slack.admin, await welcome(slack), "Try it with demo borrowers")
    rows_read, _ = read_rows(
        "number,name,phone,stage\nDEMO-1,王小明,13800135678,signed\n", slack.workspace, slack.office
    )
    await import_loans(slack.office, slack.workspace, rows_read, dry_run=False, advance=lambda _rows: None)

    press = await slack.press(slack.admin, await welcome(slack), "Remove the demo borrowers")
    assert "4 demo borrowers were removed" in press.text
    assert await rows(slack, Loan) == 1


@pytest.mark.parametrize("change", ["name 韩梅", "phone 13800138101", "number HT-7"])
async def test_a_demo_borrower_that_became_a_real_one_is_kept(slack: Slack, change: str) -> None:
    await slack.change(slack.admin, roles="admin agent")
    await slack.press(slack.admin, await welcome(slack), "Try it with demo borrowers")
    undone = await slack.command(slack.admin, "/loan edit DEMO-1 name 韩梅")
    assert undone.message is not None
    await slack.press(slack.admin, undone.message, "Undo")
    assert "the" in (await slack.command(slack.admin, f"/loan edit DEMO-2 {change}")).text

    press = await slack.press(slack.admin, await welcome(slack), "Remove the demo borrowers")
    assert "4 demo borrowers were removed" in press.text
    assert await rows(slack, Loan) == 1
    assert buttons(await welcome(slack))[-1] == "Try it with demo borrowers"


async def test_when_every_demo_borrower_became_real_there_is_none_to_remove(slack: Slack) -> None:
    await slack.change(slack.admin, roles="admin agent")
    await slack.press(slack.admin, await welcome(slack), "Try it with demo borrowers")
    for number in range(1, 6):
        await slack.command(slack.admin, f"/loan edit DEMO-{number} number HT-{number}")
    assert buttons(await welcome(slack))[-1] == "Try it with demo borrowers"
    assert await rows(slack, Loan) == 5


async def test_two_admins_who_change_the_settings_at_once_undo_nothing_of_each_other(slack: Slack) -> None:
    await slack.change(slack.other, roles="admin agent")
    mine = await opened(slack, "Language and country")
    async with slack.office.desk(slack.workspace, await slack.member("UOTHER")) as desk:
        settings, _ = await present_settings(desk)
        await change_settings(desk, replace(settings, contact_end=time(20)))

    await mine.fill("Borrowers may be called from", "09:00")
    await mine.submit()

    async with slack.office.database.reading() as session:
        row = await session.get_one(Workspace, slack.workspace.id)
    assert (row.contact_start, row.contact_end) == (time(9), time(20))
    assert "09:00" in mine.text
    assert "20:00" in mine.text


async def test_a_language_that_was_not_changed_keeps_its_country(slack: Slack) -> None:
    async with slack.office.database.transaction() as session:
        (await session.get_one(Workspace, slack.workspace.id)).locale = "en-GB"
    slack.workspace.locale = "en-GB"
    form = await opened(slack, "Language and country")
    await form.fill("Borrowers may be called from", "09:00")
    await form.submit()
    assert (await locale_of_workspace(slack)) == "en-GB"

    form = await opened(slack, "Language and country")
    await form.fill("Language of all channels", "zh-CN")
    await form.submit()
    assert (await locale_of_workspace(slack)) == "zh-CN"


async def locale_of_workspace(slack: Slack) -> str:
    async with slack.office.database.reading() as session:
        return (await session.get_one(Workspace, slack.workspace.id)).locale
