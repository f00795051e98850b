"""Calls that contact rules speak against: the number is held back, a reason is asked for, what happened anyway is kept.

Now is Wednesday 25 November 2026, 10:00.
"""

from desk.calls.views import chosen_loan
from storage.tables import AuditEntry, CallContact, ContactDecision, Loan
from tests.builders import make_call, make_loan
from tests.wire.office_day import Slack, buttons, shown
from tests.wire.test_contact_rules import choose, line


async def after_three_conversations(slack: Slack) -> None:
    """Make a loan whose borrower was spoken to three times today, under China's rules."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    for _ in range(3):
        await make_call(slack.office, loan, slack.agent)


async def test_a_call_that_was_made_is_logged_and_so_is_the_rule_that_it_broke(slack: Slack) -> None:
    await after_three_conversations(slack)
    reply = await slack.command(slack.agent, "/loan-call A-1 reached asks about the rate next tomorrow 3pm")
    assert "reached, logged at 10:00." in reply.text
    assert "This call broke a contact rule." in reply.text
    assert "China, mainland, rule CN-C1" in reply.text
    (decision,) = await slack.rows(ContactDecision)
    assert (decision.kind, decision.rules) == ("broken", "CN-C1")
    assert [row.details["rules"] for row in await slack.rows(AuditEntry) if row.act == "contact_broken"] == [["CN-C1"]]
    timeline = (await slack.in_card(slack.agent, "Open", "Timeline")).text
    assert "a call or other contact broke a rule: at most 3 conversations a day" in timeline


async def test_a_call_that_the_borrower_made_breaks_nothing(slack: Slack) -> None:
    await after_three_conversations(slack)
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "A-1", typed="A-1")
    await form.fill("Outcome", "reached")
    await form.fill("Which way", "inbound")
    await form.submit()
    assert "broke" not in form.text
    (contact,) = await slack.rows(CallContact)
    assert contact.inbound
    assert "3 of 3 conversations today" in await line(slack)


async def test_a_refusing_rule_holds_the_number_back_until_a_manager_gives_a_reason(slack: Slack) -> None:
    await after_three_conversations(slack)
    held = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Call"))
    assert "138" not in held.text
    assert "Not to be called now · next window Thu 26 Nov 08:00" in held.text
    assert "Call all the same" not in buttons(held)
    held = shown(await slack.press(slack.manager, await slack.card(slack.manager), "Call"))
    await slack.press(slack.manager, held, "Call all the same")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("Reason for the call", "He asked for it by letter")
    await form.submit()
    assert "138 0013 5678" in form.text
    assert "138 0013 5678" in shown(await slack.press(slack.agent, await slack.card(slack.agent), "Call")).text
    acts = [row.act for row in await slack.rows(AuditEntry) if row.act.startswith(("contact_", "override_"))]
    assert acts == ["contact_held", "contact_held", "override_contact"]
    reply = await slack.command(slack.agent, "/loan-call A-1 reached told him next tomorrow 3pm")
    assert "broke" not in reply.text


async def test_a_warning_asks_for_a_reason(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan edit A-1 contact hardship")
    await slack.in_chinese(slack.agent)
    held = shown(await slack.press(slack.agent, await slack.card(slack.agent), "拨打"))
    assert "138" not in held.text
    await slack.press(slack.agent, held, "说明理由")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("致电理由", "商量延期")
    await form.submit()
    assert "138 0013 5678" in form.text


async def test_no_manager_overrides_what_the_borrower_has_set(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan edit A-1 contact do not call")
    held = shown(await slack.press(slack.manager, await slack.card(slack.manager), "Call"))
    assert "138" not in held.text
    assert "No manager can override this; it ends when the state ends." in held.text
    assert not {"Call all the same", "Give a reason"} & {*buttons(held)}


async def test_a_callers_reason_for_a_warning_lifts_no_refusal_of_the_same_rule(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    for _ in range(6):
        await make_call(slack.office, loan, slack.agent, outcome="no_answer")
    held = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Call"))
    await slack.press(slack.agent, held, "Give a reason")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Reason for the call", "He waits for it")
    await form.submit()
    assert "138 0013 5678" in form.text
    await choose(
        slack,
        "CN",
        who=slack.compliance,
        **{"Refuse, where the rule only warns": ["CN-C2 at most 6 unanswered tries a day to one number"]},
    )
    held = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Call"))
    assert "138" not in held.text
    assert "Not to be called now" in held.text


async def test_a_reason_for_a_rule_that_counts_per_person_holds_on_their_other_loan(slack: Slack) -> None:
    await after_three_conversations(slack)
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent)
    await make_loan(slack.office, slack.workspace, "B-1", owner=slack.agent)
    async with slack.office.database.transaction() as session:
        rows = {loan.number: await session.get_one(Loan, loan.id) for loan in await slack.rows(Loan)}
        rows["A-2"].borrower_id = rows["A-1"].borrower_id
        session.add(rows["A-2"])

    async def number(of: str) -> str:
        return shown(await slack.press(slack.agent, await slack.card(slack.agent, of), "Call")).text

    assert "Not to be called now" in await number("A-2")
    held = shown(await slack.press(slack.manager, await slack.card(slack.manager), "Call"))
    await slack.press(slack.manager, held, "Call all the same")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("Reason for the call", "He asked for it by letter")
    await form.submit()
    assert "138 0013 5678" in await number("A-2")
    assert "138 0013 5678" in await number("B-1"), "another person"


async def test_no_further_try_is_offered_while_the_borrower_must_not_be_called(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)

    async def offers_a_try() -> bool:
        async with slack.office.reading_desk(slack.workspace, slack.agent) as desk:
            offers = (await chosen_loan(desk, "A-1", outcome="no_answer")).offers
        return "retry" in {each.kind for each in offers}

    assert await offers_a_try()
    await slack.command(slack.agent, "/loan edit A-1 contact do not call")
    assert not await offers_a_try()
