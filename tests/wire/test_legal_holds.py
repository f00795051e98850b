"""Legal holds: compliance places and lifts them, and nothing of the borrower is deleted. It is 25 November 2026, 10:00."""

import pytest

from bot.demo.borrowers import remove_demo
from desk.core.errors import Conflict
from sandbox.elements import interactive_elements
from sandbox.modals import Modal
from storage.tables import AuditEntry, LegalHold, Loan
from tests.builders import make_loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack, buttons, shown


async def holding(slack: Slack, number: str = "A-1", **values: str) -> Modal:
    """Place a loan under a hold with the form of its card, and return the form."""
    await slack.press(slack.compliance, await slack.card(slack.compliance, number), "Legal hold")
    form = slack.sandbox.modal_of(slack.compliance.slack_user_id)
    await fill(form, values)
    await form.submit()
    return form


async def test_a_hold_is_placed_on_the_card_listed_at_home_and_lifted(slack: Slack) -> None:
    first = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, borrower_id=first.borrower_id)
    form = await holding(slack, Reason="Court 2026-17 asks for everything", Last_day="2026-12-31")
    assert "A-1 is under a legal hold until Thu 31 Dec" in form.text

    for who, number in ((slack.agent, "A-1"), (slack.agent, "A-2"), (slack.compliance, "A-1")):
        card = (await slack.card(who, number)).text
        assert "Under a legal hold until Thu 31 Dec: nothing of the borrower is deleted." in card.replace(" 2026", "")
        assert ("Court 2026-17" in card) is (who is slack.compliance)
    await slack.sandbox.open_home(slack.compliance.slack_user_id)
    await slack.sandbox.home_of(slack.compliance.slack_user_id).press("Legal holds")
    listed = slack.sandbox.modal_of(slack.compliance.slack_user_id)
    assert "A-1" in listed.text
    assert "Court 2026-17" in listed.text

    card = await slack.card(slack.compliance)
    assert "the hold is lifted" in shown(await slack.press(slack.compliance, card, "Lift the hold")).text
    assert "lifted or changed meanwhile" in shown(await slack.press(slack.compliance, card, "Lift the hold")).text
    assert "legal hold" not in (await slack.card(slack.agent)).text
    acts = [entry.act for entry in await slack.rows(AuditEntry) if "hold" in entry.act]
    assert acts == ["place_hold", "lift_hold"]
    assert not [entry for entry in await slack.rows(AuditEntry) if "Court" in str(entry.details)]


async def test_a_hold_ends_after_its_last_day_and_is_worded_in_chinese(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await holding(slack, Reason="Lawyer asks", Last_day="2026-11-25")
    await slack.in_chinese(slack.agent)
    assert "处于法律保全，至2026年11月25日" in (await slack.card(slack.agent)).text
    await slack.at("2026-11-26T00:00:01+08:00")
    assert "法律保全" not in (await slack.card(slack.agent)).text


async def test_a_hold_needs_a_reason_and_a_day_to_come(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    form = await holding(slack, Reason="  ", Last_day="2026-12-31")
    assert "Why?" in form.text or form.errors
    form = await holding(slack, Reason="Court", Last_day="2026-11-24")
    assert "is over already" in str(form.errors) + form.text
    assert await slack.rows(LegalHold) == []


async def test_only_compliance_places_one(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    for who in (slack.agent, slack.manager):
        assert "Legal hold" not in buttons(await slack.card(who))


async def test_the_demo_is_not_removed_while_one_of_its_borrowers_is_held(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    async with slack.office.desk(slack.workspace) as desk:
        row = await desk.session.get_one(Loan, loan.id)
        row.demo_at = desk.now
        desk.add(row)
    await holding(slack, Reason="Court")
    with pytest.raises(Conflict, match="under_hold"):
        async with slack.office.desk(slack.workspace, slack.manager) as desk:
            await remove_demo(desk)
    assert "A-1" in (await slack.card(slack.agent)).text


async def test_of_several_holds_the_one_is_lifted_below_which_the_button_is_and_not_by_a_slip(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await holding(slack, Reason="Court")
    await holding(slack, Reason="Regulator")
    await slack.sandbox.open_home("UCOMPLIANCE")
    await slack.sandbox.home_of("UCOMPLIANCE").press("Legal holds")
    for blocks in ((await slack.card(slack.compliance)).blocks, slack.sandbox.modal_of("UCOMPLIANCE").blocks):
        lifts = [
            (at, e)
            for at, b in enumerate(blocks)
            for e in interactive_elements(b)
            if "retention.lift" in e["action_id"]
        ]
        below = [str(blocks[at - 1]) for at, _ in lifts]
        assert ["Court" in below[0], "Regulator" in below[1]] == [True, True]
        assert all(e["confirm"]["title"]["text"] == "Lift the hold?" for _, e in lifts)
