"""Escalations of a loan to its managers: raised by a member or a rule, taken on, handed back, resolved; the second level hears
once of what no manager has taken on."""

from collections.abc import Collection, Sequence
from dataclasses import field
from datetime import date, datetime, timedelta
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import allows, has_role_for, require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.values import LoanRef
from desk.follow_ups.lifecycle import check_note
from desk.loans import lookup
from desk.loans.views import LoanView, loan_view
from desk.messages import kinds
from desk.messages.manager_notices import notify_managers
from desk.messages.notices import queue_notice
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, is_at_desk, managers_for_each, second_level
from desk.rules.escalations import (
    escalation_kinds,
    heard_in,
    raised_by_attempts,
    raised_by_broken_promises,
    raised_by_missed_steps,
)
from desk.rules.working_time import add_working_minutes
from storage.engine.types import new_id
from storage.queries.follow_ups import escalations
from storage.queries.loans import loans
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import Escalation, Loan, Member, Undo

BATCH = 100
LISTED = 10
"""How many a Home lists; the others are counted."""


@dataclass(frozen=True, slots=True)
class EscalationView:
    """An escalation. `kind` is a code of `desk/data/escalations.toml`; `raised_by`, `taken_by` and `resolved_by` are names, None
    for a rule and for what nobody has done: a mention in the managers' channel would notify. `level` is 2 once the second
    level was told, `next_level_at` when it will be. `note` and `resolution` are what was typed."""

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


@dataclass(frozen=True, slots=True)
class EscalationChanged:
    """An escalation that was raised, taken on, handed back or resolved. `told`: a manager besides the acting member hears.
    `may_see_playbook`: the acting member may see what to do."""

    escalation: EscalationView
    undo_id: UUID
    told: bool = True
    may_see_playbook: bool = False


@dataclass(frozen=True, slots=True)
class WaitingEscalations:
    """The first escalations that wait for a manager, the earliest first, and how many more there are."""

    shown: tuple[EscalationView, ...] = ()
    more: int = 0


NO_ESCALATIONS = WaitingEscalations()


async def raise_escalation(desk: Desk, *, loan: LoanRef, kind: str, note: str = "") -> EscalationChanged:
    """Escalate a loan to the managers of its owner, or of the acting member if it has none.

    Raises NotAllowed (`role_missing`), Conflict (`escalation_there`: one of that kind is not resolved yet), Invalid
    (`escalation_unknown`, `note_too_long`), and as `lookup.resolve` does.
    """
    require_role(desk, "raise_escalation")
    if kind not in escalation_kinds():
        raise Invalid("escalation_unknown", given=kind)
    check_note(note)
    named = (await lookup.resolve(desk, loan)).loan
    there = await _unresolved_of_kind(desk, named.id, kind)
    if there is not None:
        by = await _slack_id(desk, there.taken_by_id or there.by_id)
        raise Conflict("escalation_there", loan=named.number, escalation=kind, who=by, at=there.raised_at)
    about = await desk.session.get_one(Member, named.owner_id) if named.owner_id else desk.member
    row, told = await _raise(desk, named, kind, about, by=desk.member, note=note)
    return await _changed(desk, row, "raise_escalation", told=told)


async def escalate_after_attempt(desk: Desk, loan: Loan, follow_up_id: UUID, attempts: int, holder_id: UUID) -> bool:
    """Escalate a locked loan if that many fruitless calls about one follow-up are the last; return whether it was."""
    kind = raised_by_attempts(attempts)
    return kind is not None and await _raise_by_rule(desk, loan, kind, f"{kind}:{follow_up_id}", holder_id)


async def escalate_after_broken_promise(desk: Desk, loan: Loan, promise_id: UUID, broken: int) -> bool:
    """Escalate a loan if that many of its promises are broken, the last of which is this; return whether it was."""
    kind = raised_by_broken_promises(broken)
    if kind is None or loan.owner_id is None:
        return False
    return await _raise_by_rule(desk, loan, kind, f"{kind}:{promise_id}", loan.owner_id)


async def escalate_missed_step(desk: Desk, loan: Loan, step_id: UUID, day: date, holder_id: UUID) -> bool:
    """Escalate a locked loan if nobody said what became of a step that was planned for that day; return whether it was."""
    kind = raised_by_missed_steps()
    return kind is not None and await _raise_by_rule(desk, loan, kind, f"{kind}:{step_id}:{day}", holder_id)


async def take_escalation(desk: Desk, escalation_id: UUID, version: int) -> EscalationChanged:
    """Take an escalation on: the acting member decides what happens.

    Raises NotAllowed (`role_missing`), NotFound (`unknown_escalation`), Conflict (`escalation_taken`, `escalation_resolved`,
    with who and when; `escalation_changed`).
    """
    row = await _lock(desk, escalation_id, "take_escalation")
    if row.state == "taken":
        raise Conflict("escalation_taken", who=await _slack_id(desk, row.taken_by_id), at=row.taken_at)
    _require_version(row, version)
    track(desk, row)
    row.state, row.taken_by_id, row.taken_at, row.next_level_at = "taken", desk.member.id, desk.now, None
    return await _changed(desk, row, "take_escalation")


async def hand_back_escalation(desk: Desk, escalation_id: UUID, version: int) -> EscalationChanged:
    """Hand an escalation back that a manager has taken on: it waits again, and the second level hears later unless it has.

    Raises as `take_escalation` does, and Conflict (`escalation_open`).
    """
    row = await _lock(desk, escalation_id, "take_escalation")
    if row.state == "open":
        raise Conflict("escalation_open")
    _require_version(row, version)
    about = await desk.session.get_one(Member, row.about_member_id)
    track(desk, row)
    row.state, row.taken_by_id, row.taken_at = "open", None, None
    row.next_level_at = await _next_level_at(desk, row.kind, about) if row.level == 1 else None
    return await _changed(desk, row, "hand_back_escalation")


async def resolve_escalation(desk: Desk, escalation_id: UUID, version: int, note: str) -> EscalationChanged:
    """Resolve an escalation, also one that nobody has taken on, with what was decided; tell the member who raised it.

    Raises as `take_escalation` does, and Invalid (`resolution_missing`, `note_too_long`).
    """
    row = await _lock(desk, escalation_id, "take_escalation")
    _require_version(row, version)
    if not note.strip():
        raise Invalid("resolution_missing")
    check_note(note)
    track(desk, row)
    row.state, row.resolved_by_id, row.resolved_at, row.next_level_at = "resolved", desk.member.id, desk.now, None
    row.resolution_cipher = desk.cipher.encrypt_optional(Escalation.resolution_cipher, row.id, note)
    await _tell_author(desk, row)
    return await _changed(desk, row, "resolve_escalation")


async def escalation_to_resolve(desk: Desk, escalation_id: UUID) -> EscalationView:
    """Return an escalation for the form that resolves it. Raises as `take_escalation` does."""
    return (await _views(desk, [await _lock(desk, escalation_id, "take_escalation")]))[0]


async def unresolved_on(desk: Desk, loan_id: UUID) -> tuple[EscalationView, ...]:
    """Return the escalations of a loan that nobody has resolved, the earliest first."""
    return await _views(desk, await escalations.unresolved_of_loan(desk.session, loan_id))


def sounds_like(desk: Desk, *notes: str) -> str | None:
    """Return the kind of escalation that one of these notes sounds like and that the acting member may raise, or None."""
    if not allows(desk.member, "raise_escalation"):
        return None
    return next((kind for note in notes if (kind := heard_in(note)) is not None), None)


async def waiting_for(desk: Desk, member: Member) -> WaitingEscalations:
    """Return what waits for that member: what they have taken on, what is on loans of members whom they manage now, and as one of
    the second level that of which it was told. Nothing for a member who may take none on."""
    if not allows(member, "take_escalation"):
        return NO_ESCALATIONS
    rows = await escalations.unresolved(desk.session, desk.workspace.id, limit=BATCH)
    if not rows:
        return NO_ESCALATIONS
    on = await loans.by_ids(desk.session, {row.loan_id for row in rows})
    about = {row.id: on[row.loan_id].owner_id or row.about_member_id for row in rows}
    managers = await managers_for_each(desk, (await members.by_ids(desk.session, set(about.values()))).values())
    is_second = member.id in {each.id for each in await second_level(desk)}

    def concerns(row: Escalation) -> bool:
        if row.taken_by_id is not None:
            return row.taken_by_id == member.id
        return member.id in {each.id for each in managers[about[row.id]]} or (is_second and row.level > 1)

    mine = [row for row in rows if concerns(row)]
    return WaitingEscalations(await _views(desk, mine[:LISTED]), len(mine[LISTED:]))


async def second_level_due(desk: Desk) -> list[list[UUID]]:
    """Return what `tell_second_level` would tell of, each apart."""
    return [[row_id] for row_id in await escalations.due(desk.session, desk.workspace.id, desk.now, limit=BATCH)]


async def tell_second_level(desk: Desk, only: Collection[UUID] | None = None) -> int:
    """Tell the second level once of each escalation that no manager has taken on in time (of `only` these); return how many."""
    rows = await escalations.take(desk.session, desk.workspace.id, desk.now, limit=BATCH, only=only)
    readers = await second_level(desk) if rows else []
    for row in rows:
        for reader in readers:
            await queue_notice(
                desk,
                kind=kinds.ESCALATION_UNANSWERED,
                key=f"{_key(row)}:{reader.id}:2",
                to=reader,
                about_loan_id=row.loan_id,
                about_member_id=row.about_member_id,
                facts={"escalation": str(row.id)},
            )
        await _touch(desk, row)
        desk.audit("second_level", loan_id=row.loan_id, subject_id=row.id)
    return len(rows)


async def escalation_now(desk: Desk, escalation_id: UUID) -> EscalationView | None:
    """Return what the message about an escalation shows now; None for one that is gone or was undone."""
    row = await desk.session.get(Escalation, escalation_id)
    if row is None or row.undone_at is not None:
        return None
    return (await _views(desk, [row]))[0]


@corrects_after_undo(Escalation)
async def rewrite_messages(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Rewrite the messages that show an escalation as the Undo leaves it."""
    await desk.session.flush()
    for each in rows:
        await _touch(desk, each.row)


async def _raise_by_rule(desk: Desk, loan: Loan, kind: str, trigger: str, about_id: UUID) -> bool:
    if await _unresolved_of_kind(desk, loan.id, kind) or await escalations.was_raised(desk.session, loan.id, trigger):
        return False
    about = await desk.session.get_one(Member, loan.owner_id or about_id)
    await _raise(desk, loan, kind, about, trigger=trigger)
    return True


async def _raise(
    desk: Desk,
    loan: Loan,
    kind: str,
    about: Member,
    *,
    by: Member | None = None,
    note: str = "",
    trigger: str | None = None,
) -> tuple[Escalation, bool]:
    """Write the escalation of a locked loan and tell the managers; return whether one besides the acting member hears."""
    row_id = new_id()
    row = Escalation(
        id=row_id,
        workspace_id=desk.workspace.id,
        loan_id=loan.id,
        kind=kind,
        about_member_id=about.id,
        by_id=by.id if by else None,
        rule_trigger=trigger,
        raised_at=desk.now,
        note_cipher=desk.cipher.encrypt_optional(Escalation.note_cipher, row_id, note),
        next_level_at=await _next_level_at(desk, kind, about),
    )
    create(desk, row)
    await desk.session.flush()
    told = await notify_managers(
        desk,
        about,
        kind=kinds.ESCALATION_RAISED,
        key=_key(row),
        loan=loan,
        facts={"escalation": str(row.id)},
    )
    if by is None:
        desk.audit("raise_escalation", loan_id=loan.id, subject_id=row.id, kind=kind, rule=True)
    return row, told


async def _tell_author(desk: Desk, row: Escalation) -> None:
    """Tell who raised an escalation that it is resolved, if they still see the loan and did not resolve it themselves."""
    if row.by_id is None or row.by_id == desk.member.id:
        return
    author = await desk.session.get_one(Member, row.by_id)
    if is_at_desk(author) and await lookup.may_see_as(desk, author, row.loan_id):
        await queue_notice(
            desk,
            kind=kinds.ESCALATION_RESOLVED,
            key=f"{_key(row)}:resolved:{row.version}",
            to=author,
            about_loan_id=row.loan_id,
            about_member_id=author.id,
            facts={"escalation": str(row.id)},
        )


async def _next_level_at(desk: Desk, kind: str, about: Member) -> datetime:
    after = escalation_kinds()[kind].second_level_after // timedelta(minutes=1)
    return add_working_minutes(desk.now, after, hours_of(desk, about), await calendar_of(desk))


async def _unresolved_of_kind(desk: Desk, loan_id: UUID, kind: str) -> Escalation | None:
    rows = await escalations.unresolved_of_loan(desk.session, loan_id)
    return next((row for row in rows if row.kind == kind), None)


async def _lock(desk: Desk, escalation_id: UUID, act: str) -> Escalation:
    """Return an escalation that is not resolved, with its loan locked."""
    require_role(desk, act)
    row = await desk.session.get(Escalation, escalation_id)
    if row is None or row.undone_at is not None or not await lookup.may_see(desk, row.loan_id):
        raise NotFound("unknown_escalation")
    await loans.lock(desk.session, row.loan_id)
    await desk.session.refresh(row)
    if row.undone_at is not None:
        raise NotFound("unknown_escalation")
    if row.state == "resolved":
        raise Conflict("escalation_resolved", who=await _slack_id(desk, row.resolved_by_id), at=row.resolved_at)
    return row


def _require_version(row: Escalation, version: int) -> None:
    if row.version != version:
        raise Conflict("escalation_changed")


def _key(row: Escalation) -> str:
    return f"escalated:{row.id}"


async def _touch(desk: Desk, row: Escalation) -> None:
    told = await notices.ids_of_family(desk.session, desk.workspace.id, _key(row))
    await notices.touch(desk.session, told, desk.now)


async def _slack_id(desk: Desk, member_id: UUID | None) -> str | None:
    return (await members.by_ids(desk.session, [member_id]))[member_id].slack_user_id if member_id else None


def _people(rows: Sequence[Escalation]) -> set[UUID]:
    return {each for row in rows for each in (row.by_id, row.taken_by_id, row.resolved_by_id) if each is not None}


async def _views(desk: Desk, rows: Sequence[Escalation]) -> tuple[EscalationView, ...]:
    people = await members.by_ids(desk.session, _people(rows)) if rows else {}
    on = await loans.by_ids(desk.session, {row.loan_id for row in rows}) if rows else {}

    def who(member_id: UUID | None) -> str | None:
        return people[member_id].name if member_id is not None else None

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
            )
            for row in rows
        ]
    )


async def _changed(desk: Desk, row: Escalation, act: str, *, told: bool = True) -> EscalationChanged:
    desk.audit(act, loan_id=row.loan_id, subject_id=row.id, kind=row.kind)
    await desk.session.flush()
    if act != "raise_escalation":
        await _touch(desk, row)
    (view,) = await _views(desk, [row])
    return EscalationChanged(
        view,
        offer_undo(desk, act, loan_id=row.loan_id),
        told,
        may_see_playbook=has_role_for(desk.member, "see_playbook"),
    )
