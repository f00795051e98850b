"""States of a borrower that bear on calls, and consents. Now is Wednesday 25 November 2026, 10:00."""

from datetime import date

import pytest

from desk.messages.worked import worked_list
from sandbox.modals import Modal
from storage.tables import ContactConsent, ContactDecision, ContactState, Reservation
from tests.builders import make_follow_up, make_loan, make_loan_in_arrears, make_member, make_team
from tests.wire.filling import fill
from tests.wire.office_day import Slack, given, shown
from tests.wire.test_contact_rules import choose, line
from tests.wire.test_statements import executed


async def page(slack: Slack) -> str:
    """Return the text behind Contact rules on the card."""
    return shown(await slack.press(slack.agent, await slack.card(slack.agent), "Contact rules")).text


async def form(slack: Slack, label: str, **values: str) -> Modal:
    """Fill one of the forms behind Contact rules, and return it with its answer."""
    shown_page = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Contact rules"))
    await slack.press(slack.agent, shown_page, label)
    opened = slack.sandbox.modal_of("UAGENT")
    await fill(opened, values)
    await opened.submit()
    return opened


async def test_do_not_call_is_typed_seen_on_each_loan_of_the_borrower_and_ended(slack: Slack) -> None:
    first = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, borrower_id=first.borrower_id)
    reply = await slack.command(slack.agent, "/loan edit A-1 contact do not call")
    assert "A-1: do not call is recorded." in reply.text
    assert "No manager can override it" in reply.text
    for number in ("A-1", "A-2"):
        assert "do not call: the borrower asked not to be called." in (await slack.card(slack.agent, number)).text
    assert (await line(slack)).startswith("Not to be called now")
    again = await slack.command(slack.agent, "/loan edit A-1 contact dnc")
    assert "That state is recorded for A-1 already." in again.text
    await slack.command(slack.agent, "/loan edit A-2 contact none")
    assert await line(slack) == ""
    timeline = (await slack.in_card(slack.agent, "Open", "Timeline")).text
    assert "recorded: do not call" in timeline
    assert "ended: do not call" in timeline


async def test_the_state_is_typed_in_chinese_with_its_last_day_and_ends_by_itself(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan 改 A-1 联系状态 缓冲期（至１２月３０日止）。")
    assert "A-1：已登记缓冲期，至2026年12月30日" in reply.text
    assert (await line(slack)).startswith("现在不得致电")
    await slack.at("2026-12-31 08:00")
    assert (await line(slack)).startswith("现在可以致电")
    await slack.at("2027-01-02 08:00")
    assert await line(slack) == ""


async def test_what_is_no_state_or_has_no_end_is_refused(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    assert "I don't know “moody” here." in (await slack.command(slack.agent, "/loan edit A-1 contact moody")).text
    reply = await slack.command(slack.agent, "/loan edit A-1 contact breathing space")
    assert "a last day is needed" in reply.text
    reply = await slack.command(slack.agent, "/loan edit A-1 contact hardship until tomorrow 22:30")
    assert "“tomorrow 22:30”: only a date is needed here, without a time." in reply.text
    assert "/loan edit A-1 contact hardship until 2026-11-26" in reply.text
    chinese = await slack.command(slack.agent, "/loan 改 A-1 联系状态 生气")
    assert "请勿致电" in chinese.text
    assert "do not call" not in chinese.text
    assert "There's no state to end on A-1." in (await slack.command(slack.agent, "/loan edit A-1 contact none")).text
    assert await slack.rows(ContactState) == []


async def test_a_state_by_form_is_undone(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    opened = await form(slack, "Enter a state", State="hardship")
    assert "A-1: hardship is recorded." in opened.text
    assert (await line(slack)).startswith("Better not called now")
    await opened.press("Undo")
    assert await line(slack) == ""


async def test_agreed_hours_lift_the_hours_of_a_pack_until_they_are_withdrawn(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    await form(slack, "Enter a consent", How="recorded", From="08:00", Until="23:00")
    await slack.at("2026-11-25 22:30")
    assert (await line(slack)).startswith("May be called now")
    withdrawn = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Contact rules"))
    await slack.press(slack.agent, withdrawn, "Withdrawn")
    assert (await line(slack)).startswith("Not to be called now")


async def test_a_time_that_the_borrower_asked_for_is_kept_warned_of_and_stored(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    reply = await slack.command(slack.agent, "/loan-call A-1 call back next tomorrow 22:30")
    assert "Careful: borrowers may not be called at that time." in reply.text
    assert "22:30" in reply.text
    hours, calls = await slack.rows(ContactConsent)
    assert (hours.kind, f"{hours.starts} {hours.ends}", calls.kind) == ("hours", "22:30:00 23:30:00", "calls")
    await slack.at("2026-11-26 22:30")
    assert any("please call about" in text and "May be called now" in text for text in slack.texts(slack.agent))
    await slack.at("2026-11-26 23:30")
    assert (await line(slack)).startswith("Not to be called now")


async def test_the_form_to_log_a_call_says_whether_it_may_be_made(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan edit A-1 contact lawyer")
    form = await slack.in_card(slack.agent, "Log a call")
    assert "has a lawyer: only the lawyer is contacted." in form.text


async def test_no_queue_hands_out_a_borrower_who_may_not_be_called(slack: Slack) -> None:
    await make_loan_in_arrears(slack.office, slack.workspace, "A-1", owner=slack.collector, purposes=["overdue"])
    await slack.command(slack.collector, "/loan edit A-1 contact do not call")
    await slack.sandbox.open_home("UCOLLECTOR")
    await slack.sandbox.home_of("UCOLLECTOR").press("Next call")
    assert await slack.rows(Reservation) == []


async def with_guarantor(slack: Slack) -> None:
    """Make a loan with a guarantor and a colleague of the borrower."""
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    for role, name, phone in (
        ("guarantor", "韩梅梅", "139 0013 9000"),
        ("emergency contact", "王小明", "139 0013 9111"),
    ):
        opened = await slack.in_card(slack.agent, "Open", "People", "Add a person")
        for label, value in (("Role", role), ("Name", name), ("Phone 1", phone)):
            await opened.fill(label, value)
        await opened.submit()


async def shown_number(slack: Slack, tail: str) -> str:
    """Return the answer to the button that shows a number of a person around the loan."""
    return (await slack.in_card(slack.agent, "Open", "People", f"Call {tail}")).text


async def test_a_state_of_another_person_bars_calls_to_them_and_not_to_the_borrower(slack: Slack) -> None:
    await with_guarantor(slack)
    for state in ("number barred", "has a lawyer"):
        opened = await form(slack, "Enter a state", State=state, Of_whom="guarantor 韩梅梅")
        assert "is recorded" in opened.text
        shown_card = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Call"))
        assert "138 0013 5678" in shown_card.text, state
        assert "139 0013 9000" not in await shown_number(slack, "9000"), state
        rules = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Contact rules"))
        await slack.press(slack.agent, rules, "End it")
        assert "139 0013 9000" in await shown_number(slack, "9000"), state


async def test_the_death_of_a_guarantor_opens_no_contact_of_the_borrower(slack: Slack) -> None:
    await with_guarantor(slack)
    await choose(slack, "CN")
    assert "139 0013 9111" not in await shown_number(slack, "9111")
    await form(slack, "Enter a state", State="deceased", Of_whom="guarantor 韩梅梅")
    assert "139 0013 9111" not in await shown_number(slack, "9111")
    await form(slack, "Enter a state", State="deceased")
    assert "139 0013 9111" in await shown_number(slack, "9111")


async def test_a_consent_is_seen_and_withdrawn_on_each_loan_of_the_borrower(slack: Slack) -> None:
    first = await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent)
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, borrower_id=first.borrower_id)
    await choose(slack, "CN")
    await form(slack, "Enter a consent", How="recorded", From="08:00", Until="23:00")
    await slack.at("2026-11-25 22:30")
    card = await slack.card(slack.agent, "A-2")
    assert "May be called now" in card.text
    rules = shown(await slack.press(slack.agent, card, "Contact rules"))
    assert "Agreed hours: 08:00–23:00" in rules.text
    await slack.press(slack.agent, rules, "Withdrawn")
    assert "Not to be called now" in (await slack.card(slack.agent, "A-2")).text


async def test_a_call_planned_while_a_state_bars_is_kept_and_warned_of(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan edit A-1 contact do not call")
    reply = await slack.command(slack.agent, "/loan-follow A-1 tomorrow 3pm call back")
    assert "Careful: borrowers may not be called at that time." in reply.text
    assert await slack.rows(ContactConsent) == []


async def test_a_corrected_number_is_not_the_barred_one(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan edit A-1 contact number barred")
    assert (await line(slack)).startswith("Not to be called now")
    reply = await slack.command(slack.agent, "/loan edit A-1 phone 139 0013 9222")
    assert await line(slack) == ""
    await slack.press(slack.agent, given(reply.message), "Undo")
    assert (await line(slack)).startswith("Not to be called now")


async def test_what_was_entered_on_a_loan_that_the_reader_may_not_see_is_shown_and_not_ended(slack: Slack) -> None:
    alone = await make_member(slack.office, slack.workspace, "UALONE", roles="agent")
    hidden = await make_loan(slack.office, slack.workspace, "A-2", owner=alone)
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, borrower_id=hidden.borrower_id)
    await slack.command(slack.manager, "/loan edit A-2 contact do not call")
    opened = await slack.press(slack.manager, await slack.card(slack.manager, "A-2"), "Contact rules")
    await slack.press(slack.manager, shown(opened), "Enter a consent")
    consent = slack.sandbox.modal_of("UMANAGER")
    await consent.fill("The borrower", "calls")
    await consent.submit()

    for who, may in ((slack.manager, True), (slack.agent, False)):
        shown_page = shown(await slack.press(who, await slack.card(who, "A-1"), "Contact rules"))
        assert "do not call" in shown_page.text
        assert "asked to be called" in shown_page.text
        for label in ("End it", "Withdrawn"):
            assert (label in str(shown_page.blocks)) == may, (who.slack_user_id, label)


async def test_a_number_of_another_person_is_held_back_until_a_reason_is_given(slack: Slack) -> None:
    await with_guarantor(slack)
    await form(slack, "Enter a state", State="hardship", Of_whom="guarantor 韩梅梅")
    assert "139 0013 9111" in await shown_number(slack, "9111")
    held = await slack.in_card(slack.agent, "Open", "People", "Call 9000")
    assert "139 0013 9000" not in held.text
    await held.press("Give a reason")
    reason = slack.sandbox.modal_of("UAGENT")
    await reason.fill("Reason for the call", "they asked for a call about the arrangement")
    await reason.submit()
    assert "139 0013 9000" in reason.text
    assert [row.kind for row in await slack.rows(ContactDecision)] == ["explained"]


@pytest.mark.parametrize(
    ("language", "state", "agreed"), [("en", "do not call", "hardship"), ("zh", "请勿致电", "经济困难")]
)
async def test_each_list_shows_what_is_recorded(slack: Slack, language: str, state: str, agreed: str) -> None:
    now = slack.clock.now()
    first = await make_loan_in_arrears(slack.office, slack.workspace, "A-1", owner=slack.agent, purposes=["overdue"])
    same = {"owner": slack.agent, "borrower_id": first.borrower_id}
    also = await make_loan(slack.office, slack.workspace, "A-2", **same)
    await make_loan(slack.office, slack.workspace, "A-3", owner=slack.agent, name="李雷", phone="+8613900001111")
    await make_follow_up(slack.office, also, slack.agent, due_at=now)
    lists = ("/loan", "/loan mine", "/loan find 尾号5678", "/loan-due", "/loan-due arrears", "/loan-digest now")
    with executed(slack) as before:
        await slack.command(slack.agent, lists[1])
    if language == "zh":
        await slack.in_chinese(slack.agent)
    for typed in lists:
        assert f" · {state}" not in (await slack.command(slack.agent, typed)).text, typed

    await slack.command(slack.agent, "/loan edit A-1 contact do not call")
    await slack.command(slack.agent, "/loan edit A-1 contact hardship until 2026-11-25")

    for typed in lists:
        shown_in = (await slack.command(slack.agent, typed)).text
        about = [row for row in shown_in.splitlines() if "A-1" in row or "A-2" in row]
        assert about, shown_in
        assert all(state in row and agreed in row for row in about if "5678" in row or "王" in row), shown_in
        assert not any(state in row for row in shown_in.splitlines() if "A-3" in row), shown_in
    await slack.sandbox.open_home("UAGENT")
    assert state in slack.sandbox.home_of("UAGENT").text
    with executed(slack) as after:
        await slack.command(slack.agent, lists[1])
    assert len(after) == len(before) + 1
    await slack.at("2026-11-26 10:00")
    assert agreed not in (await slack.command(slack.agent, "/loan mine")).text
    await slack.command(slack.agent, "/loan edit A-2 contact none")
    assert state not in (await slack.command(slack.agent, "/loan mine")).text


@pytest.mark.parametrize(
    ("language", "state", "review", "missed", "live"),
    [
        ("en-US", "do not call", "Review them", "no answer 1", "Live loans (2)"),
        ("zh-CN", "请勿致电", "去审核", "未接 1", "进行中的贷款 (2)"),
    ],
)
async def test_lists_behind_counts_show_it_too_and_nothing_of_a_loan_that_the_reader_may_not_see(
    slack: Slack, language: str, state: str, review: str, missed: str, live: str
) -> None:
    for number, name in (("A-1", "王小明"), ("A-3", "李雷")):
        phone = "+8613800135678" if number == "A-1" else "+8613900001111"
        await make_loan(slack.office, slack.workspace, number, owner=slack.agent, name=name, phone=phone)
    await slack.command(slack.agent, "/loan-docs A-1 id")
    await slack.command(slack.agent, "/loan-docs A-1 got id")
    await slack.command(slack.agent, "/loan-call A-1 no answer")
    await slack.command(slack.agent, "/loan edit A-1 contact do not call")
    for member in (slack.agent, slack.manager):
        await slack.change(member, locale=language)
    await slack.sandbox.open_home("UAGENT")
    await slack.sandbox.home_of("UAGENT").press(review)
    about = next(line for line in slack.sandbox.modal_of("UAGENT").text.splitlines() if "5678" in line)
    assert f"5678 · {state} · " in about

    await slack.at("2026-11-26 09:00")
    digest = given((await slack.command(slack.manager, "/loan-digest now")).message)
    figures = shown(await slack.press(slack.manager, digest, live)).text
    assert [state in line for line in figures.splitlines() if "A-1" in line or "A-3" in line][:2] == [True, False]
    called = shown(await slack.press(slack.manager, digest, missed)).text
    assert f"5678 · {state} · " in called
    west = await make_team(slack.office, slack.workspace, "West")
    stranger = await make_member(slack.office, slack.workspace, "USTRANGER", name="Stranger", team_id=west.id)
    await slack.command(slack.manager, f"/loan-reassign A-1 @{stranger.name}")
    async with slack.office.desk(slack.workspace, slack.other) as desk:
        [row] = (await worked_list(desk, slack.manager, date(2026, 11, 25), "no_answer")).rows
    assert (row.name, row.states) == ("王*", ())


@pytest.mark.parametrize(
    ("language", "typed"),
    [("en", "/loan-call A-1 call back next tomorrow 22:30"), ("zh", "/loan-call A-1 回电 明天22:30")],
)
async def test_a_time_that_was_asked_for_is_stored_with_who_when_and_which_hours(
    slack: Slack, language: str, typed: str
) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    if language == "zh":
        await slack.in_chinese(slack.agent)
    await slack.command(slack.agent, typed)
    hours = next(row for row in await slack.rows(ContactConsent) if row.kind == "hours")
    assert (hours.loan_id, hours.by_id, hours.given_at) == (loan.id, slack.agent.id, slack.clock.now())
    assert (hours.starts_on, hours.ends_on) == (date(2026, 11, 26), date(2026, 11, 26))
    assert (f"{hours.starts:%H:%M}", f"{hours.ends:%H:%M}", hours.form) == ("22:30", "23:30", "oral")
    rules = {"en": "Contact rules", "zh": "联系规则"}[language]
    page = shown(await slack.press(slack.agent, await slack.card(slack.agent), rules)).text
    assert {"en": "Agreed hours: Thu 26 Nov 2026 22:30–23:30", "zh": "22:30–23:30"}[language] in page


async def test_a_contact_who_asked_to_stop_is_called_no_more(slack: Slack) -> None:
    await with_guarantor(slack)
    await choose(slack, "CN")
    assert "a contact only if the borrower is out of reach" in await shown_number(slack, "9111")
    for _ in range(3):
        await slack.command(slack.agent, "/loan-call A-1 no answer")
        slack.clock.advance(minutes=3)
    number = await shown_number(slack, "9111")
    assert "139 0013 9111" in number
    assert "They are told nothing about the loan" in number
    await form(slack, "Enter a state", State="do not call", Of_whom="emergency contact 王小明")
    stopped = await shown_number(slack, "9111")
    assert "139 0013 9111" not in stopped
    assert "No manager can override this" in stopped
    assert "138 0013 5678" in shown(await slack.press(slack.agent, await slack.card(slack.agent), "Call")).text
    await slack.in_chinese(slack.agent)
    held = await slack.in_card(slack.agent, "打开", "相关人", "拨打 9111")
    assert "现在不得致电" in held.text
