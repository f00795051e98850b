"""A call is late 已超时, a borrower is in arrears 逾期. Now is Wednesday 10:00."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from storage.tables import Loan
from tests.builders import make_follow_up, make_loan, make_manager, make_team
from tests.wire.office_day import Slack, buttons, shown
from tests.wire.test_tables import cells

pytestmark = pytest.mark.every_example

NOVEMBER = {"stage": "disbursed", "due_day": 15, "unpaid_since": date(2026, 11, 15)}
OCTOBER = {"stage": "disbursed", "due_day": 15, "unpaid_since": date(2026, 10, 15)}


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1, whose call is late; L-2 and L-3 in arrears, L-2 with a call of the collector; all are the agent's."""
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, due_at=datetime(2026, 11, 25, 1, 59, tzinfo=UTC))
    unpaid = await make_loan(slack.office, slack.workspace, "L-2", owner=slack.agent, name="李雷", **NOVEMBER)
    await make_follow_up(slack.office, unpaid, slack.collector, purpose="overdue", due_on=date(2026, 11, 26))
    await make_loan(slack.office, slack.workspace, "L-3", owner=slack.agent, name="韩梅", **OCTOBER)
    return loan


L3 = "• L-3 韩梅 · phone ending 5678 · unpaid since Thu 15 Oct · M2, 41 days · never spoken to"
L2 = "• L-2 李雷 · phone ending 5678 · unpaid since Sun 15 Nov · M1, 10 days · never spoken to"
ARREARS = [
    "In arrears · 2",
    "M2 1 · M1 1",
    f"{L3} · no call planned · <@UAGENT>",
    f"{L2} · next: arrears Thu 26 Nov, <@UCOLLECTOR> · <@UAGENT>",
]


@pytest.mark.parametrize(
    "typed", ["arrears", "逾期", "overdue", "已逾期", "欠款", "past due", "arrears repayment", "逾期还款"]
)
async def test_arrears_lists_the_borrowers_whom_the_lender_calls_unpaid(slack: Slack, loan: Loan, typed: str) -> None:
    reply = await slack.command(slack.agent, f"/loan-due {typed}")
    assert reply.ephemeral
    assert reply.text.splitlines()[:4] == ARREARS
    assert reply.message is not None
    assert "韩梅" in shown(await slack.press(slack.agent, reply.message, "Card L-3")).text


@pytest.mark.parametrize("typed", ["late", "超时", "已超时", "过期"])
async def test_late_lists_the_calls_whose_time_has_passed(slack: Slack, loan: Loan, typed: str) -> None:
    assert (await slack.command(slack.agent, f"/loan-due {typed}")).text.splitlines()[:2] == [
        "Late · 1",
        "• L-1/1 identity check · Wed 25 Nov 09:59 · late · <@UAGENT> · 王小明 · phone ending 5678",
    ]


async def test_arrears_in_chinese(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan-due 逾期")
    next_call = "下次：逾期 11月26日 周四, <@UCOLLECTOR>"
    assert reply.text.splitlines()[:4] == [
        "逾期 · 2",
        "M2 1 · M1 1",
        "• L-3 韩梅 · 尾号5678 · 10月15日 周四起逾期 · M2，41天 · 从未通上话 · 未安排跟进 · <@UAGENT>",
        f"• L-2 李雷 · 尾号5678 · 11月15日 周日起逾期 · M1，10天 · 从未通上话 · {next_call} · <@UAGENT>",
    ]
    header, first, *_ = cells(reply.message)
    assert dict(zip(header, first, strict=True)) == {
        "贷款": "L-3",
        "客户": "韩梅",
        "手机尾号": "5678",
        "逾期起始": "10月15日 周四",
        "逾期阶段": "M2",
        "天数": "41",
        "逾期金额": "–",
        "承诺": "–",
        "上次通话": "–",
        "下次跟进": "–",
        "跟进人": "–",
        "负责人": "Agent",
    }
    late = await slack.command(slack.agent, "/loan-due 超时")
    assert late.text.startswith("已超时 · 1\n")
    assert "逾期" not in late.text


async def test_nobody_in_arrears_is_said_of_borrowers(slack: Slack, loan: Loan) -> None:
    nobody = await slack.command(slack.other, "/loan-due arrears")
    assert nobody.text == "In arrears · 0\nBy the lender's data, nobody is in arrears here."


async def test_arrears_are_of_those_who_own_the_loan_or_hold_a_call_on_it(slack: Slack, loan: Loan) -> None:
    assert (await slack.command(slack.collector, "/loan-due arrears")).text.startswith(
        "In arrears · 1\nM1 1\n• L-2 李雷"
    )
    by_name = await slack.command(slack.manager, "/loan-due arrears @collector")
    assert by_name.text.startswith("In arrears · <@UCOLLECTOR> · 1\nM1 1\n• L-2 李雷")
    team = await slack.command(slack.manager, "/loan-due team 逾期")
    assert team.text.startswith("In arrears · the team · 2\nM2 1 · M1 1\n• L-3")


@pytest.mark.parametrize(
    "values",
    [{"unpaid_since": None}, {"unpaid_since": date(2026, 11, 26)}, {"stage": "closed"}, {"stage": "written_off"}],
    ids=["paid", "not due yet", "closed", "written off"],
)
async def test_who_owes_nothing_today_is_not_listed(slack: Slack, values: dict[str, Any]) -> None:
    await make_loan(slack.office, slack.workspace, "L-2", owner=slack.agent, **{**NOVEMBER, **values})
    assert (await slack.command(slack.agent, "/loan-due arrears")).text.startswith("In arrears · 0\n")


async def test_a_payment_ends_arrears_and_undo_brings_them_back(slack: Slack, loan: Loan) -> None:
    paid = await slack.command(slack.collector, "/loan-call L-2 paid")
    assert (await slack.command(slack.collector, "/loan-due arrears")).text.startswith("In arrears · 0\n")
    assert paid.message is not None
    await slack.press(slack.collector, paid.message, "Undo")
    assert (await slack.command(slack.collector, "/loan-due arrears")).text.startswith("In arrears · 1\n")


@pytest.mark.parametrize(("line", "given"), [("arrears verification", "verification"), ("无计划 核实", "核实")])
async def test_a_kind_of_calls_does_not_narrow_down_a_list_of_loans(slack: Slack, line: str, given: str) -> None:
    refused = await slack.command(slack.agent, f"/loan-due {line}")
    assert f"“{given}” can't narrow it down" in refused.text
    assert f"/loan-due {line}" in refused.text


async def test_home_and_team_digest_count_the_arrears_that_their_button_lists(slack: Slack, loan: Loan) -> None:
    await slack.sandbox.open_home("UAGENT")
    home = slack.sandbox.home_of("UAGENT")
    assert "2 loans are in arrears." in home.text
    await home.press("Show arrears")
    assert "In arrears · 2" in slack.sandbox.modal_of("UAGENT").text
    digest = await slack.command(slack.manager, "/loan-digest now")
    assert "2 loans are in arrears." in digest.text
    assert digest.message is not None
    listed = shown(await slack.press(slack.manager, digest.message, "Show arrears"))
    assert listed.text.startswith("In arrears · the team · 2\n")


async def test_the_lists_lead_to_one_another(slack: Slack, loan: Loan) -> None:
    first = await slack.command(slack.agent, "/loan-due late")
    assert first.message is not None
    assert {"Today", "This week", "In arrears", "Nothing planned"} <= set(buttons(first.message))
    arrears = shown(await slack.press(slack.agent, first.message, "In arrears"))
    assert arrears.text.startswith("In arrears · 2\n")
    assert shown(await slack.press(slack.agent, arrears, "Late")).text.startswith("Late · 1\n")


async def test_a_button_of_the_earlier_release_still_lists_late_calls(slack: Slack, loan: Loan) -> None:
    first = await slack.command(slack.agent, "/loan-due")
    assert first.message is not None
    for block in first.message.blocks:
        for element in block.get("elements", []):
            if element.get("text", {}).get("text") == "Late":
                element["value"] = '{"p":"overdue","o":0}'
    assert shown(await slack.press(slack.agent, first.message, "Late")).text.startswith("Late · 1\n")


async def test_a_manager_of_another_team_sees_none_of_these_borrowers(slack: Slack, loan: Loan) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    await make_manager(slack.office, slack.workspace, west, "USTRANGER", name="Stranger")
    stranger = await slack.member("USTRANGER")
    assert (await slack.command(stranger, "/loan-due team arrears")).text.startswith("In arrears · the team · 0\n")
