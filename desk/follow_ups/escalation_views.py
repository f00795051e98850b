"""What an escalation shows: in the managers' message, on a card, and in the Home of those for whom it waits."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.permissions import allows, roles_of
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.checks import FailedCheck, failed_check_of, failed_check_view
from desk.loans.views import LoanView, loan_view
from desk.people.members import second_level
from desk.rules.escalations import raised_by_event, stage_of_trigger, step_of_trigger
from storage.queries.core.rows import by_ids
from storage.queries.follow_ups import checks, escalations, follow_ups
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import Call, CollectionStep, Escalation, FollowUp, Loan, Member

LISTED = 10
"""How many a Home lists; the others are counted."""


@dataclass(frozen=True, slots=True)
class EndedCall:
    """The call whose outcome the managers hear: who logged it, by name; `failed` is the check that it found to have failed."""

    by: str
    outcome: str
    failed: FailedCheck | None = None
    undone: bool = False


@dataclass(frozen=True, slots=True)
class PassedOverCheck:
    """That the lender's data moved a loan to a stage although these checks had failed and no manager had decided about them."""

    stage: str
    checks: tuple[FailedCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnerLeft:
    """That the lender's data opened a loan again whose owner, by name, has left; `owner` is the name of who has it now."""

    left: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class EscalationView:
    """An escalation. `kind` is a code of `desk/data/escalations.toml`; `raised_by`, `taken_by` and `resolved_by` are names, None
    for a rule and for what nobody has done: a mention in the managers' channel would notify. `level` is 2 once the second
    level was told, `next_level_at` when it will be. `note` and `resolution` are what was typed.

    `purpose` is that of the follow-up which it is about, or of the check that failed; `is_late`: nobody acted on that follow-up;
    `is_snoozed`: it was snoozed too often, `snoozes` times until now (0 once it was moved). `call` is the call whose outcome the
    managers hear. `step` is the kind of the missed step that it is about; `passed` and `owner_left` say what the lender's data
    did to the loan. `settled`: no manager resolved it, its cause is gone.
    """

    id: UUID
    version: int
    loan: LoanView
    kind: str
    state: str
    raised_by: str | None
    raised_at: datetime
    level: int
    next_level_at: datetime | None
    taken_by: str | None
    taken_at: datetime | None
    resolved_by: str | None
    resolved_at: datetime | None
    note: str = field(default="", repr=False)
    resolution: str = field(default="", repr=False)
    purpose: str | None = None
    call: EndedCall | None = None
    step: str | None = None
    passed: PassedOverCheck | None = None
    owner_left: OwnerLeft | None = None
    settled: bool = False
    is_late: bool = False
    is_snoozed: bool = False
    snoozes: int = 0

    @property
    def is_over(self) -> bool:
        """Return whether nothing is left for a manager."""
        return self.state == "resolved" or (self.call is not None and self.call.undone)


@dataclass(frozen=True, slots=True)
class WaitingEscalations:
    """The first escalations that wait for a manager, the earliest first, and how many more there are."""

    shown: tuple[EscalationView, ...] = ()
    more: int = 0


NO_ESCALATIONS = WaitingEscalations()


async def unresolved_on(desk: Desk, loan_id: UUID) -> tuple[EscalationView, ...]:
    """Return the escalations of a loan that nobody has resolved, the earliest first."""
    return await escalation_views(desk, await escalations.unresolved_of_loan(desk.session, loan_id))


async def waiting_for(desk: Desk, member: Member) -> WaitingEscalations:
    """Return what waits for that member: what they have taken on, what is on loans of members whom they manage now, and as one of
    the second level that of which it was told. Nothing for a member who may take none on."""
    workspace_id = desk.workspace.id
    if not allows(member, "take_escalation") or not await escalations.any_unresolved(desk.session, workspace_id):
        return NO_ESCALATIONS
    is_manager = "manager" in roles_of(member)
    is_second = member.id in {each.id for each in await second_level(desk)}
    unmanaged = is_manager or not await members.with_role(desk.session, workspace_id, "manager")
    rows, total = await escalations.waiting(
        desk.session, workspace_id, member.id, unmanaged=unmanaged, second_level=is_second, limit=LISTED
    )
    return WaitingEscalations(await escalation_views(desk, rows), total - len(rows))


async def escalation_now(desk: Desk, escalation_id: UUID) -> EscalationView | None:
    """Return what the message about an escalation shows now; None for one that is gone or was undone; that of
    an undone call says so."""
    row = await desk.session.get(Escalation, escalation_id)
    if row is None or (row.undone_at is not None and row.call_id is None):
        return None
    return (await escalation_views(desk, [row]))[0]


async def _ended_call(desk: Desk, call_id: UUID) -> EndedCall:
    call = await desk.session.get_one(Call, call_id)
    caller = await desk.session.get_one(Member, call.caller_id)
    failed = VOCABULARY.outcome(call.outcome).result == "failed"
    return EndedCall(
        caller.name, call.outcome, await failed_check_of(desk, call) if failed else None, call.undone_at is not None
    )


def _people(rows: Sequence[Escalation]) -> set[UUID]:
    return {each for row in rows for each in (row.by_id, row.taken_by_id, row.resolved_by_id) if each is not None}


async def escalation_views(desk: Desk, rows: Sequence[Escalation]) -> tuple[EscalationView, ...]:
    """Return these escalations as they read now."""
    people = await members.by_ids(desk.session, _people(rows)) if rows else {}
    on = await loans.by_ids(desk.session, {row.loan_id for row in rows}) if rows else {}
    late = await follow_ups.by_ids(desk.session, {row.follow_up_id for row in rows if row.follow_up_id})
    steps = await _steps(desk, rows)
    passed = {row.id: await _passed_over_check(desk, row, stage) for row, stage in _passed(rows)}
    made = {row.id: await _ended_call(desk, row.call_id) for row in rows if row.call_id}

    def who(member_id: UUID | None) -> str | None:
        return people[member_id].name if member_id is not None else None

    def purpose(row: Escalation) -> str | None:
        if row.follow_up_id is not None:
            return late[row.follow_up_id].purpose
        call = made.get(row.id)
        return call.failed.purpose if call and call.failed else None

    return tuple(
        [
            EscalationView(
                id=row.id,
                version=row.version,
                loan=await loan_view(desk, on[row.loan_id]),
                kind=row.kind,
                state=row.state,
                raised_by=who(row.by_id),
                raised_at=row.raised_at,
                level=row.level,
                next_level_at=row.next_level_at,
                taken_by=who(row.taken_by_id),
                taken_at=row.taken_at,
                resolved_by=who(row.resolved_by_id),
                resolved_at=row.resolved_at,
                note=unreadable.read(desk, Escalation.note_cipher, row),
                resolution=unreadable.read(desk, Escalation.resolution_cipher, row),
                purpose=purpose(row),
                call=made.get(row.id),
                step=steps.get(row.id),
                passed=passed.get(row.id),
                owner_left=await _owner_left(desk, on[row.loan_id], row),
                settled=row.settled,
                is_late=row.kind == raised_by_event("late") or _is_late(row, late),
                is_snoozed=row.kind == raised_by_event("snoozed"),
                snoozes=_snoozes(row, late),
            )
            for row in rows
        ]
    )


async def _steps(desk: Desk, rows: Sequence[Escalation]) -> dict[UUID, str]:
    """Return the kinds of the missed steps that these escalations are about, by the escalation's id."""
    about = {row.id: step_id for row in rows if (step_id := step_of_trigger(row.rule_trigger)) is not None}
    found = await by_ids(desk.session, CollectionStep, about.values()) if about else {}
    return {row_id: found[step_id].kind for row_id, step_id in about.items() if step_id in found}


def _passed(rows: Sequence[Escalation]) -> list[tuple[Escalation, str]]:
    """Return the escalations of loans that were moved on past a failed check, and the stage to which they were."""
    return [(row, stage) for row in rows if (stage := stage_of_trigger(row.rule_trigger)) is not None]


async def _passed_over_check(desk: Desk, row: Escalation, stage: str) -> PassedOverCheck:
    failed = [
        check
        for check in await checks.of_loan(desk.session, row.loan_id)
        if check.state == "failed" and check.at <= row.raised_at
        if check.decided_at is None or check.decided_at >= row.raised_at or check.decision != "go_on"
    ]
    return PassedOverCheck(stage, tuple([await failed_check_view(desk, check) for check in failed]))


async def _owner_left(desk: Desk, loan: Loan, row: Escalation) -> OwnerLeft | None:
    if row.kind != raised_by_event("owner_left"):
        return None
    left = await desk.session.get_one(Member, row.about_member_id)
    owner = await desk.session.get(Member, loan.owner_id) if loan.owner_id else None
    return OwnerLeft(left.name, owner.name if owner else None)


def _snoozes(row: Escalation, about: Mapping[UUID, FollowUp]) -> int:
    is_snoozed = row.kind == raised_by_event("snoozed") and row.follow_up_id is not None
    return about[row.follow_up_id].snoozes if is_snoozed and row.follow_up_id is not None else 0


def _is_late(row: Escalation, about: Mapping[UUID, FollowUp]) -> bool:
    follow_up = about.get(row.follow_up_id) if row.follow_up_id is not None else None
    return follow_up is not None and follow_up.escalated_at is not None and follow_up.escalated_at >= row.raised_at
