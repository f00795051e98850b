"""What an escalation shows: in the managers' message, on a card, and in the Home of those for whom it waits."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.permissions import allows, has_role_for, roles_of
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.checks import FailedCheck, failed_checks
from desk.loans.views import LoanView, loan_views
from desk.people.members import second_level
from desk.rules.escalations import raised_by_event, stage_of_trigger, step_of_trigger
from storage.queries.calls import calls
from storage.queries.core.rows import by_ids
from storage.queries.follow_ups import checks, escalations, follow_ups
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import Call, Check, CollectionStep, Escalation, FollowUp, Loan, Member

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
    did to the loan. `settled`: no manager resolved it, its cause is gone. `with_playbook`: who reads it may see what to do.
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
    with_playbook: bool = True

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


async def escalation_now(desk: Desk, escalation_id: UUID, reader: Member | None = None) -> EscalationView | None:
    """Return what the message about an escalation shows now to the managers, or to one `reader`; None for one that is gone or was
    undone; that of an undone call says so."""
    row = await desk.session.get(Escalation, escalation_id)
    if row is None or (row.undone_at is not None and row.call_id is None):
        return None
    (view,) = await escalation_views(desk, [row])
    return replace(view, with_playbook=reader is None or has_role_for(reader, "see_playbook"))


@dataclass(frozen=True, slots=True)
class _About:
    """What escalations are about, read for all of them at once: rows by id, and what is shown of their loans. `failed` are the
    failed checks by call, `checks` those of the loans that were moved on past one; `steps` are kinds by escalation."""

    loans: Mapping[UUID, Loan]
    shown: Mapping[UUID, LoanView]
    follow_ups: Mapping[UUID, FollowUp]
    calls: Mapping[UUID, Call]
    failed: Mapping[UUID, Check]
    checks: Sequence[Check]
    decided: Mapping[UUID, FailedCheck]
    steps: Mapping[UUID, str]
    people: Mapping[UUID, Member]

    def name(self, member_id: UUID | None) -> str | None:
        """Return a member's name."""
        return self.people[member_id].name if member_id is not None else None


async def escalation_views(desk: Desk, rows: Sequence[Escalation]) -> tuple[EscalationView, ...]:
    """Return these escalations as they read now."""
    if not rows:
        return ()
    about = await _about(desk, rows)
    return tuple(_view(desk, row, about) for row in rows)


async def _about(desk: Desk, rows: Sequence[Escalation]) -> _About:
    session = desk.session
    on = await loans.by_ids(session, {row.loan_id for row in rows})
    made = await calls.by_ids(session, {row.call_id for row in rows if row.call_id})
    failed = await checks.of_calls(
        session, [row.id for row in made.values() if VOCABULARY.outcome(row.outcome).result == "failed"]
    )
    passed = await checks.failed_of_loans(session, {row.loan_id for row in rows if stage_of_trigger(row.rule_trigger)})
    people = {each for row in rows for each in (row.by_id, row.taken_by_id, row.resolved_by_id, row.about_member_id)}
    people |= {row.caller_id for row in made.values()}
    people |= {on[row.loan_id].owner_id for row in rows if _is_of_owner(row)}
    return _About(
        loans=on,
        shown=await loan_views(desk, on.values()),
        follow_ups=await follow_ups.by_ids(session, {row.follow_up_id for row in rows if row.follow_up_id}),
        calls=made,
        failed=failed,
        checks=passed,
        decided=await failed_checks(desk, [*failed.values(), *passed]),
        steps=await _steps(desk, rows),
        people=await members.by_ids(session, {each for each in people if each is not None}),
    )


def _view(desk: Desk, row: Escalation, about: _About) -> EscalationView:
    follow_up = about.follow_ups[row.follow_up_id] if row.follow_up_id is not None else None
    call = _ended_call(about.calls[row.call_id], about) if row.call_id else None
    purpose = call.failed.purpose if call and call.failed else None
    is_snoozed = row.kind == raised_by_event("snoozed")
    return EscalationView(
        id=row.id,
        version=row.version,
        loan=about.shown[row.loan_id],
        kind=row.kind,
        state=row.state,
        raised_by=about.name(row.by_id),
        raised_at=row.raised_at,
        level=row.level,
        next_level_at=row.next_level_at,
        taken_by=about.name(row.taken_by_id),
        taken_at=row.taken_at,
        resolved_by=about.name(row.resolved_by_id),
        resolved_at=row.resolved_at,
        note=unreadable.read(desk, Escalation.note_cipher, row),
        resolution=unreadable.read(desk, Escalation.resolution_cipher, row),
        purpose=follow_up.purpose if follow_up else purpose,
        call=call,
        step=about.steps.get(row.id),
        passed=_passed_over_check(row, about),
        owner_left=_owner_left(row, about),
        settled=row.settled,
        is_late=row.kind == raised_by_event("late") or _is_late(row, follow_up),
        is_snoozed=is_snoozed,
        snoozes=follow_up.snoozes if is_snoozed and follow_up else 0,
    )


def _ended_call(call: Call, about: _About) -> EndedCall:
    check = about.failed.get(call.id)
    failed = about.decided[check.id] if check else None
    return EndedCall(about.people[call.caller_id].name, call.outcome, failed, call.undone_at is not None)


async def _steps(desk: Desk, rows: Sequence[Escalation]) -> dict[UUID, str]:
    """Return the kinds of the missed steps that these escalations are about, by the escalation's id."""
    about = {row.id: step_id for row in rows if (step_id := step_of_trigger(row.rule_trigger)) is not None}
    found = await by_ids(desk.session, CollectionStep, about.values()) if about else {}
    return {row_id: found[step_id].kind for row_id, step_id in about.items() if step_id in found}


def _passed_over_check(row: Escalation, about: _About) -> PassedOverCheck | None:
    """Return what is said of a loan that was moved on past failed checks: those about which nobody had decided by then."""
    stage = stage_of_trigger(row.rule_trigger)
    if stage is None:
        return None
    failed = [
        check
        for check in about.checks
        if check.loan_id == row.loan_id and check.at <= row.raised_at
        if check.decided_at is None or check.decided_at >= row.raised_at or check.decision != "go_on"
    ]
    return PassedOverCheck(stage, tuple(about.decided[check.id] for check in failed))


def _is_of_owner(row: Escalation) -> bool:
    return row.kind == raised_by_event("owner_left")


def _owner_left(row: Escalation, about: _About) -> OwnerLeft | None:
    if not _is_of_owner(row):
        return None
    return OwnerLeft(about.people[row.about_member_id].name, about.name(about.loans[row.loan_id].owner_id))


def _is_late(row: Escalation, follow_up: FollowUp | None) -> bool:
    return follow_up is not None and follow_up.escalated_at is not None and follow_up.escalated_at >= row.raised_at
