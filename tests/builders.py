"""Builders of rows with sensible defaults, for tests that need them. Each builder commits on its own."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.transaction import Office
from desk.loans import borrowers
from storage.engine.types import new_id
from storage.tables import Call, FollowUp, Loan, Member, Team, TeamManager, Workspace

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def make_workspace(office: Office, **values: Any) -> Workspace:
    """Make a lender in Shanghai."""
    row = Workspace(
        **{"slack_team_id": "T0001", "name": "Lender", "bot_user_id": "U0BOT", "created_at": office.clock.now()}
        | values
    )
    return await _store(office, row)


async def make_team(office: Office, workspace: Workspace, name: str = "East", **values: Any) -> Team:
    """Make a team without managers."""
    return await _store(office, team_of(office, workspace, name, **values))


def team_of(office: Office, workspace: Workspace, name: str = "East", **values: Any) -> Team:
    """Return a team that is not stored."""
    return Team(
        **{"workspace_id": workspace.id, "name": name, "name_key": name.casefold(), "created_at": office.clock.now()}
        | values
    )


async def make_member(
    office: Office, workspace: Workspace, slack_user_id: str, *, roles: str = "agent", **values: Any
) -> Member:
    """Make a member as `member_of` describes them."""
    return await _store(office, member_of(office, workspace, slack_user_id, roles=roles, **values))


def member_of(
    office: Office, workspace: Workspace, slack_user_id: str, *, roles: str = "agent", **values: Any
) -> Member:
    """Return a member who works 09:00-18:00, Monday to Friday, in Shanghai, and reads English. They are not stored."""
    name = values.pop("name", slack_user_id.title())
    return Member(
        **{
            "workspace_id": workspace.id,
            "slack_user_id": slack_user_id,
            "name": name,
            "name_key": name.casefold(),
            "roles": roles,
            "zone": "Asia/Shanghai",
            "locale": "en-US",
            "work_start": time(9),
            "work_end": time(18),
            "created_at": office.clock.now(),
        }
        | values
    )


async def make_manager(office: Office, workspace: Workspace, team: Team, slack_user_id: str, **values: Any) -> Member:
    """Make a manager of the team."""
    member = await make_member(office, workspace, slack_user_id, roles="manager", team_id=team.id, **values)
    await _store(office, TeamManager(team_id=team.id, member_id=member.id, workspace_id=workspace.id))
    return member


async def make_loan(
    office: Office,
    workspace: Workspace,
    number: str,
    *,
    owner: Member | None = None,
    name: str = "王小明",
    phone: str = "+8613800135678",
    stage: str = "application",
    **values: Any,
) -> Loan:
    """Make a loan with its borrower, searchable by name and phone."""
    async with office.desk(workspace) as desk:
        borrower = borrowers.new_borrower(desk, name=name, phone=phone)
        await desk.session.flush()
        loan = Loan(
            **{
                "workspace_id": workspace.id,
                "borrower_id": borrower.id,
                "number": number,
                "number_key": number.casefold(),
                "stage": stage,
                "stage_since": desk.now,
                "owner_id": owner.id if owner else None,
                "amount": Decimal("120000.00"),
                "created_at": desk.now,
            }
            | values
        )
        desk.add(loan)
    return loan


async def make_loan_in_arrears(
    office: Office, workspace: Workspace, number: str, *, owner: Member, purposes: Sequence[str] = (), **values: Any
) -> Loan:
    """Make a disbursed loan due on the 10th, unpaid since 10 November, and for each purpose a call about that instalment."""
    since = date(2026, 11, 10)
    terms = {"stage": "disbursed", "due_day": 10, "paid_through": date(2026, 10, 10), "unpaid_since": since}
    loan = await make_loan(office, workspace, number, owner=owner, **(terms | values))
    for purpose in purposes:
        await make_follow_up(office, loan, owner, purpose=purpose, instalment_on=since)
    return loan


async def make_call(office: Office, loan: Loan, caller: Member, *, outcome: str = "reached", note: str = "") -> Call:
    """Make a call that belongs to no follow-up."""
    row_id = new_id()
    row = Call(
        id=row_id,
        workspace_id=loan.workspace_id,
        loan_id=loan.id,
        caller_id=caller.id,
        outcome=outcome,
        note_cipher=office.cipher.encrypt_optional(Call.note_cipher, row_id, note),
        at=office.clock.now(),
    )
    return await _store(office, row)


async def make_follow_up(
    office: Office,
    loan: Loan,
    assignee: Member,
    *,
    purpose: str = "identity",
    due_at: datetime | None = None,
    due_on: date | None = None,
    **values: Any,
) -> FollowUp:
    """Make an open follow-up, by default due today. The reminder is due at `due_at` and the escalation to managers four
    hours later; without a time there are neither."""
    now = office.clock.now()
    on = due_on or (due_at or now).astimezone(SHANGHAI).date()
    number = values.pop("number", None) or loan.next_follow_up_number
    row = FollowUp(
        **{
            "workspace_id": loan.workspace_id,
            "loan_id": loan.id,
            "number": number,
            "purpose": purpose,
            "assignee_id": assignee.id,
            "due_on": on,
            "due_at": due_at,
            "late_at": due_at or datetime.combine(on, time(18), SHANGHAI),
            "remind_at": due_at,
            "escalate_at": due_at and due_at + timedelta(hours=4),
            "created_by_id": assignee.id,
            "created_at": now,
            "planned_at": now,
        }
        | values
    )
    async with office.desk(await _workspace(office, loan.workspace_id)) as desk:
        stored = await desk.session.get_one(Loan, loan.id)
        stored.next_follow_up_number = max(stored.next_follow_up_number, number + 1)
        loan.next_follow_up_number = stored.next_follow_up_number
        desk.add(stored)
        desk.add(row)
    return row


async def _workspace(office: Office, workspace_id: UUID) -> Workspace:
    async with office.database.reading() as session:
        return await session.get_one(Workspace, workspace_id)


async def _store(office: Office, row: Any) -> Any:
    async with office.database.transaction() as session:
        session.add(row)
    return row
