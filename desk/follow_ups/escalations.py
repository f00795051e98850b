"""Escalations of a loan to its managers: raised by a member, taken on, handed back, resolved; the second level hears once of what
no manager has taken on. `escalation_rules` has what rules raise."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import allows, has_role_for, require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.values import LoanRef
from desk.follow_ups.escalation_views import EscalationView, escalation_views
from desk.follow_ups.lifecycle import check_note
from desk.loans import lookup
from desk.messages import kinds
from desk.messages.manager_notices import notify_managers
from desk.messages.notices import queue_notice
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, is_at_desk, second_level
from desk.rules.escalations import chosen_kinds, escalation_kinds, heard_in
from desk.rules.working_time import add_working_minutes
from storage.engine.types import mark_of, new_id
from storage.queries.follow_ups import escalations
from storage.queries.loans import loans
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import Call, Escalation, FollowUp, Loan, Member, Undo

BATCH = 100

REPEATED_WITHIN = timedelta(days=14)
"""How long after a restore from a backup a rule may raise again what it had raised before: members do again what was lost, and a
call that is announced again leaves time to act, also over holidays."""


@dataclass(frozen=True, slots=True)
class EscalationChanged:
    """An escalation that was raised, taken on, handed back or resolved. `told`: a manager besides the acting member hears.
    `may_see_playbook`: the acting member may see what to do."""

    escalation: EscalationView
    undo_id: UUID
    told: bool = True
    may_see_playbook: bool = False


async def raise_escalation(desk: Desk, *, loan: LoanRef, kind: str, note: str = "") -> EscalationChanged:
    """Escalate a loan to the managers of its owner, or of the acting member if it has none.

    Raises NotAllowed (`role_missing`), Conflict (`escalation_there`: one of that kind is not resolved yet), Invalid
    (`escalation_unknown`, `note_too_long`), and as `lookup.resolve` does.
    """
    require_role(desk, "raise_escalation")
    if kind not in chosen_kinds():
        raise Invalid("escalation_unknown", given=kind)
    check_note(note)
    named = (await lookup.resolve(desk, loan)).loan
    there = await unresolved_of_kind(desk, named.id, kind)
    if there is not None:
        by = await _slack_id(desk, there.taken_by_id or there.by_id)
        raise Conflict("escalation_there", loan=named.number, escalation=kind, who=by, at=there.raised_at)
    about = await desk.session.get_one(Member, named.owner_id) if named.owner_id else desk.member
    row, told = await raise_on(desk, named, kind, about, by=desk.member, note=note)
    return await _changed(desk, row, "raise_escalation", told=told)


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
    row.next_level_at = await next_level_at(desk, row.kind, about) if row.level == 1 else None
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
    return (await escalation_views(desk, [await _lock(desk, escalation_id, "take_escalation")]))[0]


def sounds_like(desk: Desk, *notes: str) -> str | None:
    """Return the kind of escalation that one of these notes sounds like and that the acting member may raise, or None."""
    if not allows(desk.member, "raise_escalation"):
        return None
    return next((kind for note in notes if (kind := heard_in(note)) is not None), None)


async def second_level_due(desk: Desk) -> list[list[UUID]]:
    """Return what `tell_second_level` would tell of, each apart."""
    return [[row_id] for row_id in await escalations.due(desk.session, desk.workspace.id, desk.now, limit=BATCH)]


async def tell_second_level(desk: Desk, only: Collection[UUID] | None = None) -> int:
    """Tell the second level once of each escalation that no manager has taken on in time (of `only` these); return how many."""
    rows = await escalations.take(desk.session, desk.workspace.id, desk.now, limit=BATCH, only=only)
    readers = await second_level(desk) if rows else []
    for row in rows:
        row.level = 2
        desk.add(row)
        shown = await desk.session.get(FollowUp, row.follow_up_id) if row.follow_up_id else None
        for reader in readers:
            await queue_notice(
                desk,
                kind=kinds.ESCALATION_UNANSWERED,
                key=f"{family_of(row)}:{reader.id}:2",
                to=reader,
                items=[shown] if shown else [],
                about_loan_id=row.loan_id,
                about_member_id=row.about_member_id,
                facts={"escalation": str(row.id)},
                arose_at=row.raised_at - REPEATED_WITHIN,
            )
        await rewrite(desk, row)
        desk.audit("second_level", loan_id=row.loan_id, subject_id=row.id)
    return len(rows)


@corrects_after_undo(Escalation)
async def rewrite_after_undo(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Rewrite the messages that show an escalation as the Undo leaves it."""
    await desk.session.flush()
    for each in rows:
        await rewrite(desk, each.row)


async def raise_on(
    desk: Desk,
    loan: Loan,
    kind: str,
    about: Member,
    *,
    by: Member | None = None,
    note: str = "",
    trigger: str | None = None,
    follow_up: FollowUp | None = None,
    call: Call | None = None,
    arose_at: datetime | None = None,
) -> tuple[Escalation, bool]:
    """Write an escalation of a loan and tell the managers of `about`; return whether one besides the acting member hears.

    `by` is None for a rule, which says what for in `trigger`: by that the message is found again if it was sent before the rows
    were restored from a backup. `follow_up` and `call` are what it is about, if it is about one.
    """
    row_id = await _id_of_rule(desk, trigger) if trigger else new_id()
    if trigger and arose_at is None:
        arose_at = desk.now - REPEATED_WITHIN
    row = Escalation(
        id=row_id,
        workspace_id=desk.workspace.id,
        loan_id=loan.id,
        kind=kind,
        about_member_id=about.id,
        by_id=by.id if by else None,
        rule_trigger=trigger,
        follow_up_id=follow_up.id if follow_up else None,
        call_id=call.id if call else None,
        raised_at=desk.now,
        note_cipher=desk.cipher.encrypt_optional(Escalation.note_cipher, row_id, note),
        next_level_at=await next_level_at(desk, kind, about),
    )
    create(desk, row)
    await desk.session.flush()
    told = await notify_managers(
        desk,
        about,
        kind=kinds.ESCALATION,
        key=family_of(row),
        loan=loan,
        items=[follow_up] if follow_up else [],
        facts={"escalation": str(row.id)},
        arose_at=arose_at,
    )
    if by is None:
        desk.audit("raise_escalation", loan_id=loan.id, subject_id=row.id, kind=kind, rule=True)
    return row, told


async def _id_of_rule(desk: Desk, trigger: str) -> UUID:
    """Return the id of what a rule raises for that cause. It survives the loss of the row; one that was undone keeps its own."""
    nth = 1
    while await desk.session.get(Escalation, row_id := mark_of(desk.workspace.id, f"escalation:{trigger}:{nth}")):
        nth += 1
    return row_id


async def _tell_author(desk: Desk, row: Escalation) -> None:
    """Tell who raised an escalation that it is resolved, if they still see the loan and did not resolve it themselves."""
    if row.by_id is None or row.by_id == desk.member.id:
        return
    author = await desk.session.get_one(Member, row.by_id)
    if is_at_desk(author) and await lookup.may_see_as(desk, author, row.loan_id):
        await queue_notice(
            desk,
            kind=kinds.ESCALATION_RESOLVED,
            key=f"{family_of(row)}:resolved:{row.version}",
            to=author,
            about_loan_id=row.loan_id,
            about_member_id=author.id,
            facts={"escalation": str(row.id)},
        )


async def next_level_at(desk: Desk, kind: str, about: Member) -> datetime:
    """Return when the second level hears of an escalation that no manager has taken on."""
    after = escalation_kinds()[kind].second_level_after // timedelta(minutes=1)
    return add_working_minutes(desk.now, after, hours_of(desk, about), await calendar_of(desk))


async def unresolved_of_kind(desk: Desk, loan_id: UUID, kind: str) -> Escalation | None:
    """Return the escalation of a loan for that reason that nobody has resolved, or None."""
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


def family_of(row: Escalation) -> str:
    """Return what the keys of all messages about an escalation begin with."""
    return f"escalation:{row.follow_up_id or row.loan_id}:{row.id}"


async def rewrite(desk: Desk, row: Escalation) -> None:
    """Have the messages that show an escalation rewritten."""
    told = await notices.ids_of_family(desk.session, desk.workspace.id, family_of(row))
    await notices.touch(desk.session, told, desk.now)


async def _slack_id(desk: Desk, member_id: UUID | None) -> str | None:
    return (await members.by_ids(desk.session, [member_id]))[member_id].slack_user_id if member_id else None


async def _changed(desk: Desk, row: Escalation, act: str, *, told: bool = True) -> EscalationChanged:
    desk.audit(act, loan_id=row.loan_id, subject_id=row.id, kind=row.kind)
    await desk.session.flush()
    if act != "raise_escalation":
        await rewrite(desk, row)
    (view,) = await escalation_views(desk, [row])
    return EscalationChanged(
        view,
        offer_undo(desk, act, loan_id=row.loan_id),
        told,
        may_see_playbook=has_role_for(desk.member, "see_playbook"),
    )
