"""Reassigning loans with the form. Now is Wednesday 10:00 in Shanghai."""

import pytest
from sqlmodel import delete, select, update

from sandbox import Modal
from storage.tables import AuditEntry, FollowUp, Loan, Member, Notice, Team, TeamManager
from tests.builders import make_follow_up, make_loan, make_member, make_team
from tests.wire.filling import fill
from tests.wire.office_day import Slack


@pytest.fixture
async def loans(slack: Slack) -> list[Loan]:
    """L-1 to L-5 of the agent, each with a follow-up of the agent's, and L-6 of the other, with one that the agent holds."""
    made: list[Loan] = []
    for n in range(1, 7):
        owner = slack.agent if n < 6 else slack.other
        made.append(await make_loan(slack.office, slack.workspace, f"L-{n}", owner=owner, name=f"王{n}"))
        await make_follow_up(slack.office, made[-1], slack.agent)
    return made


async def opened(slack: Slack, who: Member | None = None) -> Modal:
    return await slack.form(who or slack.manager, "/loan-reassign")


async def owners(slack: Slack) -> dict[str, str]:
    """Return the owners and, after a slash, the assignees, by loan number."""
    async with slack.office.database.reading() as session:
        people = {m.id: m.name for m in (await session.exec(select(Member))).all()}
        found = {
            loan.number: people.get(loan.owner_id or slack.team.id, "-") for loan in await session.exec(select(Loan))
        }
        numbers = {loan.id: loan.number for loan in await session.exec(select(Loan))}
        for row in await session.exec(select(FollowUp)):
            found[f"{numbers[row.loan_id]}/{row.number}"] = people[row.assignee_id]
    return found


async def told(slack: Slack) -> list[str]:
    async with slack.office.database.reading() as session:
        people = {m.id: m.name for m in (await session.exec(select(Member))).all()}
        rows = (await session.exec(select(Notice).where(Notice.kind == "reassigned"))).all()
        return sorted(people[row.to_id] for row in rows if row.to_id)


async def test_one_loan_is_reassigned_to_one_member_after_a_preview(slack: Slack, loans: list[Loan]) -> None:
    form = await opened(slack)
    await form.fill("Only these loans", ["L-1"], typed="L-1")
    await form.fill("Reassign to", "UOTHER")
    await form.fill("Reason", "knows the <borrower>")
    await form.submit()
    assert "1 loan · 1 open follow-up" in form.text
    assert "<@UAGENT>: 5 → 4 loans · 6 → 5 open follow-ups" in form.text
    assert "<@UOTHER>: 1 → 2 loans · 0 → 1 open follow-ups" in form.text
    assert (await owners(slack))["L-1"] == "Agent"

    await form.press("Reassign now")

    assert "Reassigned: 1 loan · 1 open follow-up" in form.text
    assert "knows the <borrower>" in form.text
    after = await owners(slack)
    assert (after["L-1"], after["L-1/1"], after["L-2"]) == ("Other", "Other", "Agent")
    async with slack.office.database.reading() as session:
        (entry,) = (await session.exec(select(AuditEntry).where(AuditEntry.act == "reassign"))).all()
    assert entry.loan_id == loans[0].id


async def test_all_loans_are_balanced_over_a_team_and_that_is_undone(slack: Slack, loans: list[Loan]) -> None:
    await make_member(slack.office, slack.workspace, "UTHIRD", name="Third", team_id=slack.team.id)
    before = await owners(slack)
    form = await opened(slack)
    await form.fill("Reassign from", "UAGENT")
    await form.fill("How to reassign", "balanced")
    await form.fill("Across which team", "East")
    await form.submit()
    assert "<@UAGENT>: 5 → 0 loans · 6 → 0 open follow-ups" in form.text
    assert "<@UOTHER>: 1 → 3 loans · 0 → 3 open follow-ups" in form.text
    assert "<@UTHIRD>: 0 → 3 loans · 0 → 3 open follow-ups" in form.text

    await form.press("Reassign now")
    assert list((await owners(slack)).values()).count("Third") == 6
    assert await told(slack) == ["Agent", "Other", "Third"]
    await slack.deliver()

    await form.press("Undo")

    assert await owners(slack) == before
    await slack.deliver()
    for who in (slack.agent, slack.other):
        (heard,) = slack.sandbox.messages(slack.sandbox.dm(who.slack_user_id))
        assert "This was undone." in heard.text


async def test_each_loan_can_go_to_a_different_member(slack: Slack, loans: list[Loan]) -> None:
    form = await opened(slack)
    await form.fill("Only these loans", ["L-1", "L-2", "L-3"], typed="5678")
    await form.fill("How to reassign", "each")
    await form.fill("L-1 王1 goes to", "UOTHER")
    await form.fill("L-2 王2 goes to", "UVERIFIER")
    await form.submit()
    assert "2 loans" in form.text
    await form.press("Reassign now")

    after = await owners(slack)
    assert (after["L-1"], after["L-2"], after["L-3"]) == ("Other", "Verifier", "Agent")


async def test_the_preview_is_shown_again_when_the_loans_have_changed(slack: Slack, loans: list[Loan]) -> None:
    form = await opened(slack)
    await form.fill("Reassign from", "UAGENT")
    await form.fill("Reassign to", "UOTHER")
    await form.fill("Reason", "on leave")
    await form.submit()
    await slack.command(slack.agent, "/loan-stage L-2 withdrawn")

    await form.press("Reassign now")
    assert "This changed while you were looking." in form.text
    assert "4 loans" in form.text
    assert "on leave" in form.text
    assert (await owners(slack))["L-1"] == "Agent"

    await form.press("Reassign now")

    after = await owners(slack)
    assert (after["L-1"], after["L-2"]) == ("Other", "Agent")


async def test_cancelling_the_preview_reassigns_nothing(slack: Slack, loans: list[Loan]) -> None:
    before = await owners(slack)
    form = await opened(slack)
    await form.fill("Reassign from", "UAGENT")
    await form.fill("Reassign to", "UOTHER")
    await form.submit()
    await form.press("Don't reassign")

    assert "Nothing was reassigned." in form.text
    assert await owners(slack) == before


@pytest.mark.parametrize(
    ("filled", "at", "said"),
    [
        ({}, "Reassign from", "Nothing is selected yet."),
        ({"Reassign from": "UAGENT"}, "Reassign to", "Who?"),
        ({"Reassign from": "UAGENT", "Reassign to": "UAGENT"}, "Reassign to", "the same person twice"),
        ({"Reassign from": "UAGENT", "Reassign to": "UCOMPLIANCE"}, "Reassign to", "doesn't take calls"),
        ({"Reassign from": "UAGENT", "Reassign to": "USTRANGER"}, "Reassign to", "not a member"),
        ({"Reassign from": "USTRANGER", "Reassign to": "UOTHER"}, "Reassign from", "not a member"),
        ({"Reassign from": "UVERIFIER", "Reassign to": "UOTHER"}, "Reassign from", "nothing to reassign"),
    ],
)
async def test_errors_are_shown_at_their_fields(
    slack: Slack, loans: list[Loan], filled: dict[str, str], at: str, said: str
) -> None:
    form = await opened(slack)
    await form.fill("Reason", "on leave")
    await fill(form, filled)
    await form.submit()

    assert said in form.errors[at]
    assert "on leave" in str(form.values)


async def test_balancing_needs_a_team(slack: Slack) -> None:
    async with slack.office.database.transaction() as session:
        await session.exec(delete(TeamManager))
        await session.exec(update(Member).values(team_id=None))
        await session.exec(delete(Team))
    form = await slack.form(slack.manager, "/loan-reassign")
    assert "Spread evenly across a team" not in form.text
    assert slack.sandbox.violations == []


async def test_balancing_over_a_team_with_no_other_member_is_refused(slack: Slack, loans: list[Loan]) -> None:
    await make_team(slack.office, slack.workspace, "West")
    form = await opened(slack)
    await form.fill("Reassign from", "UAGENT")
    await form.fill("How to reassign", "balanced")
    await form.fill("Across which team", "West")
    await form.submit()

    assert "Nobody in West can take this over now" in form.errors["How to reassign"]


async def test_too_many_loans_to_choose_a_member_for_each_is_reported_at_once(slack: Slack, loans: list[Loan]) -> None:
    for n in range(10, 30):
        await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent)
    form = await opened(slack)
    await form.fill("Reassign from", "UAGENT")
    await form.fill("How to reassign", "each")
    assert "26 loans are too many to assign one by one." in form.text
    await form.submit()

    assert "26 loans are too many" in form.errors["How to reassign"]


async def test_an_agent_reassigns_only_their_own_loan(slack: Slack, loans: list[Loan]) -> None:
    form = await opened(slack, slack.agent)
    await form.fill("Only these loans", ["L-1"], typed="L-1")
    await form.fill("Reassign to", "UOTHER")
    await form.submit()
    await form.press("Reassign now")
    assert (await owners(slack))["L-1"] == "Other"

    form = await opened(slack, slack.agent)
    await form.fill("Only these loans", ["L-6"], typed="L-6")
    await form.fill("Reassign to", "UAGENT")
    await form.submit()

    assert "Only the people responsible" in form.errors["Only these loans"]


async def test_a_manager_who_lost_the_role_meanwhile_reassigns_nothing(slack: Slack, loans: list[Loan]) -> None:
    before = await owners(slack)
    form = await opened(slack)
    await form.fill("Reassign from", "UAGENT")
    await form.fill("Reassign to", "UOTHER")
    await form.submit()
    async with slack.office.database.transaction() as session:
        (await session.get_one(Member, slack.manager.id)).roles = "compliance"
    await form.press("Reassign now")

    shown = slack.sandbox.modal_of(slack.manager.slack_user_id)
    assert "You need the role" in shown.text
    assert await owners(slack) == before


async def test_only_a_managers_home_opens_the_form(slack: Slack, loans: list[Loan]) -> None:
    await slack.sandbox.open_home("UMANAGER")
    await slack.sandbox.home_of("UMANAGER").press("Reassign")
    assert slack.sandbox.modal_of("UMANAGER").title == "Reassign"

    await slack.sandbox.open_home("UAGENT")
    assert "Reassign" not in slack.sandbox.home_of("UAGENT").text.splitlines()


async def test_the_form_lists_nobodys_loans_to_those_who_may_not_reassign_them(slack: Slack) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    chen = await make_member(slack.office, slack.workspace, "UCHEN", name="Chen", team_id=west.id)
    slack.sandbox.add_user("UCHEN", name="chen")
    await make_loan(slack.office, slack.workspace, "L-9", owner=chen, name="欧阳绝密")
    form = await opened(slack, slack.agent)
    await form.fill("How to reassign", "each")

    await form.fill("Reassign from", "UCHEN")

    assert "L-9" not in form.text
    assert "欧阳绝密" not in form.text
    assert "You need the role manager or admin for this." in form.text
    await form.submit()
    assert form.errors["Reassign from"] == "You need the role manager or admin for this."


async def test_a_picked_loan_that_is_not_ones_own_is_refused_before_the_preview(
    slack: Slack, loans: list[Loan]
) -> None:
    form = await opened(slack, slack.agent)
    await form.fill("Only these loans", ["L-6"], typed="L-6")
    assert "Only the people responsible can act on this" in form.text


async def test_compliance_reassigns_nothing_not_even_a_loan_without_an_owner(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-9", owner=None)
    for line in ("/loan-reassign L-9 @other", "/loan-reassign"):
        refused = (await slack.command(slack.compliance, line)).text
        assert "You need the role agent, verifier, collector" in refused
    assert (await slack.command(slack.manager, "/loan-reassign L-9 @other")).text.startswith("L-9 now belongs to")
