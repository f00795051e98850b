"""Which loans count as having nothing planned: those that need a call. Now is Wednesday 2026-11-25 10:00."""

from datetime import date

import pytest
from sqlmodel import select

from storage.tables import FollowUp, QuietPeriod
from tests.builders import make_loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack, buttons, given, shown

pytestmark = pytest.mark.every_example


async def unplanned(slack: Slack) -> str:
    return (await slack.command(slack.agent, "/loan-due unplanned")).text


async def open_calls(slack: Slack) -> list[str]:
    async with slack.office.database.reading() as session:
        found = (await session.exec(select(FollowUp).where(FollowUp.state == "open"))).all()
    return sorted(row.purpose for row in found)


async def nothing_needed(slack: Slack, number: str, **values: str) -> str:
    """Say in the form that the loan needs nothing until a date, and return the answer."""
    form = await slack.in_card(slack.agent, "Nothing needed until…", number=number)
    await fill(form, values)
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


async def test_undo_brings_back_what_rules_had_planned_and_the_timeline_tells_of_it(slack: Slack) -> None:
    opened = given((await slack.command(slack.agent, "/loan new 王小明 13800135678")).message)
    assert await open_calls(slack) == ["conditions"]
    answer = shown(await slack.press(slack.agent, opened, "Nothing needed"))
    assert await open_calls(slack) == []
    told = "nothing needed until Fri 25 Dec 2026 · <@UAGENT>"
    assert told in (await slack.in_card(slack.agent, "Open", "Timeline", number="L-1")).text
    await slack.press(slack.agent, answer, "Undo")
    assert await open_calls(slack) == ["conditions"]
    assert told not in (await slack.in_card(slack.agent, "Open", "Timeline", number="L-1")).text


@pytest.mark.parametrize(
    ("until", "refused", "in_chinese"),
    [
        ("2026-11-25", "Wed 25 Nov 2026 isn't after today.", "不晚于今天。"),
        ("2028-01-01", "is too far off: Thu 30 Dec 2027 at the latest.", "太远，最晚 2027年12月30日"),
    ],
)
async def test_a_date_that_cannot_be_is_refused_beside_its_field(
    slack: Slack, until: str, refused: str, in_chinese: str
) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed")
    for labels, says in ((("Nothing needed until…", "Until"), refused), (("暂无需跟进…", "截止日期"), in_chinese)):
        form = await slack.in_card(slack.agent, labels[0])
        await form.fill(labels[1], until)
        await form.submit()
        assert says in form.errors[labels[1]]
        await slack.in_chinese(slack.agent)


async def test_a_loan_that_has_ended_needs_nothing_and_its_card_does_not_offer_to_say_so(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="closed")
    assert "Nothing needed until…" not in buttons(await slack.card(slack.agent))


async def test_what_is_not_needed_for_a_while_in_chinese(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed")
    await slack.in_chinese(slack.agent)
    assert "A-1" in (await slack.command(slack.agent, "/loan-due 无计划")).text
    form = await slack.in_card(slack.agent, "暂无需跟进…")
    await form.fill("截止日期", "2026-12-10")
    await form.fill("原因", "客户出国")
    await form.submit()
    assert "A-1" not in (await slack.command(slack.agent, "/loan-due 无计划")).text
    assert "客户出国" in (await slack.command(slack.agent, "/loan A-1")).text
    await slack.at("2026-12-10 10:00")
    assert "A-1" in (await slack.command(slack.agent, "/loan-digest now")).text
    assert "A-1" in (await slack.command(slack.agent, "/loan-due 无计划")).text
