"""The figures of a manager's team: on the Home, in a page, and in the digest. Now is Wednesday 10:00 in Shanghai."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from desk.follow_ups import arrears_queue
from desk.messages import figures as team_figures
from sandbox.model import text_of
from storage.engine.types import new_id
from storage.queries.messages import figures
from storage.tables import CallParty, FollowUp, Loan, Member, Promise, RepaymentPause, TeamManager
from tests.builders import make_call, make_follow_up, make_loan, make_member, make_team
from tests.wire.office_day import Slack, buttons, given, shown
from tests.wire.repaying import give_schedule, pay

TUESDAY, MONDAY = datetime(2026, 11, 24, 2, tzinfo=UTC), datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.fixture
async def team(slack: Slack) -> Slack:
    """The agent made four calls this week, the other one; each has loans, planned and finished calls, and a promise is kept."""
    loans = {n: await _loan(slack, f"L-{n}", slack.agent) for n in (1, 2, 3)}
    loans[4] = await _loan(slack, "L-4", slack.other, stage="disbursed", unpaid_since=date(2026, 11, 15))
    loans[5] = await _loan(slack, "L-5", slack.other, stage="disbursed", unpaid_since=date(2026, 9, 30))
    old = slack.clock.now() - timedelta(days=60)
    await _set(slack, *loans.values(), created_at=old, stage_since=old)
    for outcome, n in (("reached", 1), ("no_answer", 1), ("promised", 2)):
        await _called(slack, loans[n], slack.agent, outcome, TUESDAY)
    spouse = await _called(slack, loans[2], slack.agent, "reached", MONDAY)
    await _called(slack, loans[4], slack.other, "busy", TUESDAY)
    await _called(slack, loans[1], slack.manager, "reached", TUESDAY)
    async with slack.office.database.transaction() as session:
        session.add(CallParty(id=new_id(), workspace_id=slack.workspace.id, call_id=spouse, role="spouse"))
    await _done(slack, loans[1], slack.agent, due=TUESDAY, after=timedelta(minutes=20))
    await _done(slack, loans[2], slack.agent, due=TUESDAY, after=timedelta(hours=3))
    await make_follow_up(slack.office, loans[3], slack.agent, due_at=TUESDAY)
    await make_follow_up(slack.office, loans[4], slack.other, due_at=datetime(2026, 11, 25, 7, tzinfo=UTC))
    await make_follow_up(slack.office, loans[5], slack.other, due_on=date(2026, 12, 9))
    for state, n in (("kept", 1), ("broken", 2), ("replaced", 3), ("open", 3)):
        call = await _called(slack, loans[n], slack.agent, "promised", datetime(2026, 11, 20, 2, tzinfo=UTC))
        async with slack.office.database.transaction() as session:
            about = {"workspace_id": slack.workspace.id, "loan_id": loans[n].id, "call_id": call, "state": state}
            session.add(Promise(amount=Decimal(100), due_on=date(2026, 11, 24), at=TUESDAY, **about))
    return slack


async def _loan(slack: Slack, number: str, owner: Member, **values: Any) -> Loan:
    return await make_loan(slack.office, slack.workspace, number, owner=owner, name=f"王{number}", **values)


async def the_loan(slack: Slack, number: str) -> Loan:
    (found,) = [row for row in await slack.rows(Loan) if row.number == number]
    return found


async def _set(slack: Slack, *rows: Loan, **values: object) -> None:
    async with slack.office.database.transaction() as session:
        for row in rows:
            stored = await session.get_one(Loan, row.id)
            for name, value in values.items():
                setattr(stored, name, value)


async def _called(slack: Slack, loan: Loan, caller: Member, outcome: str, at: datetime) -> UUID:
    now = slack.clock.now()
    slack.clock.set(at)
    call = await make_call(slack.office, loan, caller, outcome=outcome)
    slack.clock.set(now)
    return call.id


async def _done(slack: Slack, loan: Loan, who: Member, *, due: datetime, after: timedelta) -> FollowUp:
    closed = {"state": "done", "closed_at": due + after, "closed_by_id": who.id, "remind_at": None, "escalate_at": None}
    return await make_follow_up(slack.office, loan, who, due_at=due, **closed)


WEEK = [
    "3 of 5 calls reached a person, 2 of these the borrower",
    "1 of 4 calls due were made on time; finished: 2, late now: 1",
    "1 of 2 promises that fell due were kept, 1 still open",
    "2 of 5 borrowers who need calls were not spoken to for 7 days",
    "Of 2 loans in arrears: M1 1 · M2 1",
    "Load now: live loans 5, open follow-ups 3",
]


async def test_the_home_states_todays_figures_and_each_number_opens_its_list(team: Slack) -> None:
    await make_call(team.office, await the_loan(team, "L-1"), team.agent)
    await team.sandbox.open_home("UMANAGER")
    home = team.sandbox.home_of("UMANAGER")
    lines = home.text.splitlines()
    assert "Figures of the team · Wed 25 Nov" in lines
    assert "1 of 1 call reached a person, 1 of these the borrower" in lines
    assert "0 of 1 call due was made on time; finished: 0, late now: 1" in lines
    assert [line for line in WEEK[3:] if line not in lines] == []
    assert "Agent: 1 of 1 calls reached a person · 0 of 0 due made on time · 1 late · 0 done · " in home.text
    await home.press("Late now (1)")
    assert "L-3" in team.sandbox.modal_of("UMANAGER").text
    await team.change(team.manager, locale="zh-CN")
    await team.sandbox.open_home("UMANAGER")
    assert "1 次通话中接通 1 次，其中本人接通 1 次" in team.sandbox.home_of("UMANAGER").text


async def test_the_home_opens_the_figures_of_a_period_with_what_each_is_a_share_of(team: Slack) -> None:
    await team.sandbox.open_home("UMANAGER")
    await team.sandbox.home_of("UMANAGER").press("This week")
    page = team.sandbox.modal_of("UMANAGER")
    assert "Figures of the team" in page.text
    assert "Mon 23 Nov to Wed 25 Nov" in page.text
    lines = page.text.splitlines()
    assert [line for line in WEEK if line not in lines] == []
    assert (
        "Agent: 3 of 4 calls reached a person · 1 of 3 due made on time · 1 late · 2 done · 1 of 2 promises kept · "
    ) in page.text

    await page.press("Today")
    assert "No calls were logged." in page.text
    assert "0 of 1 call due was made on time; finished: 0, late now: 1" in page.text
    await page.press("This month")
    assert "Sun 1 Nov to Wed 25 Nov" in page.text
    assert "7 of 9 calls reached a person" in page.text


IN_ENGLISH = """Calls|Conversations|With the borrower|Due|On time|Finished|Late now|Open follow-ups
Promises due|Promises kept|Promises still open|Live loans|Who need calls|Not spoken to|M1|M2"""
IN_CHINESE = """通话|接通|本人接通|到期|按时完成|完成的跟进|目前已超时|未完成跟进
到期承诺|已兑现承诺|待兑现承诺|进行中的贷款|需要联系的客户|久未通话|M1|M2"""


@pytest.mark.parametrize(
    ("locale", "month", "names", "tail"),
    [("en-US", "This month", IN_ENGLISH, "phone ending"), ("zh-CN", "本月", IN_CHINESE, "尾号")],
    ids=["en", "zh"],
)
async def test_each_number_opens_the_list_of_exactly_what_it_counts(
    team: Slack, locale: str, month: str, names: str, tail: str
) -> None:
    await team.change(team.manager, locale=locale)
    await team.sandbox.open_home("UMANAGER")
    home = team.sandbox.home_of("UMANAGER")
    await home.press(month)
    page = team.sandbox.modal_of("UMANAGER")
    numbers = [re.fullmatch(r"(.+) \((\d+)\)", label) for label in labels(page.view.blocks)]
    counted = [(found[0], int(found[2])) for found in numbers if found]
    assert {found[1] for found in numbers if found} >= {*re.split(r"[|\n]", names)}
    for label, count in counted:
        await home.press(month)
        await team.sandbox.modal_of("UMANAGER").press(label)
        text = team.sandbox.modal_of("UMANAGER").text
        assert text.splitlines()[0].endswith(f" · {count}"), (label, text)
        assert sum(tail in line for line in text.splitlines()) == min(count, 10), (label, text)


def labels(blocks: list[dict[str, Any]]) -> list[str]:
    return [
        text_of(each["text"]) for block in blocks for each in block.get("elements", ()) if each.get("type") == "button"
    ]


async def test_the_figures_of_one_member_are_theirs_alone(team: Slack) -> None:
    await team.sandbox.open_home("UMANAGER")
    await team.sandbox.home_of("UMANAGER").press("This week")
    page = team.sandbox.modal_of("UMANAGER")
    [menu] = [each for block in page.view.blocks for each in block.get("elements", ()) if "options" in each]
    await page.press(menu["action_id"], choice="Other")
    assert "Figures: Other" in page.text
    assert "0 of 1 call reached a person, 0 of these the borrower" in page.text
    assert "Load now: live loans 2, open follow-ups 2" in page.text
    await page.press("M2 (1)")
    assert "L-5" in team.sandbox.modal_of("UMANAGER").text


async def test_the_digest_states_the_figures_of_the_last_working_day_with_their_lists(team: Slack) -> None:
    digest = given((await team.command(team.manager, "/loan-digest now")).message)
    assert "Figures for Tue 24 Nov" in digest.text
    assert "2 of 4 calls reached a person, 2 of these the borrower" in digest.text
    assert "1 of 3 calls due were made on time; finished: 2, late now: 1" in digest.text
    assert "1 of 2 promises that fell due were kept, 1 still open" in digest.text
    tables = [block for block in digest.blocks if block["type"] == "data_table"]
    assert [text_of(cell) for cell in tables[-1]["rows"][1]] == ["Agent", "3", "2", "3", "1", "1", "2", "1 of 2"]
    assert shown(await team.press(team.manager, digest, "Conversations (2)")).text.splitlines()[0].endswith(" · 2")
    ended = re.findall(r"Calls on Tue 24 Nov: (.+)", digest.text)[-1]
    assert sum(map(int, re.findall(r"\d+", ended))) == 4


async def test_digest_home_and_figures_count_the_same(team: Slack) -> None:
    digest = given((await team.command(team.manager, "/loan-digest now")).message)
    await team.sandbox.open_home("UMANAGER")
    home = team.sandbox.home_of("UMANAGER")
    await home.press("Today")
    page = team.sandbox.modal_of("UMANAGER").text
    loads = r"• (\w+): (\d+) open · \d+ due · (\d+) late"
    for name, every, late in re.findall(loads, digest.text):
        [line] = [line for line in page.splitlines() if line.startswith(f"{name}: ")]
        assert line.endswith(f", open {every}"), line
        assert f" · {late} late · " in line
    in_arrears = sum(int(count) for _, count in re.findall(r"(M\d\+?) (\d+)", page.partition("loans in arrears: ")[2]))
    assert f"{in_arrears} loans are in arrears." in digest.text
    assert f"{in_arrears} loans are in arrears." in home.text
    assert f"In arrears · the team · {in_arrears}" in (await team.command(team.manager, "/loan-due arrears team")).text


async def test_a_list_that_is_not_read_to_its_end_says_so(team: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MOST", 2)
    digest = given((await team.command(team.manager, "/loan-digest now")).message)
    listed = shown(await team.press(team.manager, digest, "Calls (4)"))
    assert re.search(r" · [12]\+$", listed.text.splitlines()[0])


async def test_all_loans_in_arrears_are_counted_by_their_days_without_a_pause_also_where_a_list_ends_before(
    team: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrears_queue, "MOST_RANKED", 1)
    paused, begins, ends = await the_loan(team, "L-5"), date(2026, 10, 1), date(2026, 11, 1)
    await _set(team, paused, paused_from=begins, paused_until=ends)
    async with team.office.database.transaction() as session:
        about = {"workspace_id": team.workspace.id, "loan_id": paused.id, "by_id": team.manager.id, "at": TUESDAY}
        days = {"starts_on": begins, "ends_on": ends, "reason_cipher": b""}
        session.add(RepaymentPause(id=new_id(), kind="holiday", **days, **about))
    await team.sandbox.open_home("UMANAGER")
    home = team.sandbox.home_of("UMANAGER")
    assert "Of 2 loans in arrears: M1 2" in home.text.splitlines()
    await home.press("M1 (2)")
    assert team.sandbox.modal_of("UMANAGER").text.splitlines()[0].endswith(" · 1+")


async def test_of_many_members_those_with_the_most_late_calls_are_listed_and_all_counted(
    team: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(team_figures, "MOST_MEMBERS", 1)
    await team.sandbox.open_home("UMANAGER")
    await team.sandbox.home_of("UMANAGER").press("This week")
    lines = team.sandbox.modal_of("UMANAGER").text.splitlines()
    assert [line for line in WEEK if line not in lines] == []
    assert [line.split(":")[0] for line in lines if " calls reached a person ·" in line] == ["Agent"]


async def test_the_figures_are_in_chinese(team: Slack) -> None:
    await team.in_chinese(team.manager)
    await team.sandbox.open_home("UMANAGER")
    await team.sandbox.home_of("UMANAGER").press("本周")
    page = team.sandbox.modal_of("UMANAGER")
    assert "5 次通话中接通 3 次，其中本人接通 2 次" in page.text
    assert "到期 4 个跟进，按时完成 1 个；完成 2 个，目前已超时 1 个" in page.text
    await page.press("接通 (3)")
    assert "已接通" in team.sandbox.modal_of("UMANAGER").text


async def test_a_team_of_several_can_be_chosen_and_only_its_managers_see_it(team: Slack) -> None:
    west = await make_team(team.office, team.workspace, "West")
    stranger = await make_member(team.office, team.workspace, "USTRANGER", name="Stranger", team_id=west.id)
    boss = await make_member(team.office, team.workspace, "UBOSS", name="Boss", roles="manager", team_id=west.id)
    team.sandbox.add_user("UBOSS", name="Boss", locale="en-US", tz="Asia/Shanghai")
    async with team.office.database.transaction() as session:
        for who, of in ((boss, west), (boss, team.team)):
            session.add(TeamManager(team_id=of.id, member_id=who.id, workspace_id=team.workspace.id))
    await _called(team, await _loan(team, "L-9", stranger), stranger, "reached", TUESDAY)

    await team.sandbox.open_home("UBOSS")
    await team.sandbox.home_of("UBOSS").press("This week")
    page = team.sandbox.modal_of("UBOSS")
    assert "5 of 7 calls reached a person" in page.text
    await page.press("West")
    assert "Figures: West" in page.text
    assert "1 of 1 call reached a person" in page.text
    await page.press("The whole team")
    assert "5 of 7 calls reached a person" in page.text


async def test_others_who_read_the_digest_open_none_of_its_figures(team: Slack) -> None:
    await team.change(team.manager, reminder_channel_id=team.desk_channel)
    await team.command(team.manager, "/loan-digest 10:30")
    await team.at("2026-11-25 10:30")
    [digest] = [post for post in team.posts(team.desk_channel) if post.text.startswith("Team overview")]
    assert "Figures" in buttons(digest)
    for who in (team.agent, team.compliance, team.admin):
        refused = shown(await team.press(who, digest, "Calls (4)")).text
        assert "You need the role manager for this." in refused
        assert "L-" not in refused
    await team.change(team.other, roles="agent manager")
    refused = shown(await team.press(team.other, digest, "Calls (4)")).text
    assert "Only the managers of a team see its figures." in refused
    assert shown(await team.press(team.manager, digest, "Calls (4)")).text.splitlines()[0].endswith(" · 4")


async def test_money_promised_and_what_rolled_state_their_denominators_and_open_their_lists(team: Slack) -> None:
    paid = await _loan(team, "L-8", team.agent, stage="disbursed")
    rolled = await _loan(team, "L-6", team.other, stage="disbursed", unpaid_since=date(2026, 10, 20))
    await _set(team, paid, rolled, stage_since=team.clock.now() - timedelta(days=60))
    await give_schedule(team, number="L-8")
    call = await _called(team, paid, team.other, "promised", TUESDAY)
    async with team.office.database.transaction() as session:
        about = {"workspace_id": team.workspace.id, "loan_id": paid.id, "call_id": call, "state": "open"}
        session.add(Promise(amount=Decimal(3000), due_on=date(2026, 11, 21), at=TUESDAY, **about))
    await pay(team, "1040", "2026-11-24", number="L-8")
    await team.deliver()
    await team.sandbox.open_home("UMANAGER")
    home = team.sandbox.home_of("UMANAGER")
    await home.press("This month")
    page = team.sandbox.modal_of("UMANAGER")
    assert "CN¥1,140.00 of CN¥3,200.00 promised came in time" in page.text
    [rates] = [line for line in page.text.splitlines() if line.startswith("Rolled since Sat 31 Oct: ")]
    assert rates.endswith("1 of 1 from M0 to M1 · 1 of 2 from M1 to M2 · 0 of 1 from M2 to M3")
    for label, lines in {
        "Money that came (2)": ("L-8", "CN¥1,040.00 of CN¥3,000.00"),
        "M2 on Sat 31 Oct (1)": ("L-5", "31 days past due"),
        "M1 to M2 (1)": ("L-6", "36 days past due"),
        "M0 to M1 (1)": ("L-4", "10 days past due"),
    }.items():
        await home.press("This month")
        await team.sandbox.modal_of("UMANAGER").press(label)
        assert all(line in team.sandbox.modal_of("UMANAGER").text for line in lines), label
    await team.in_chinese(team.manager)
    await team.sandbox.open_home("UMANAGER")
    await team.sandbox.home_of("UMANAGER").press("本月")
    page = team.sandbox.modal_of("UMANAGER")
    assert "M1→M2 2 笔中 1 笔" in page.text
    assert "承诺金额 ¥3,200.00，按时到账 ¥1,140.00" in page.text
    await page.press("M1→M2 (1)")
    assert "L-6" in team.sandbox.modal_of("UMANAGER").text
