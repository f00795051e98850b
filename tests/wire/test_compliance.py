"""Compliance limits the phone numbers a role looks at in a day, and hears of unusual ones. It is Wednesday, 10:00."""

import re
from datetime import datetime, timedelta

import pytest

from desk.core.errors import Invalid
from desk.messages.compliance import is_unusual
from desk.people.compliance import change_compliance
from storage.tables import AuditEntry, ComplianceRules, Loan, Member
from tests.builders import SHANGHAI, make_loan
from tests.wire.office_day import Slack, given, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明")


async def reveal(slack: Slack, who: Member) -> str:
    card = given((await slack.command(who, "/loan A-1")).message)
    return shown(await slack.press(who, card, "Call")).text


async def looked(slack: Slack, who: Member, day: int, times: int) -> None:
    """Write that the member looked at so many numbers on a day of November."""
    async with slack.office.desk(slack.workspace, who) as desk:
        desk.now = datetime(2026, 11, day, 12, tzinfo=SHANGHAI)
        for _ in range(times):
            desk.audit("show_number")


async def test_a_role_may_look_at_as_many_numbers_a_day_as_compliance_says(slack: Slack, loan: Loan) -> None:
    await slack.sandbox.open_home(slack.compliance.slack_user_id)
    await slack.sandbox.home_of(slack.compliance.slack_user_id).press("Compliance")
    form = slack.sandbox.modal_of(slack.compliance.slack_user_id)
    await form.fill("Phone numbers a day: agent", "2")
    await form.fill("Channel for the day's report", slack.desk_channel)
    assert (await form.submit()).errors == {}
    assert "at most 2 phone numbers a day" in form.text

    for _ in range(2):
        assert "138" in await reveal(slack, slack.agent)
    assert await reveal(slack, slack.agent) == (
        "You have looked at 2 phone numbers today, as many as your role may. Compliance can raise it."
    )
    assert "138" in await reveal(slack, slack.manager)
    refused = [entry.details["code"] for entry in await slack.rows(AuditEntry) if entry.act == "refused"]
    assert refused == ["reveal_limit"]
    await slack.at("2026-11-26T00:00:01+08:00")
    assert "138" in await reveal(slack, slack.agent)
    (rules,) = await slack.rows(ComplianceRules)
    assert (rules.channel_id, rules.reveal_limits) == ("CDESK", {"agent": 2})


@pytest.mark.parametrize(
    ("count", "usual", "unusual"), [(30, 0, False), (31, 0, True), (36, 12, False), (37, 12, True), (31, 10.5, False)]
)
def test_more_than_thirty_and_three_times_the_usual_is_unusual(count: int, usual: float, unusual: bool) -> None:
    assert is_unusual(count, usual) == unusual


async def test_compliance_hears_once_a_day_of_unusual_ones_and_keeps_the_head(slack: Slack) -> None:
    for days_before in range(1, 40):
        day = datetime(2026, 11, 24, tzinfo=SHANGHAI) - timedelta(days=days_before)
        if day.weekday() < 5 and day.month == 11:
            await looked(slack, slack.agent, day.day, 20)
    await looked(slack, slack.agent, 24, 61)
    await looked(slack, slack.other, 24, 30)
    await looked(slack, slack.collector, 24, 31)
    await slack.later(seconds=5)
    for _ in range(2):
        await slack.deliver()

    (report,) = [text for text in slack.texts(slack.compliance) if "For compliance" in text]
    assert "Tue 24 Nov" in report
    assert "Agent: 61, usually 20 a day" in report
    assert "Collector: 31, usually 0 a day" in report
    assert "Other" not in report
    assert "Refused attempts: 0" in report
    head = next(line for line in report.splitlines() if "Head of the audit trail" in line)
    assert len(head.split()[-1].strip("`")) == 64
    await slack.at("2026-11-26T08:00:00+08:00")
    await slack.deliver()
    assert len([text for text in slack.texts(slack.compliance) if "For compliance" in text]) == 2


@pytest.mark.parametrize("limits", [{"agent": 0}, {"agent": -1}, {"agent": 10_001}, {"owner": 5}])
async def test_a_limit_that_is_no_limit_is_refused_by_whichever_door(slack: Slack, limits: dict[str, int]) -> None:
    with pytest.raises(Invalid, match="reveal_limit_range"):
        async with slack.office.desk(slack.workspace, slack.compliance) as desk:
            await change_compliance(desk, None, limits, 0)
    assert await slack.rows(ComplianceRules) == []


async def test_the_report_comes_daily_to_the_channel_that_compliance_has_set_with_the_head(slack: Slack) -> None:
    await slack.in_chinese(slack.compliance)
    await slack.sandbox.open_home("UCOMPLIANCE")
    await slack.sandbox.home_of("UCOMPLIANCE").press("合规")
    form = slack.sandbox.modal_of("UCOMPLIANCE")
    await form.fill("日报频道", slack.desk_channel)
    assert (await form.submit()).errors == {}
    await looked(slack, slack.collector, 25, 31)
    for day in ("2026-11-26", "2026-11-27"):
        await slack.at(f"{day}T08:00:00+08:00")
        for _ in range(2):
            await slack.deliver()
    reports = [text for text in slack.texts(slack.desk_channel) if "合规日报" in text or "For compliance" in text]
    assert len(reports) == 2
    assert not [text for text in slack.texts(slack.compliance) if "合规日报" in text]
    assert "Collector: 31" in reports[0] or "Collector：31" in reports[0]
    assert "Collector" not in reports[1]
    heads = [re.search(r"\b[0-9a-f]{64}\b", text) for text in reports]
    assert all(heads)


async def test_the_limit_of_numbers_is_worded_in_chinese(slack: Slack, loan: Loan) -> None:
    async with slack.office.desk(slack.workspace, slack.compliance) as desk:
        await change_compliance(desk, None, {"agent": 1}, 0)
    await slack.in_chinese(slack.agent)
    card = given((await slack.command(slack.agent, "/loan A-1")).message)
    assert "138" in shown(await slack.press(slack.agent, card, "拨打")).text
    assert shown(await slack.press(slack.agent, card, "拨打")).text == (
        "您今天已查看 1 个号码，已到所属角色的上限。可请合规调高。"
    )
