"""Follow-ups planned by rule: for whom, when, and only once."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

from desk.core.transaction import Desk, Office
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.follow_ups.rule_plans import Replanned, plan_for_stage, plan_instalment
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import loans
from storage.tables import FollowUp, Loan, Member, Workspace
from tests.builders import make_follow_up, make_loan, make_manager, make_member, make_team

Plan = Callable[[Desk, Loan], Awaitable[PlannedFollowUp | Replanned | None]]
DISBURSED = {"stage": "disbursed", "due_day": 15}


async def planned(
    office: Office, workspace: Workspace, loan: Loan, plan: Plan, actor: Member | None = None
) -> FollowUp | None:
    async with office.desk(workspace, actor) as desk:
        result = await plan(desk, await loans.lock(desk.session, loan.id))
        if isinstance(result, Replanned):
            result = next(iter(result.planned), None)
        return result.follow_up if result else None


def at(text: str) -> datetime:
    return datetime.fromisoformat(text + "+08:00")


async def test_an_application_gets_an_identity_check_by_the_least_busy_verifier_of_the_team(
    office: Office, workspace: Workspace
) -> None:
    east, west = await make_team(office, workspace), await make_team(office, workspace, "West")
    lin = await make_member(office, workspace, "ULIN", team_id=east.id)
    busy = await make_member(office, workspace, "UBUSY", roles="verifier", team_id=east.id)
    free = await make_member(office, workspace, "UFREE", roles="verifier", team_id=east.id)
    await make_member(office, workspace, "UAWAY", roles="verifier", team_id=east.id, absent_until=date(2026, 12, 1))
    await make_member(office, workspace, "UWEST", roles="verifier", team_id=west.id)
    other = await make_loan(office, workspace, "L-1", owner=lin)
    await make_follow_up(office, other, busy)
    loan = await make_loan(office, workspace, "L-2", owner=lin)
    row = await planned(office, workspace, loan, plan_for_stage)
    assert row is not None
    assert (row.purpose, row.assignee_id, row.rule) == ("identity", free.id, "application")
    assert row.due_at == at("2026-11-26T09:00")


async def test_an_open_identity_check_is_not_planned_twice(office: Office, workspace: Workspace) -> None:
    vera = await make_member(office, workspace, "UVERA", roles="verifier")
    loan = await make_loan(office, workspace, "L-1", owner=vera)
    await make_follow_up(office, loan, vera)
    await planned(office, workspace, loan, plan_for_stage)
    assert await open_purposes(office, loan) == ["identity", "documents"]


async def test_the_manager_gets_the_identity_check_in_a_team_without_verifiers(
    office: Office, workspace: Workspace
) -> None:
    east = await make_team(office, workspace)
    lin = await make_member(office, workspace, "ULIN", team_id=east.id)
    wang = await make_manager(office, workspace, east, "UWANG")
    loan = await make_loan(office, workspace, "L-1", owner=lin)
    row = await planned(office, workspace, loan, plan_for_stage)
    assert row is not None
    assert row.assignee_id == wang.id


async def test_the_first_call_of_the_morning_waits_until_borrowers_may_be_called(
    office: Office, workspace: Workspace
) -> None:
    early = await make_member(office, workspace, "UEARLY", roles="verifier", work_start=datetime.min.time().replace(6))
    loan = await make_loan(office, workspace, "L-1", owner=early)
    row = await planned(office, workspace, loan, plan_for_stage)
    assert row is not None
    assert row.due_at == at("2026-11-26T08:00")


async def test_a_repayment_reminder_is_planned_three_working_days_before_the_instalment(
    office: Office, workspace: Workspace
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    loan = await make_loan(office, workspace, "L-1", owner=lin, **DISBURSED)
    row = await planned(office, workspace, loan, plan_for_stage)
    assert row is not None
    assert (row.purpose, row.assignee_id, row.rule) == ("repayment", lin.id, "instalment")
    assert (row.instalment_on, row.due_on, row.due_at) == (date(2026, 12, 15), date(2026, 12, 10), None)


async def test_the_same_instalment_is_not_planned_twice_even_after_its_call(
    office: Office, workspace: Workspace
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    loan = await make_loan(office, workspace, "L-1", owner=lin, **DISBURSED)
    await make_follow_up(
        office,
        loan,
        lin,
        purpose="repayment",
        state="done",
        instalment_on=date(2026, 12, 15),
        due_on=date(2026, 12, 10),
    )
    assert await planned(office, workspace, loan, plan_instalment) is None


async def test_a_paid_instalment_leads_to_the_one_after_it(office: Office, workspace: Workspace) -> None:
    lin = await make_member(office, workspace, "ULIN")
    loan = await make_loan(office, workspace, "L-1", owner=lin, paid_through=date(2026, 12, 15), **DISBURSED)
    row = await planned(office, workspace, loan, plan_instalment)
    assert row is not None
    assert row.instalment_on == date(2027, 1, 15)


async def test_autopay_and_a_loan_without_a_due_day_need_no_reminder(office: Office, workspace: Workspace) -> None:
    lin = await make_member(office, workspace, "ULIN")
    autopay = await make_loan(office, workspace, "L-1", owner=lin, autopay=True, **DISBURSED)
    without = await make_loan(office, workspace, "L-2", owner=lin, stage="disbursed")
    assert await planned(office, workspace, autopay, plan_instalment) is None
    assert await planned(office, workspace, without, plan_instalment) is None


async def test_arrears_plan_a_call_for_the_collector_only_when_they_are_reported(
    office: Office, workspace: Workspace
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    collector = await make_member(office, workspace, "UCOLL", roles="collector")
    silent = await make_loan(office, workspace, "L-1", owner=lin, **DISBURSED)
    unpaid = await make_loan(office, workspace, "L-2", owner=lin, unpaid_since=date(2026, 11, 16), **DISBURSED)
    reminder = await planned(office, workspace, silent, plan_instalment)
    assert reminder is not None
    assert reminder.purpose == "repayment"
    row = await planned(office, workspace, unpaid, plan_instalment)
    assert row is not None
    assert (row.purpose, row.assignee_id, row.rule) == ("overdue", collector.id, "arrears")
    assert (row.instalment_on, row.due_on) == (date(2026, 11, 15), date(2026, 11, 25))


async def test_without_a_collector_the_owner_calls_about_arrears(office: Office, workspace: Workspace) -> None:
    lin = await make_member(office, workspace, "ULIN")
    loan = await make_loan(office, workspace, "L-1", owner=lin, unpaid_since=date(2026, 11, 16), **DISBURSED)
    row = await planned(office, workspace, loan, plan_instalment)
    assert row is not None
    assert row.assignee_id == lin.id


async def test_a_loan_whose_owner_has_left_falls_to_a_manager(office: Office, workspace: Workspace) -> None:
    gone = await make_member(office, workspace, "UGONE", removed_at=office.clock.now())
    wang = await make_member(office, workspace, "UWANG", roles="manager")
    loan = await make_loan(office, workspace, "L-1", owner=gone, **DISBURSED)
    row = await planned(office, workspace, loan, plan_instalment)
    assert row is not None
    assert row.assignee_id == wang.id


async def test_nothing_is_planned_when_no_member_could_do_it(office: Office, workspace: Workspace) -> None:
    loan = await make_loan(office, workspace, "L-1", **DISBURSED)
    assert await planned(office, workspace, loan, plan_instalment) is None


async def test_switching_to_autopay_cancels_the_repayment_reminder(office: Office, workspace: Workspace) -> None:
    lin = await make_member(office, workspace, "ULIN")
    loan = await make_loan(office, workspace, "L-1", owner=lin, autopay=True, **DISBURSED)
    about = {"rule": "instalment", "instalment_on": date(2026, 12, 15)}
    await make_follow_up(office, loan, lin, purpose="repayment", due_on=date(2026, 12, 10), **about)
    assert await planned(office, workspace, loan, plan_instalment) is None
    assert await open_purposes(office, loan) == []


async def test_a_new_due_day_moves_the_repayment_reminder(office: Office, workspace: Workspace) -> None:
    lin = await make_member(office, workspace, "ULIN")
    loan = await make_loan(office, workspace, "L-1", owner=lin, stage="disbursed", due_day=20)
    about = {"rule": "instalment", "instalment_on": date(2026, 12, 15)}
    await make_follow_up(office, loan, lin, purpose="repayment", due_on=date(2026, 12, 10), **about)
    row = await planned(office, workspace, loan, plan_instalment)
    assert row is not None
    assert row.instalment_on == date(2026, 12, 20)
    assert await open_purposes(office, loan) == ["repayment"]


async def test_a_call_about_arrears_planned_by_rule_is_cancelled_when_everything_is_paid(
    office: Office, workspace: Workspace
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    loan = await make_loan(office, workspace, "L-1", owner=lin, **DISBURSED)
    await make_follow_up(office, loan, lin, purpose="overdue", rule="arrears", instalment_on=date(2026, 11, 15))
    await make_follow_up(office, loan, lin, purpose="overdue")
    await planned(office, workspace, loan, plan_instalment)
    assert await open_purposes(office, loan) == ["overdue", "repayment", "repayment"]


async def open_purposes(office: Office, loan: Loan) -> list[str]:
    async with office.database.reading() as session:
        return [row.purpose for row in await follow_ups.open_of_loan(session, loan.id)]
