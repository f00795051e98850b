"""Digests: their contents and times, and `/loan-digest`. Now is Wednesday 10:00."""

from datetime import UTC, date, datetime, time

import pytest

from desk.cases.contents import Contents, gather
from desk.core.audit_chain import seal_next
from storage.tables import AuditEntry, FollowUp, Loan, Member
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, buttons, shown


async def due(slack: Slack, number: str, purpose: str, on: date, *, owner: Member | None = None) -> FollowUp:
    loan = await make_loan(slack.office, slack.workspace, number, owner=owner or slack.agent)
    return await make_follow_up(slack.office, loan, owner or slack.agent, purpose=purpose, due_on=on)


async def digests_at(slack: Slack, clock: str, *who: Member) -> None:
    for member in who:
        await slack.command(member, f"/loan-digest {clock}")


async def test_the_digest_lists_the_days_calls_by_kind_most_urgent_first(slack: Slack) -> None:
    await due(slack, "L-1", "repayment", date(2026, 11, 26))
    await due(slack, "L-2", "identity", date(2026, 11, 26))
    await due(slack, "L-3", "overdue", date(2026, 11, 20))
    await due(slack, "L-4", "income", date(2026, 11, 27))
    await digests_at(slack, "08:30", slack.agent)
    await slack.at("2026-11-26 08:29")
    assert slack.posts(slack.agent) == []
    await slack.at("2026-11-26 08:30")
    await slack.at("2026-11-26 08:40")

    [post] = slack.posts(slack.agent)
    assert post.text.splitlines() == [
        "Thu 26 Nov 2026: 3 follow-ups",
        "Verification (1)",
        "• L-2/1 王* · phone ending 5678 · identity check · Thu 26 Nov",
        "Repayment (2)",
        "• L-3/1 王* · phone ending 5678 · arrears · Fri 20 Nov · late",
        "• L-1/1 王* · phone ending 5678 · repayment reminder · Thu 26 Nov",
    ]
    assert post.mentions == ()


async def test_the_trail_and_the_case_file_say_which_digest_named_a_loan_and_to_whom(slack: Slack) -> None:
    first = await due(slack, "L-1", "repayment", date(2026, 11, 26))
    other = await due(slack, "L-2", "identity", date(2026, 11, 26))
    later = await due(slack, "L-3", "identity", date(2026, 12, 26))
    await digests_at(slack, "08:30", slack.agent, slack.manager)
    await slack.at("2026-11-26 08:30")
    (entry,) = [row for row in await slack.rows(AuditEntry) if row.details.get("what") == "digest"]
    assert (entry.act, entry.actor_id, entry.details["roles"]) == ("disclosure", slack.agent.id, "agent")
    assert set(entry.details["shown"]) == {str(first.loan_id), str(other.loan_id)}

    async def case_of(row: FollowUp) -> Contents:
        async with slack.office.desk(slack.workspace) as desk:
            await seal_next(desk)
        async with slack.office.reading_desk(slack.workspace) as desk:
            return await gather(desk, await desk.session.get_one(Loan, row.loan_id))

    await slack.later(minutes=1)
    contents = await case_of(first)
    (digest,) = [notice for notice in contents.notices if notice["kind"] == "digest"]
    post = slack.posts(slack.agent)[0]
    assert (digest["to_id"], digest["channel"], digest["ts"]) == (str(slack.agent.id), post.channel, post.ts)
    assert datetime.fromisoformat(digest["posted_at"]) == datetime(2026, 11, 26, 0, 30, tzinfo=UTC)
    for hidden in (str(other.loan_id), "L-2"):
        assert hidden not in repr((contents.notices, contents.audit))
    assert [notice for notice in (await case_of(later)).notices if notice["kind"] == "digest"] == []


async def test_the_digest_is_written_in_chinese(slack: Slack) -> None:
    await slack.in_chinese(slack.agent, slack.manager)
    await due(slack, "L-1", "repayment", date(2026, 11, 26))
    await digests_at(slack, "08:30", slack.agent, slack.manager)
    await slack.at("2026-11-26 08:30")
    assert slack.texts(slack.agent)[0].splitlines() == [
        "2026年11月26日 周四：1 个跟进",
        "还款（1）",
        "• L-1/1 王* · 尾号5678 · 还款提醒 · 11月26日 周四",
    ]
    own, team = sorted(slack.texts(slack.manager))
    assert own == "2026年11月26日 周四：没有待跟进事项，祝您顺利。"
    assert team.splitlines()[:2] == [
        "团队概况，2026年11月26日 周四",
        "• Agent：未完成 1 · 今日待办 1 · 已超时 0 · 11月25日 周三完成 0",
    ]


async def test_the_digest_is_one_line_when_nothing_is_due(slack: Slack) -> None:
    await digests_at(slack, "08:30", slack.agent)
    await slack.at("2026-11-26 08:30")
    assert slack.texts(slack.agent) == ["Thu 26 Nov 2026: nothing is due. Have a good day."]


async def test_the_digest_lists_ten_calls_and_has_a_button_for_the_rest(slack: Slack) -> None:
    for n in range(13):
        await due(slack, f"L-{n}", "documents", date(2026, 11, 26))
    await digests_at(slack, "08:30", slack.agent)
    await slack.at("2026-11-26 08:30")
    [post] = slack.posts(slack.agent)
    assert post.text.count("• L-") == 10
    assert post.text.endswith("and 3 more")
    listed = shown(await slack.press(slack.agent, post, "Show all"))
    assert listed.text.startswith("Late and due today · 13")
    rest = shown(await slack.press(slack.agent, listed, "Next page"))
    assert rest.text.count("• L-") == 3


@pytest.mark.parametrize(("back_at", "comes"), [("2026-11-26 11:30", True), ("2026-11-26 11:31", False)])
async def test_after_a_pause_the_digest_comes_once_and_at_most_three_hours_late(
    slack: Slack, back_at: str, *, comes: bool
) -> None:
    await digests_at(slack, "08:30", slack.agent)
    await slack.at(back_at)
    await slack.later(minutes=1)
    assert len(slack.posts(slack.agent)) == int(comes)
    await slack.at("2026-11-27 08:30")
    assert len(slack.posts(slack.agent)) == int(comes) + 1


async def test_a_new_digest_time_brings_no_second_digest_on_the_same_day(slack: Slack) -> None:
    await digests_at(slack, "08:30", slack.agent)
    await slack.at("2026-11-26 08:30")
    changed = await slack.command(slack.agent, "/loan-digest 09:00")
    assert "Next digest: Fri 27 Nov 2026 09:00" in changed.text
    await slack.at("2026-11-26 09:00")
    assert len(slack.posts(slack.agent)) == 1


async def test_the_digest_comes_on_working_days_to_members_at_work(slack: Slack) -> None:
    await digests_at(slack, "08:30", slack.agent, slack.other)
    await slack.at("2026-11-27 12:00")
    before = len(slack.posts(slack.agent))
    for day in ("2026-11-28", "2026-11-29"):
        await slack.at(f"{day} 08:30")
    assert len(slack.posts(slack.agent)) == before
    await slack.command(slack.manager, "/loan-team away @agent until dec 1 cover @other")
    await due(slack, "L-1", "documents", date(2026, 11, 30))
    await slack.at("2026-11-30 08:30")
    assert len(slack.posts(slack.agent)) == before
    assert slack.texts(slack.other)[-1].startswith("Mon 30 Nov 2026: 1 follow-up\n")


async def test_the_digest_keeps_to_each_members_local_time_through_a_clock_change(slack: Slack) -> None:
    await slack.change(slack.agent, zone="America/New_York")
    slack.clock.set("2027-03-12T12:00:00-05:00")
    await digests_at(slack, "08:30", slack.agent)
    await slack.at("2027-03-15 20:29")
    assert slack.posts(slack.agent) == []
    await slack.at("2027-03-15 20:30")  # 08:30 of Monday in New York, an hour sooner than on Friday
    assert slack.texts(slack.agent) == ["Mon 15 Mar 2027: nothing is due. Have a good day."]


async def test_the_managers_digest_shows_each_members_workload_and_loans_without_a_plan(slack: Slack) -> None:
    await due(slack, "L-1", "documents", date(2026, 11, 20))
    await due(slack, "L-2", "documents", date(2026, 11, 26))
    await due(slack, "L-3", "documents", date(2026, 12, 3))
    await make_loan(slack.office, slack.workspace, "L-4", owner=slack.other)
    done = await due(slack, "L-5", "documents", date(2026, 11, 25), owner=slack.other)
    await slack.command(slack.other, "/loan-follow L-5 done")
    assert done.number == 1
    await digests_at(slack, "08:30", slack.manager)
    await slack.at("2026-11-26 08:30")

    [team] = [post for post in slack.posts(slack.manager) if post.text.startswith("Team overview")]
    assert "• Agent: 3 open · 2 due · 1 late · 0 done on Wed 25 Nov" in team.text
    assert "• Other: 0 open · 0 due · 0 late · 1 done on Wed 25 Nov" in team.text
    assert "2 loans have nothing planned." in team.text
    listed = shown(await slack.press(slack.manager, team, "Show them"))
    assert "Loans with nothing planned · the team · 2" in listed.text
    assert "L-4 王小明" in listed.text


async def test_the_digest_setting_is_shown_changed_and_undone(slack: Slack) -> None:
    set_ = await slack.command(slack.agent, "/loan-digest 07:45")
    assert set_.text.splitlines() == [
        "Your digest comes at 07:45 on working days.",
        "Before: 08:30.",
        "Next digest: Thu 26 Nov 2026 07:45 (Shanghai time).",
    ]
    assert set_.message is not None
    await slack.press(slack.agent, set_.message, "Undo")
    assert "08:30" in (await slack.command(slack.agent, "/loan-digest")).text
    off = await slack.command(slack.agent, "/loan-digest off")
    assert off.text.startswith("Your digest is off.")
    await slack.at("2026-11-26 08:30")
    assert slack.posts(slack.agent) == []


async def test_only_the_member_who_asks_for_the_digest_now_sees_it(slack: Slack) -> None:
    await due(slack, "L-1", "documents", date(2026, 11, 25))
    now = await slack.command(slack.agent, "/loan-digest now")
    assert now.ephemeral
    assert now.text.startswith("Wed 25 Nov 2026: 1 follow-up\nVerification (1)\n• L-1/1")
    both = await slack.command(slack.manager, "/loan-digest now")
    assert "nothing is due" in both.text
    assert "Team overview, Wed 25 Nov 2026" in both.text
    assert "My settings" in buttons(both.message)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("7:30", "morning or afternoon? Type it like 09:00."),
        ("25:00", "“25:00” isn't a time of day."),
        ("weekly", "“weekly” isn't a time for a digest."),
    ],
)
async def test_an_unclear_digest_time_is_refused(slack: Slack, line: str, said: str) -> None:
    assert said in (await slack.command(slack.agent, f"/loan-digest {line}")).text


def digests_of(slack: Slack, who: Member) -> list[str]:
    """Return what was sent to the member besides the day's report, which compliance gets in any case."""
    return [text for text in slack.texts(who) if not text.startswith("For compliance: ")]


async def test_who_makes_no_calls_gets_no_digest(slack: Slack) -> None:
    """A role that does has one from the start, and again when it is given later."""
    assert slack.admin.digest_time == time(8, 30)
    await slack.change(
        slack.compliance, digest_time=time(8, 30), next_digest_at=datetime(2026, 11, 26, 0, 30, tzinfo=UTC)
    )
    before = len(slack.posts(slack.admin))
    await slack.at("2026-11-26 08:30")
    assert digests_of(slack, slack.compliance) == []
    assert len(slack.posts(slack.admin)) == before
    for line in ("", " 09:00", " now"):
        refused = await slack.command(slack.compliance, f"/loan-digest{line}")
        assert refused.text.startswith("Your role makes no calls, so no digest is sent to you.")
    await slack.sandbox.open_home("UCOMPLIANCE")
    await slack.sandbox.home_of("UCOMPLIANCE").press("My settings")
    form = slack.sandbox.modal_of("UCOMPLIANCE")
    assert "Daily digest at" not in form.text
    await slack.command(slack.admin, "/loan-team add @compliance agent,compliance")
    await slack.at("2026-11-27 08:30")
    assert digests_of(slack, slack.compliance) == ["Fri 27 Nov 2026: nothing is due. Have a good day."]


async def test_a_digest_in_a_channel_that_others_read_names_its_reader(slack: Slack) -> None:
    await slack.change(slack.agent, slack.manager, reminder_channel_id=slack.desk_channel)
    await due(slack, "L-1", "documents", date(2026, 11, 26))
    await digests_at(slack, "08:30", slack.agent, slack.other, slack.manager)
    await slack.at("2026-11-26 08:30")
    first = sorted(text.splitlines()[0] for text in slack.texts(slack.desk_channel))
    assert first == [
        "Agent, Thu 26 Nov 2026: 1 follow-up",
        "Manager, Thu 26 Nov 2026: nothing is due. Have a good day.",
        "Team overview for Manager, Thu 26 Nov 2026",
    ]
    assert all(post.mentions == () for post in slack.posts(slack.desk_channel))
    assert slack.texts(slack.other) == ["Thu 26 Nov 2026: nothing is due. Have a good day."]


async def test_the_digests_list_is_its_readers_no_matter_who_opens_it(slack: Slack) -> None:
    await slack.change(slack.agent, reminder_channel_id=slack.desk_channel)
    for n in range(12):
        await due(slack, f"L-{n}", "documents" if n else "repayment", date(2026, 11, 26))
    await due(slack, "L-99", "documents", date(2026, 11, 26), owner=slack.other)
    await digests_at(slack, "08:30", slack.agent)
    await slack.at("2026-11-26 08:30")
    [post] = slack.posts(slack.desk_channel)
    for who, title in ((slack.agent, "Late and due today"), (slack.other, "Late and due today · <@UAGENT>")):
        assert shown(await slack.press(who, post, "Show all")).text.startswith(f"{title} · 12\n")
    one_kind = shown(await slack.press(slack.agent, post, "Verification 11"))
    assert one_kind.text.startswith("Late and due today · Verification · 11\n")
    assert "王小明" in shown(await slack.press(slack.agent, post, "Card L-1")).text


async def test_the_digest_says_whose_a_covered_call_is(slack: Slack) -> None:
    await due(slack, "L-1", "documents", date(2026, 11, 26), owner=slack.other)
    await due(slack, "L-2", "documents", date(2026, 11, 26))
    await slack.command(slack.manager, "/loan-team away @agent until fri cover @other")
    await digests_at(slack, "08:30", slack.other)
    await slack.at("2026-11-26 08:30")
    lines = slack.texts(slack.other)[-1].splitlines()
    assert "Covering for Agent (away)." in lines
    assert "• L-1/1 王* · phone ending 5678 · documents · Thu 26 Nov" in lines
    assert "• L-2/1 王* · phone ending 5678 · documents · Thu 26 Nov · Agent" in lines


async def test_the_team_digest_marks_who_is_away_and_each_row_opens_the_members_list(slack: Slack) -> None:
    await due(slack, "L-1", "documents", date(2026, 11, 20))
    await slack.command(slack.manager, "/loan-team away @agent until fri cover @other")
    await digests_at(slack, "08:30", slack.manager)
    await slack.at("2026-11-26 08:30")
    [team] = [post for post in slack.posts(slack.manager) if post.text.startswith("Team overview")]
    assert "• Agent (away until Fri 27 Nov, Other acts): 1 open · 1 due · 1 late · 0 done" in team.text
    assert "• Other: 0 open · 0 due · 0 late" in team.text
    listed = shown(await slack.press(slack.manager, team, "Agent"))
    assert listed.text.startswith("Late and due today · <@UAGENT> · 1\n• L-1/1")
    await slack.in_chinese(slack.manager)
    now = await slack.command(slack.manager, "/loan-digest now")
    assert "• Agent（休假至11月27日 周五，由Other代班）：未完成 1" in now.text


async def test_a_late_call_of_an_absent_member_is_in_the_covers_digest(slack: Slack) -> None:
    late = datetime(2026, 11, 24, 2, tzinfo=UTC)
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, due_at=late, remind_at=None, announced_for=late)
    await slack.command(slack.manager, "/loan-team away @agent until fri cover @other")
    now = await slack.command(slack.other, "/loan-digest now")
    assert "L-1/1 王小明 · phone ending 5678 · identity check · Tue 24 Nov 10:00 · late" in now.text


async def test_a_managers_own_loan_without_a_plan_is_counted_with_the_teams_loans(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-9", owner=slack.manager)
    assert "1 loan has nothing planned" in (await slack.command(slack.manager, "/loan-digest now")).text
