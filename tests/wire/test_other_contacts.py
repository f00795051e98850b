"""Letters, texts, e-mails and visits count where contact rules count all channels. It is November 2026, in New York."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from desk.core.errors import NotFound
from desk.core.values import LoanRef
from desk.follow_ups.other_contacts import OtherContactEntry, enter_contact
from desk.loans.related import remove_person
from storage.tables import AuditEntry, ContactDecision, Loan, OtherContact, RelatedPerson
from tests.builders import make_loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack, shown
from tests.wire.test_contact_rules import choose, line
from tests.wire.test_related import add

NEW_YORK = ZoneInfo("America/New_York")


def at(day: int, clock: str = "10:00") -> datetime:
    return datetime.fromisoformat(f"2026-11-{day} {clock}").replace(tzinfo=NEW_YORK)


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, past due, in a workspace that lends in New York City."""
    slack.clock.set(at(16))
    async with slack.office.desk(slack.workspace) as desk:
        desk.workspace.contact_start = desk.workspace.contact_end = datetime.min.time()
        desk.add(desk.workspace)
    return await make_loan(
        slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed", name="Ann Lee", phone="+12125550123",
        unpaid_since=date(2026, 10, 1),
    )  # fmt: skip


async def enter(slack: Slack, channel: str, when: datetime, *also: str, **fields: str) -> Any:
    """Enter a contact from the page of contact rules, and return the modal with the answer."""
    page = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Contact rules"))
    await slack.press(slack.agent, page, "Other contact")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("How", channel)
    await form.fill("When", int(when.timestamp()))
    if also:
        await form.fill("Also", list(also))
    await fill(form, fields)
    return await form.submit(), slack.sandbox.modal_of("UAGENT")


@pytest.mark.usefixtures("loan")
async def test_every_channel_counts_in_new_york_city(slack: Slack) -> None:
    await choose(slack, "US-NY-NYC")
    await slack.command(slack.agent, "/loan-call A-1 no answer")
    slack.clock.set(at(20, "11:00"))
    assert (await line(slack)).startswith("May be called now")
    _, answer = await enter(slack, "text message", at(17))
    assert "A-1: text message to the borrower of" in answer.text
    _, answer = await enter(slack, "e-mail", at(18), Note="Asked for the October instalment")
    assert "Not to be called now" in answer.text
    assert (await line(slack)).startswith(
        "Not to be called now · at most 3 contacts or attempts in 7 days, all channels"
    )
    assert "next window Mon 23 Nov" in await line(slack)
    await answer.press("Undo")
    assert (await line(slack)).startswith("May be called now")

    await enter(slack, "e-mail", at(18), Note="Asked for the October instalment")
    assert (await line(slack)).startswith("Not to be called now")
    timeline = await slack.in_card(slack.agent, "Open", "Timeline")
    assert timeline.text.count("e-mail to the borrower") == 1
    assert "Asked for the October instalment" in timeline.text
    acts = [entry for entry in await slack.rows(AuditEntry) if entry.act == "other_contact"]
    assert [entry.details["channel"] for entry in acts] == ["text", "email", "email"]
    assert "October" not in str([entry.details for entry in acts])


@pytest.mark.usefixtures("loan")
async def test_what_the_borrower_sent_is_no_contact_of_the_lender(slack: Slack) -> None:
    await choose(slack, "US-NY-NYC")
    slack.clock.set(at(20, "11:00"))
    for day in (17, 18, 19):
        _, answer = await enter(slack, "letter", at(day), "They wrote or came by themselves")
        assert "letter of the borrower" in answer.text
    assert (await line(slack)).startswith("May be called now")


@pytest.mark.usefixtures("loan")
async def test_one_that_cannot_be_is_refused_and_a_role_is_needed(slack: Slack) -> None:
    slack.clock.set(at(20, "11:00"))
    outcome, _ = await enter(slack, "visit", at(21))
    assert "still to come" in str(outcome.errors)
    outcome, _ = await enter(slack, "visit", datetime(2026, 8, 1, tzinfo=NEW_YORK))
    assert "more than 90 days ago" in str(outcome.errors)
    assert await slack.rows(OtherContact) == []
    page = shown(await slack.press(slack.compliance, await slack.card(slack.compliance), "Contact rules"))
    assert "Other contact" not in str(page.blocks)


async def test_without_chosen_rules_it_is_in_the_history_in_chinese(slack: Slack, loan: Loan) -> None:
    slack.clock.set(at(20, "11:00"))
    await enter(slack, "visit", at(18), "A visit: they were spoken to")
    (row,) = await slack.rows(OtherContact)
    assert (row.channel, row.spoke, row.loan_id) == ("visit", True, loan.id)
    await slack.in_chinese(slack.agent)
    assert "对客户本人：上门" in (await slack.in_card(slack.agent, "打开", "时间线")).text


BROKE = "This contact broke a contact rule. It is entered all the same, and so is that:"
TOLD_NOTHING = "They are told nothing about the loan: not that there is one, no amount, no arrears."


@pytest.mark.usefixtures("loan")
async def test_one_with_another_person_is_theirs_and_about_the_debt(slack: Slack) -> None:
    await add(slack, "emergency contact", "Bob Ray", "+1 212 555 0188")
    await choose(slack, "US-REGF", "US-NY-NYC", You_call="outside")
    slack.clock.set(at(20, "11:00"))
    assert "0 of 3 contacts and tries in 7 days" in await line(slack)
    met = "A visit: they were spoken to"
    _, answer = await enter(slack, "visit", at(18), met, With_whom="emergency contact Bob Ray", Note="asks back")
    assert BROKE in answer.text
    assert "A-1: visit to emergency contact Bob Ray of" in answer.text
    assert TOLD_NOTHING in answer.text
    assert "Not to be called now · third persons only to find the borrower" in answer.text
    (person,), (row,) = await slack.rows(RelatedPerson), await slack.rows(OtherContact)
    assert (row.role, row.person_id) == ("emergency_contact", person.id)
    assert "1 of 3 contacts and tries in 7 days" in await line(slack)
    await enter(slack, "visit", at(18), met)
    timeline = (await slack.in_card(slack.agent, "Open", "Timeline")).text
    assert timeline.count("visit to emergency contact Bob Ray · <@UAGENT>") == 1
    assert "visit to the borrower · <@UAGENT>" in timeline
    acts = [entry for entry in await slack.rows(AuditEntry) if entry.act == "other_contact"]
    assert [entry.details.get("role") for entry in acts] == ["emergency_contact", None]
    assert "Bob" not in str([entry.details for entry in acts])


async def test_one_with_a_role_that_nobody_fills_and_who_answers_for_the_debt_in_chinese(
    slack: Slack, loan: Loan
) -> None:
    slack.clock.set(at(20, "11:00"))
    _, answer = await enter(slack, "visit", at(18), "A visit: they were spoken to", With_whom="guarantor")
    assert "A-1: visit to guarantor of" in answer.text
    assert TOLD_NOTHING not in answer.text
    (row,) = await slack.rows(OtherContact)
    assert (row.role, row.person_id, row.spoke, row.loan_id) == ("guarantor", None, True, loan.id)
    await add(slack, "spouse", "韩梅梅", "139 0013 9000")
    await slack.in_chinese(slack.agent)
    page = shown(await slack.press(slack.agent, await slack.card(slack.agent), "联系规则"))
    await slack.press(slack.agent, page, "其他联系")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("方式", "信函")
    await form.fill("联系对象", "配偶 韩梅梅")
    await form.fill("时间", int(at(19).timestamp()))
    await form.fill("其他情况", ["对方主动来信或上门"])
    await form.submit()
    answer = slack.sandbox.modal_of("UAGENT")
    assert "A-1：已登记配偶 韩梅梅 11月19日" in answer.text, answer.text
    timeline = (await slack.in_card(slack.agent, "打开", "时间线")).text
    assert "配偶 韩梅梅主动：信函" in timeline
    assert "对担保人：上门" in timeline


@pytest.mark.usefixtures("loan")
async def test_one_that_broke_a_rule_says_which_and_undo_takes_it_back(slack: Slack) -> None:
    await choose(slack, "US-NY-NYC")
    slack.clock.set(at(20, "11:00"))
    for day in (16, 17, 18):
        _, answer = await enter(slack, "e-mail", at(day))
        assert BROKE not in answer.text
    _, answer = await enter(slack, "letter", at(19, "05:00"), "They wrote or came by themselves")
    assert BROKE not in answer.text
    _, answer = await enter(slack, "letter", at(19, "05:00"))
    rule = "at most 3 contacts or attempts in 7 days, all channels"
    assert f"{BROKE}\n{rule}" in answer.text
    [entry] = [each for each in await slack.rows(AuditEntry) if each.act == "contact_broken"]
    assert entry.subject_id == (await slack.rows(OtherContact))[-1].id
    assert len(entry.details["rules"]) == 1
    await answer.press("Undo")
    [decision] = await slack.rows(ContactDecision)
    assert decision.undone_at is not None
    broke = f"a call or other contact broke a rule: {rule}"
    assert broke not in (await slack.in_card(slack.agent, "Open", "Timeline")).text
    await enter(slack, "letter", at(19, "05:00"))
    assert broke in (await slack.in_card(slack.agent, "Open", "Timeline")).text


@pytest.mark.usefixtures("loan")
async def test_hours_are_asked_of_a_visit_and_not_of_a_letter_also_in_chinese(slack: Slack) -> None:
    await choose(slack, "US-MA")
    slack.clock.set(at(20, "11:00"))
    for channel, broke in (("visit", True), ("letter", False)):
        _, answer = await enter(slack, channel, at(19, "05:00"))
        assert (BROKE in answer.text) is broke, channel
    await slack.in_chinese(slack.agent)
    page = shown(await slack.press(slack.agent, await slack.card(slack.agent), "联系规则"))
    await slack.press(slack.agent, page, "其他联系")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("方式", "短信")
    await form.fill("时间", int(at(19, "05:00").timestamp()))
    await form.submit()
    assert "这次联系违反了联系规则，仍已登记，并记录违规情况：" in slack.sandbox.modal_of("UAGENT").text


@pytest.mark.usefixtures("loan")
@pytest.mark.parametrize("code", ["x", "borrower", "0" * 400, "019aaaaa-0000-7000-8000-000000000000"])
async def test_whom_nobody_offered_is_nobody(slack: Slack, code: str) -> None:
    slack.clock.set(at(20, "11:00"))
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        with pytest.raises(NotFound, match="unknown_person"):
            await enter_contact(desk, loan=LoanRef("A-1", "A-1"), entry=OtherContactEntry("letter", at(19), party=code))
    assert await slack.rows(OtherContact) == []


@pytest.mark.usefixtures("loan")
async def test_a_person_who_was_just_removed_is_refused_at_the_field(slack: Slack) -> None:
    slack.clock.set(at(20, "11:00"))
    await add(slack, "spouse", "Bob Ray", "+1 212 555 0188")
    page = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Contact rules"))
    await slack.press(slack.agent, page, "Other contact")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("How", "letter")
    await form.fill("With whom", "spouse Bob Ray")
    (person,) = await slack.rows(RelatedPerson)
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        await remove_person(desk, person.id, version=person.version)
    assert "With whom" in (await form.submit()).errors
    assert await slack.rows(OtherContact) == []
