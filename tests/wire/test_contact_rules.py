"""Contact rules of packs that a workspace chooses: what cards show and what moves. Now is Wednesday 25 November 2026, 10:00."""

from datetime import UTC, datetime

from sandbox.modals import Modal
from storage.tables import ContactChoice, ContactDecision, FollowUp, Member
from tests.builders import SHANGHAI, make_call, make_follow_up, make_loan, make_member
from tests.wire.filling import fill
from tests.wire.office_day import Slack, shown


async def choose(slack: Slack, *packs: str, who: Member | None = None, **values: str | list[str]) -> Modal:
    """Choose packs for the workspace from the Home."""
    member = who or slack.compliance
    await slack.sandbox.open_home(member.slack_user_id)
    await slack.sandbox.home_of(member.slack_user_id).press("Contact rules")
    form = slack.sandbox.modal_of(member.slack_user_id)
    await fill(form, values)
    await form.fill("Rules that bind", list(packs))
    await form.submit()
    return form


async def line(slack: Slack, who: Member | None = None) -> str:
    """Return what the card says of calls now."""
    card = await slack.card(who or slack.agent)
    return next(
        (each for each in card.text.splitlines() if "called now" in each or "拨打" in each or "致电" in each), ""
    )


async def test_the_card_counts_conversations_and_says_when_the_next_window_opens(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    assert await line(slack) == ""
    form = await choose(slack, "CN")
    assert "Contact rules of the workspace: China, mainland." in form.text
    assert await line(slack) == ("May be called now · 0 of 3 conversations today · next window Thu 26 Nov 08:00")
    for _ in range(3):
        await slack.command(slack.agent, "/loan-call A-1 reached asks about the rate next tomorrow 3pm")
        slack.clock.advance(minutes=2, seconds=1)
    assert await line(slack) == (
        "Not to be called now · at most 3 conversations a day with one borrower, started by the lender"
        " · 3 of 3 conversations today · next window Thu 26 Nov 08:00"
    )
    page = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Contact rules"))
    assert (
        "recommended standard · GB/T 45251-2025 · seen in a secondary source · China, mainland, rule CN-C1" in page.text
    )


async def test_undo_takes_a_choice_back_and_its_version_stays(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    form = await choose(slack, "CN")
    assert await line(slack)
    await form.press("Undo")
    assert await line(slack) == ""
    assert [(row.packs, row.undone_at is None) for row in await slack.rows(ContactChoice)] == [("CN", False)]


async def test_the_card_says_it_in_chinese(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    await slack.in_chinese(slack.agent)
    assert (await line(slack)).startswith("现在可以致电 · 今日通话 0/3 次 · 下一可致电时间")


async def test_a_call_by_rule_is_planned_for_the_next_allowed_minute_and_says_why(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, phone="+12133734253")
    await choose(slack, "US-REGF", You_call="outside")
    # In three working hours it is 13:00 here and 21:00 in Los Angeles.
    reply = await slack.command(slack.agent, "/loan-call A-1 no answer")
    assert "Thu 26 Nov" in reply.text
    (row,) = await slack.rows(FollowUp)
    (decision,) = await slack.rows(ContactDecision)
    assert (decision.kind, decision.rules, decision.follow_up_id) == ("moved", "USF-H1", row.id)
    assert row.due_at == decision.moved_to == datetime(2026, 11, 26, 9, tzinfo=SHANGHAI)


async def test_a_call_by_rule_that_may_not_be_made_any_more_is_not_announced(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await choose(slack, "CN")
    due = datetime(2026, 11, 25, 15, tzinfo=SHANGHAI).astimezone(UTC)
    await make_follow_up(slack.office, loan, slack.agent, due_at=due, remind_at=due, rule="retry")
    for _ in range(3):
        await make_call(slack.office, loan, slack.agent)
    before = len(slack.texts(slack.agent))
    await slack.at("2026-11-25 15:00")
    assert len(slack.texts(slack.agent)) == before
    row = next(each for each in await slack.rows(FollowUp) if each.rule == "retry")
    assert row.remind_at == datetime(2026, 11, 26, 9, tzinfo=SHANGHAI)
    await slack.at("2026-11-26 09:00")
    assert any("please call" in text for text in slack.texts(slack.agent)[before:])


async def test_who_may_not_choose_is_not_offered_it(slack: Slack) -> None:
    await slack.sandbox.open_home("UAGENT")
    assert "Contact rules" not in slack.sandbox.home_of("UAGENT").text
    for who, pack in ((slack.manager, "CN"), (slack.admin, "IN"), (slack.compliance, "AU")):
        assert "Contact rules of the workspace" in (await choose(slack, pack, who=who)).text


async def test_what_the_workspace_raised_refuses_for_its_teams_and_loans_too(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    for _ in range(6):
        await make_call(slack.office, loan, slack.agent, outcome="no_answer")
    await choose(
        slack,
        "CN",
        who=slack.compliance,
        **{"Refuse, where the rule only warns": ["CN-C2 at most 6 unanswered tries a day to one number"]},
    )
    assert (await line(slack)).startswith("Not to be called now")
    await choose(slack, "CN", For=slack.team.name, who=slack.compliance, **{"Refuse, where the rule only warns": []})
    assert (await line(slack)).startswith("Not to be called now")


async def test_the_form_of_a_loan_shows_what_binds_after_an_undo(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    for pack in ("China, mainland", "India"):
        page = shown(await slack.press(slack.manager, await slack.card(slack.manager), "Contact rules"))
        await slack.press(slack.manager, page, "Rules of this loan")
        opened = slack.sandbox.modal_of("UMANAGER")
        await opened.fill("Rules that bind", [pack])
        await opened.submit()
        slack.clock.advance(minutes=1)
    await opened.press("Undo")
    page = shown(await slack.press(slack.manager, await slack.card(slack.manager), "Contact rules"))
    assert "Chosen: China, mainland." in page.text
    await slack.press(slack.manager, page, "Rules of this loan")
    opened = slack.sandbox.modal_of("UMANAGER")
    (packs,) = (state for name, state in opened.values.items() if name.endswith("packs"))
    assert [option["value"] for option in packs["selected_options"]] == ["CN"]


async def test_what_a_team_chose_binds_its_loans_in_place_of_the_workspaces(slack: Slack) -> None:
    alone = await make_member(slack.office, slack.workspace, "UALONE", roles="agent")
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await make_loan(slack.office, slack.workspace, "A-2", owner=alone)
    await choose(slack, "CN")
    assert f"Contact rules of {slack.team.name}: India." in (await choose(slack, "IN", For=slack.team.name)).text
    for number, chosen in (("A-1", "Chosen: India."), ("A-2", "Chosen: China, mainland.")):
        page = shown(await slack.press(slack.manager, await slack.card(slack.manager, number), "Contact rules"))
        assert chosen in page.text, number
