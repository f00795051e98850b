"""A lender that changes systems brings its past calls, notes and planned follow-ups along. Now is Wednesday 10:00."""

import pytest

from storage.tables import Call, FollowUp, ImportRefusal, Loan, LoanNote, Notice, Promise
from tests.builders import make_loan
from tests.wire.office_day import Slack, given, shown
from tests.wire.sending_tables import press, send, table, told
from tests.wire.test_contact_rules import choose

PUBLIC_URL = "https://desk.example.com"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="李雷", stage="disbursed")


async def bring(slack: Slack, header: str, *rows: str, how: str = "Import") -> None:
    """Import these rows as the manager."""
    await send(slack, slack.manager, table(*rows, header=header), "history.csv")
    await press(slack, slack.manager, how)


@pytest.mark.usefixtures("loan")
async def test_past_calls_are_on_the_timeline_at_their_time_and_nobody_is_reminded(slack: Slack) -> None:
    before = len(await slack.rows(Notice))
    await bring(
        slack,
        "number,call time,outcome,caller,note,minutes",
        "A-1,2026-11-20 14:30,no answer,,,",
        "A-1,2026-11-21 09:05,promised,UCOLLECTOR,pays on Friday,4",
    )

    assert told(slack, slack.manager).text.splitlines() == ["history.csv · imported", "• new 2"]
    calls = await slack.rows(Call)
    assert [(f"{call.at:%m-%d %H:%M}", call.outcome, call.minutes) for call in calls] == [
        ("11-20 06:30", "no_answer", None),
        ("11-21 01:05", "promised", 4),
    ]
    assert [call.caller_id for call in calls] == [slack.agent.id, slack.collector.id]
    assert await slack.rows(FollowUp) == []
    assert len(await slack.rows(Notice)) == before + 1, "the message about the file alone"
    card = await slack.card(slack.agent)
    assert "Sat 21 Nov 09:05 · promised" in card.text


@pytest.mark.usefixtures("loan")
async def test_the_same_calls_again_change_nothing_whatever_file_brings_them(slack: Slack) -> None:
    header, row = "合同号,通话时间,通话结果,通话编号,备注", "A-1,2026年11月20日 14:30,未接通,C-77,第一次"
    await slack.in_chinese(slack.manager)
    await bring(slack, header, row, how="导入")
    assert told(slack, slack.manager).text.splitlines() == ["history.csv · 已导入", "• 新增 1"]

    changed = row.replace("第一次", "改过")
    await bring(slack, header, changed, "A-1,2026-11-22 10:00,未接通,C-78,", how="导入")

    assert told(slack, slack.manager).text.splitlines() == ["history.csv · 已导入", "• 新增 1 · 未变 1"]
    assert len(await slack.rows(Call)) == 2


@pytest.mark.usefixtures("loan")
async def test_notes_are_shown_with_their_author_and_day(slack: Slack) -> None:
    await bring(slack, "loan number,date,text,author", "A-1,2025-03-02,Prefers to be called in the evening,UOTHER")
    (note,) = await slack.rows(LoanNote)
    assert (note.by_id, f"{note.at:%Y-%m-%d %H:%M}") == (slack.other.id, "2025-03-02 04:00")
    assert b"evening" not in note.note_cipher
    again = "A-1,2025-03-02,Prefers to be called in the evening,UOTHER"
    await bring(slack, "loan number,date,text,author", again, "A-1,2025-03-03,x,UOTHER")
    assert len(await slack.rows(LoanNote)) == 2


@pytest.mark.usefixtures("loan")
async def test_planned_follow_ups_are_the_desks_from_then_on(slack: Slack) -> None:
    header = "number,due,purpose,assignee,note"
    rows = ("A-1,2026-11-26 15:00,promise,UCOLLECTOR,ask for the rest", "A-1,2026-12-01,satisfaction,,")
    await bring(slack, header, *rows)
    first, second = await slack.rows(FollowUp)
    assert (first.purpose, first.assignee_id, str(first.due_on)) == ("promise", slack.collector.id, "2026-11-26")
    assert (second.assignee_id, second.due_at) == (slack.agent.id, None)
    assert "/1" in given((await slack.command(slack.collector, "/loan-due week")).message).text
    await bring(slack, header, *rows, "A-1,2026-12-02,satisfaction,,")
    assert len(await slack.rows(FollowUp)) == 3

    await slack.at("2026-11-26 15:00")
    assert "please call about promise to pay" in slack.texts(slack.collector)[-1]


@pytest.mark.usefixtures("loan")
async def test_rows_that_cannot_be_meant_are_refused_with_all_reasons(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-2")
    await bring(
        slack,
        "number,call time,outcome,caller,minutes,amount",
        "A-1,2026-11-20 14:30,no answer,,,",
        "A-9,20/11/2026 14:30,sang,nobody@x.example,-1,",
        "A-1,2026-11-25 11:00,no answer,,,5",
        "A-2,2026-11-20,no answer,,,",
        how="Import the good rows",
    )
    text = told(slack, slack.manager).text
    assert "Line 3 · call time: 20/11/2026 14:30 isn't a date, or a date and time" in text
    assert "outcome: sang isn't an outcome of a call" in text
    assert "minutes: -1 isn't a number of minutes" in text
    assert "number: there is no loan A-9" in text
    assert "caller: nobody@x.example isn't a member who makes calls" in text
    assert "Line 4 · call time: it hasn't happened yet; amount: no amount belongs to this outcome" in text
    assert "Line 5 · caller: names nobody, and the loan has no owner" in text
    assert (len(await slack.rows(Call)), len(await slack.rows(ImportRefusal))) == (1, 3)

    await bring(
        slack, "number,due,purpose", "A-1,2026-11-24,documents", "A-1,2026-11-27,documents", how="Import the good rows"
    )
    assert "Line 2 · due: this time has passed: nobody is reminded of what is past" in told(slack, slack.manager).text
    assert len(await slack.rows(FollowUp)) == 1


@pytest.mark.usefixtures("loan")
async def test_past_calls_count_in_contact_rules_by_their_time(slack: Slack) -> None:
    await choose(slack, "CN")  # at most 3 conversations a day
    today = ("A-1,2026-11-25 08:10,reached", "A-1,2026-11-25 08:40,reached", "A-1,2026-11-25 09:10,reached")
    await bring(slack, "number,call time,outcome", *(row.replace("-25", "-24") for row in today))
    shown_number = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Call"))
    assert "138 0013 5678" in shown_number.text

    await bring(slack, "number,call time,outcome", *today)
    held = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Call"))
    assert "Not to be called now · next window Thu 26 Nov 08:00" in held.text


PROMISES = "number,call time,outcome,caller,promised amount,promised for"


@pytest.mark.usefixtures("loan")
async def test_the_last_promise_whose_day_is_to_come_is_open_here_with_its_call(slack: Slack) -> None:
    rows = (
        "A-1,2026-11-10 14:30,promised,UCOLLECTOR,500,2026-11-12",
        "A-1,2026-11-23 09:00,promised,UCOLLECTOR,800,2026-11-27",
        "A-1,2026-11-24 09:00,promised,UCOLLECTOR,900,2026-11-30",
    )
    await bring(slack, PROMISES, *rows)
    [promise] = await slack.rows(Promise)
    [call] = [each for each in await slack.rows(Call) if each.id == promise.call_id]
    assert (promise.amount, str(promise.due_on), promise.state, f"{call.at:%d}") == (900, "2026-11-30", "open", "24")
    [follow_up] = await slack.rows(FollowUp)
    assert (follow_up.purpose, str(follow_up.due_on), follow_up.assignee_id) == (
        "promise",
        "2026-11-30",
        slack.collector.id,
    )
    assert "900" in (await slack.command(slack.manager, "/loan A-1")).text

    await send(slack, slack.manager, table(*rows, " ", header=PROMISES), "again.csv")
    assert "• unchanged 3" in told(slack, slack.manager).text
    await slack.at("2026-11-30 09:30")
    assert any("A-1" in text for text in slack.texts(slack.collector))


@pytest.mark.usefixtures("loan")
async def test_a_promise_that_was_made_here_since_is_not_replaced_by_a_past_one(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan-call A-1 promised 300 fri")
    assert len(await slack.rows(Promise)) == 1
    await bring(slack, PROMISES, "A-1,2026-11-24 09:00,promised,UCOLLECTOR,900,2026-11-30")
    [promise] = await slack.rows(Promise)
    assert promise.amount == 300


@pytest.mark.usefixtures("loan")
@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "promised for: no promise belongs to this outcome"), ("zh", "promised for：此结果不含还款承诺")],
)
async def test_a_promise_of_another_outcome_is_refused(slack: Slack, language: str, words: str) -> None:
    if language == "zh":
        await slack.in_chinese(slack.manager)
    await send(
        slack, slack.manager, table("A-1,2026-11-24 09:00,no answer,,,2026-11-30", header=PROMISES), "history.csv"
    )
    assert words in told(slack, slack.manager).text
    assert await slack.rows(Promise) == []
