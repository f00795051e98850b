"""What persons ask about their own data: entered, listed by their legal date, answered. Now is 25 November 2026, 10:00."""

import json

from sandbox.modals import Modal
from storage.tables import AuditEntry, Member, PersonRequest
from tests.builders import make_loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack
from tests.wire.test_statements import executed


async def enter(slack: Slack, who: Member, **values: str) -> str:
    """Enter a request from the card of A-1, and return the answer."""
    await slack.press(who, await slack.card(who), "Data request")
    form = slack.sandbox.modal_of(who.slack_user_id)
    filled = {"What they want": "see what is held", "How the request came in": "by phone", **values}
    await fill(form, filled)
    errors = (await form.submit()).errors
    return str(errors) if errors else form.text


async def requests(slack: Slack) -> Modal:
    """Return the list that compliance opens on its Home."""
    await slack.sandbox.open_home("UCOMPLIANCE")
    await slack.sandbox.home_of("UCOMPLIANCE").press("Data requests")
    return slack.sandbox.modal_of("UCOMPLIANCE")


async def decide(slack: Slack, **values: str) -> str:
    """Decide the only open request, and return the answer or the errors."""
    await (await requests(slack)).press("Decide")
    form = slack.sandbox.modal_of("UCOMPLIANCE")
    await fill(form, values)
    errors = (await form.submit()).errors
    return str(errors) if errors else form.text


async def test_a_request_is_entered_reminded_of_and_answered_in_time(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明")
    answer = await enter(slack, slack.agent, **{"In their words": "What do you have on me?"})
    assert "The request is entered." in answer
    assert "answer by Thu 10 Dec" in answer
    await slack.deliver()
    (told,) = [text for text in slack.texts(slack.compliance) if "A new data request" in text]
    assert "A-1" in told
    assert "王" not in told
    assert "What do you have on me?" in (await requests(slack)).text

    await slack.at("2026-12-05T08:00:00+08:00")
    for _ in range(2):
        await slack.deliver()
    reminded = [text for text in slack.texts(slack.compliance) if "is to be answered" in text]
    assert len(reminded) == 1
    assert "Say first how" in await decide(slack)
    assert "The request is answered." in await decide(
        slack, How_they_proved_who_they_are="showed an identity document", What_was_done="Sent a copy"
    )
    assert "nothing here" in (await requests(slack)).text
    (row,) = await slack.rows(PersonRequest)
    assert (row.state, row.proof) == ("answered", "document")
    entries = {entry.act: entry for entry in await slack.rows(AuditEntry)}
    assert entries["answer_request"].details["late"] is False
    trail = json.dumps([entry.details for entry in await slack.rows(AuditEntry)], ensure_ascii=False)
    assert "What do you have" not in trail
    assert "王" not in trail


async def test_what_is_late_is_in_the_list_and_in_the_report_of_the_day(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.in_chinese(slack.agent)
    card = await slack.card(slack.agent)
    await slack.press(slack.agent, card, "个人信息请求")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("请求事项", "删除")
    await form.fill("提出方式", "书面信函")
    await form.submit()
    assert "请于 2026年12月10日 周四 前答复" in form.text
    await slack.at("2026-12-11T08:00:00+08:00")
    for _ in range(2):
        await slack.deliver()
    assert "late: answer was due Thu 10 Dec" in (await requests(slack)).text
    texts = slack.texts(slack.compliance)
    assert [text for text in texts if "Late answers to data requests: 1" in text]
    assert [text for text in texts if "request is late" in text]
    put_off = await decide(slack, The_request_is="put off", Why_more_time_is_needed="Ill")
    assert "cannot be put off here" in put_off
    refused = await decide(
        slack,
        The_request_is="refused",
        Ground="a period for which the law wants it kept has not ended",
        What_the_person_was_told="Kept until 2029",
    )
    assert "PIPL 47" in refused


async def test_what_is_answered_in_the_morning_is_closed_on_that_day(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await enter(slack, slack.agent, **{"How they proved who they are": "showed an identity document"})
    await slack.at("2026-11-26T07:30:00+08:00")
    await decide(slack)
    await (await requests(slack)).press("Closed")
    assert "answered · Thu 26 Nov 2026" in slack.sandbox.modal_of("UCOMPLIANCE").text


async def test_a_long_list_asks_the_database_no_more_than_a_short_one(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    counts: list[int] = []
    for more in (1, 7):
        for _ in range(more):
            await enter(slack, slack.agent)
        await slack.sandbox.open_home("UCOMPLIANCE")
        home = slack.sandbox.home_of("UCOMPLIANCE")
        with executed(slack) as statements:
            await home.press("Data requests")
        assert slack.sandbox.modal_of("UCOMPLIANCE").text.count("by phone") == (1 if more == 1 else 8)
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_a_month_under_gdpr_is_put_off_once_by_two(slack: Slack) -> None:
    async with slack.office.desk(slack.workspace) as desk:
        desk.workspace.country = "DE"
        desk.add(desk.workspace)
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    assert "answer by Fri 25 Dec" in await enter(slack, slack.agent)
    put_off = await decide(slack, The_request_is="put off", Why_more_time_is_needed="Five loans")
    assert "Thu 25 Feb 2027" in put_off
    assert "put off already" in await decide(slack, The_request_is="put off", Why_more_time_is_needed="More")


async def test_of_two_who_decide_at_once_one_is_told(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await enter(slack, slack.agent, **{"How they proved who they are": "showed an identity document"})
    await slack.change(slack.other, roles="agent compliance")
    await slack.sandbox.open_home("UOTHER")
    await slack.sandbox.home_of("UOTHER").press("Data requests")
    await slack.sandbox.modal_of("UOTHER").press("Decide")
    slow = slack.sandbox.modal_of("UOTHER")
    assert "answered" in await decide(slack)
    assert "answered or changed meanwhile" in str((await slow.submit()).errors)


async def test_who_may_not_see_the_loan_or_decide_is_refused(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    assert "request" in await enter(slack, slack.agent, **{"Received on": "2026-11-26"})
    assert await slack.rows(PersonRequest) == []
    await slack.sandbox.open_home(slack.manager.slack_user_id)
    assert "Data requests" not in str(slack.sandbox.home_of(slack.manager.slack_user_id).blocks)
