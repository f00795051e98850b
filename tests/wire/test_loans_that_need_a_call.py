"""Which loans count as having nothing planned: those that need a call. Now is Wednesday 2026-11-25 10:00."""

from datetime import date

import pytest
from sqlmodel import select

from storage.tables import QuietPeriod
from tests.builders import make_loan
from tests.wire.office_day import Slack, shown


async def unplanned(slack: Slack) -> str:
    return (await slack.command(slack.agent, "/loan-due unplanned")).text


async def nothing_needed(slack: Slack, number: str, **values: str) -> str:
    """Say in the form that the loan needs nothing until a date, and return the answer."""
    card = await slack.command(slack.agent, f"/loan {number}")
    assert card.message is not None
    await slack.press(slack.agent, card.message, "Nothing needed until…")
    form = slack.sandbox.modal_of(slack.agent.slack_user_id)
    for label, value in values.items():
        await form.fill(label, value)
    await form.submit()
    assert form.errors == {}
    return form.text


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ({"stage": "disbursed", "autopay": True, "due_day": 15}, False),
        ({"stage": "disbursed", "autopay": True, "due_day": 15, "unpaid_since": date(2026, 11, 15)}, True),
        ({"stage": "disbursed", "autopay": True, "due_day": 15, "unpaid_since": date(2026, 12, 15)}, False),
        ({"stage": "disbursed", "autopay": True, "next_instalment_on": date(2026, 11, 15)}, True),
        ({"stage": "disbursed", "autopay": True, "next_instalment_on": date(2026, 12, 15)}, False),
        ({"stage": "disbursed", "due_day": 15}, True),
        ({"stage": "disbursed", "paused_from": date(2026, 11, 1), "paused_until": date(2026, 12, 1)}, False),
        ({"stage": "disbursed", "paused_from": date(2026, 10, 1), "paused_until": date(2026, 11, 25)}, True),
        ({"stage": "signed", "autopay": True}, True),
        ({"stage": "inquiry"}, True),
        ({"stage": "closed"}, False),
    ],
)
async def test_only_a_loan_that_needs_a_call_counts(slack: Slack, values: dict[str, object], counts: bool) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, **values)  # pyright: ignore[reportArgumentType]
    assert ("A-1" in await unplanned(slack)) is counts


async def test_a_loan_that_needs_nothing_until_a_date_counts_again_from_it_on(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed")
    pressed = await slack.command(slack.agent, "/loan-call A-1 reached")
    assert pressed.message is not None
    answer = shown(await slack.press(slack.agent, pressed.message, "Nothing needed"))
    assert "A-1 needs no call until Fri 25 Dec 2026." in answer.text
    assert "A-1" not in await unplanned(slack)
    assert "Nothing is needed until Fri 25 Dec 2026." in (await slack.command(slack.agent, "/loan A-1")).text

    slack.clock.advance(days=30)
    assert "A-1" in await unplanned(slack)
    digest = await slack.command(slack.agent, "/loan-digest now")
    assert "Nothing was needed until today, and nothing is planned: A-1." in digest.text


async def test_undo_lets_it_count_again(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed")
    reply = await slack.command(slack.agent, "/loan-call A-1 reached")
    assert reply.message is not None
    answer = shown(await slack.press(slack.agent, reply.message, "Nothing needed"))
    await slack.press(slack.agent, answer, "Undo")
    assert "A-1" in await unplanned(slack)


async def test_another_stage_lets_it_count_again(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved")
    async with slack.office.database.transaction() as session:
        session.add(
            QuietPeriod(
                workspace_id=loan.workspace_id,
                loan_id=loan.id,
                until_on=date(2026, 12, 24),
                by_id=slack.agent.id,
                at=slack.clock.now(),
            )
        )
    assert "A-1" not in await unplanned(slack)
    await slack.command(slack.agent, "/loan-stage A-1 signed")
    assert "A-1" in await unplanned(slack)


async def test_the_form_takes_a_date_and_a_reason(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed")
    answer = await nothing_needed(slack, "A-1", Until="2026-12-10", Why="Abroad <!channel>")
    assert "A-1 needs no call until Thu 10 Dec 2026." in answer
    card = (await slack.command(slack.agent, "/loan A-1")).text
    assert "Nothing is needed until Thu 10 Dec 2026." in card
    assert "> Abroad &lt;!channel&gt;" in card
    async with slack.office.database.reading() as session:
        (row,) = (await session.exec(select(QuietPeriod))).all()
    assert row.reason_cipher is not None
    assert b"Abroad" not in row.reason_cipher
