"""Corrections of names and numbers in the timeline, and wrong numbers known on every loan. Now is Wednesday 10:00."""

import pytest

from sandbox.model import Message
from storage.tables import Borrower, Loan
from tests.builders import make_loan, make_member, make_team
from tests.wire.office_day import Slack

WRONG = "this number is marked as wrong"


@pytest.fixture
async def loans(slack: Slack) -> list[Loan]:
    """A-1 and A-2 with one phone, A-2 with another member; A-3 with another phone."""
    phone, other = "+8613800138000", "+8613900139000"
    made = (("A-1", slack.agent, phone), ("A-2", slack.other, phone), ("A-3", slack.agent, other))
    return [await make_loan(slack.office, slack.workspace, n, owner=o, name="王小明", phone=p) for n, o, p in made]


async def timeline(slack: Slack, loan: str) -> list[str]:
    card = await slack.command(slack.agent, f"/loan {loan}")
    assert card.message is not None
    await slack.press(slack.agent, card.message, "Open")
    modal = slack.sandbox.modal_of("UAGENT")
    await modal.press("Timeline")
    return [line for line in modal.text.splitlines() if "corrected" in line]


async def marked(slack: Slack) -> list[str]:
    cards = {number: await slack.command(slack.agent, f"/loan {number}") for number in ("A-1", "A-2", "A-3")}
    return [number for number, card in cards.items() if WRONG in card.text]


def last(message: Message | None) -> Message:
    assert message is not None
    return message


@pytest.mark.usefixtures("loans")
async def test_corrections_are_in_the_timeline_with_the_value_before(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan edit A-1 name 王晓明")
    await slack.command(slack.agent, "/loan edit A-1 phone 13900139000")
    renumbered = await slack.command(slack.agent, "/loan edit A-1 number HT-1")
    assert await timeline(slack, "HT-1") == [
        "Wed 25 Nov 10:00 · loan number corrected; before: A-1 · <@UAGENT>",
        "Wed 25 Nov 10:00 · phone number corrected; before: phone ending 8000 · <@UAGENT>",
        "Wed 25 Nov 10:00 · borrower's name corrected; before: 王小明 · <@UAGENT>",
    ]
    await slack.press(slack.agent, last(renumbered.message), "Undo")
    assert len(await timeline(slack, "A-1")) == 2


@pytest.mark.usefixtures("loans")
async def test_a_wrong_number_is_known_on_every_loan_with_that_phone(slack: Slack) -> None:
    logged = await slack.command(slack.agent, "/loan-call A-1 wrong number")
    assert await marked(slack) == ["A-1", "A-2"]
    await slack.press(slack.agent, last(logged.message), "Undo")
    assert await marked(slack) == []


@pytest.mark.usefixtures("loans")
async def test_undo_removes_the_mark_where_nobody_has_corrected_the_borrower_since(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-4", owner=slack.other, phone="+8613800138000")
    logged = await slack.command(slack.agent, "/loan-call A-1 wrong number")
    await slack.command(slack.other, "/loan edit A-2 name 王晓明")
    undone = await slack.press(slack.agent, last(logged.message), "Undo")
    assert undone.shown is not None
    assert undone.shown.text.splitlines() == [
        "Undone on A-1: a call.",
        "Anything changed since then stays as it is now: A-2.",
    ]
    assert await marked(slack) == ["A-2"]
    assert WRONG not in (await slack.command(slack.agent, "/loan A-4")).text


@pytest.mark.usefixtures("loans")
async def test_undo_names_no_loan_of_another_team(slack: Slack) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    stranger = await make_member(slack.office, slack.workspace, "USTRANGER", team_id=west.id)
    loan = await make_loan(slack.office, slack.workspace, "B-1", owner=stranger, phone="+8613800138000")
    logged = await slack.command(slack.agent, "/loan-call A-1 wrong number")
    async with slack.office.database.transaction() as session:
        borrower = await session.get_one(Borrower, loan.borrower_id)
        borrower.version += 1
    undone = await slack.press(slack.agent, last(logged.message), "Undo")
    assert undone.shown is not None
    assert undone.shown.text == "Undone on A-1: a call. Everything is as it was before."
    assert await marked(slack) == []


@pytest.mark.usefixtures("loans")
async def test_a_correction_removes_the_mark_of_one_loan_and_the_same_number_again_that_of_all(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan-call A-1 wrong number")
    await slack.command(slack.agent, "/loan edit A-1 phone 13700137000")
    assert await marked(slack) == ["A-2"]
    back = await slack.command(slack.agent, "/loan edit A-1 phone 13800138000")
    assert WRONG in back.text
    assert await marked(slack) == ["A-1", "A-2"]
    same = await slack.command(slack.agent, "/loan edit A-1 phone 138 0013 8000")
    assert same.text.startswith("A-1: +86 138 0013 8000 is no longer marked as wrong, here and on other loans with it.")
    assert await marked(slack) == []


@pytest.mark.usefixtures("loans")
async def test_the_mark_follows_the_correction_of_the_call_that_set_it(slack: Slack) -> None:
    logged = await slack.command(slack.agent, "/loan-call A-1 wrong number")
    await _correct(slack, last(logged.message), "no answer")
    assert await marked(slack) == []
    slack.clock.advance(minutes=3)
    logged = await slack.command(slack.agent, "/loan-call A-2 busy")
    await _correct(slack, last(logged.message), "wrong number")
    assert await marked(slack) == ["A-1", "A-2"]


async def _correct(slack: Slack, message: Message, outcome: str) -> None:
    await slack.press(slack.agent, message, "Correct the call")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Outcome", outcome)
    await form.submit()


@pytest.mark.usefixtures("loans")
async def test_a_new_inquiry_with_a_wrong_number_says_so(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan-call A-1 wrong number")
    asked = await slack.command(slack.agent, "/loan new 韩梅 13800138000")
    opened = await slack.press(slack.agent, last(asked.message), "Open a new inquiry anyway")
    assert opened.shown is not None
    assert WRONG in opened.shown.text
    assert WRONG in (await slack.command(slack.agent, "/loan L-1")).text


async def test_another_extension_is_another_line(slack: Slack) -> None:
    for number, phone in (("A-1", "+861088888888;ext=801"), ("A-2", "+861088888888;ext=802"), ("A-3", "+861088888888")):
        await make_loan(slack.office, slack.workspace, number, owner=slack.agent, phone=phone)
    await slack.command(slack.agent, "/loan-call A-1 wrong number")
    assert await marked(slack) == ["A-1"]
