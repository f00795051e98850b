"""Steps beyond calls about arrears, such as a letter or a visit: planned for a day or recorded, moved, done, cancelled, stopped
when nothing is past due any more, and escalated when their day is over and nobody said what became of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import field, replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core import unreadable
from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.values import Due, LoanRef, PersonRef
from desk.follow_ups import escalation_rules
from desk.follow_ups.lifecycle import check_note, schedule_for
from desk.loans import lookup
from desk.loans.views import LoanView, loan_view, slack_ids
from desk.messages import kinds
from desk.messages.notices import Announcement, queue_notice, remind_acting
from desk.people.members import acting_for, find_member, hours_of, require_caller, today_of
from desk.people.relations import require_may_act
from desk.rules.collection_steps import STEPS
from desk.rules.reminders import Schedule
from desk.rules.working_time import day_bounds
from storage.engine.types import new_id
from storage.queries.follow_ups import collection_steps
from storage.queries.loans import loans
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import CollectionStep, Loan, Member, Undo

BATCH = 500

SHOWN = 5
"""How many steps a card shows, the latest."""

_NOT_PAID_OUT = frozenset({"inquiry", "application", "approved", "declined", "signed", "withdrawn"})


@dataclass(frozen=True, slots=True)
class StepView:
    """A step. `who` is the Slack id of the member who does it; `late`: its day is over and it is still planned. `stopped_by` is
    what cancelled it without a member."""

    id: UUID
    version: int
    kind: str
    state: str
    day: date
    who: str
    late: bool
    stopped_by: str | None
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StepChanged:
    """A step that was planned or recorded, moved from another day, or of which it was said what became."""

    loan: LoanView
    step: StepView
    undo_id: UUID
    moved_from: date | None = None


@dataclass(frozen=True, slots=True)
class StepOfDay:
    """A step that is to be taken by a day, on the loan of that number."""

    number: str
    loan_id: UUID
    step: StepView


@dataclass(frozen=True, slots=True)
class StepNotice:
    """A step to remind of, or one that was stopped. `reader` is the Slack id of who is to act."""

    loan: LoanView
    reader: str
    step: StepView


async def enter_step(
    desk: Desk, *, loan: LoanRef, kind: str, done: bool, on: date, who: PersonRef | None, note: str
) -> StepChanged:
    """Plan a step for a day, or record one that is done; by default it is the acting member's.

    Raises NotAllowed (`role_missing`), Invalid (`step_past`, `step_ahead`, `due_after_work`, `no_working_day`,
    `note_too_long`, `cannot_take_calls`), Conflict (`step_before_disbursement`), and as `lookup.resolve` and `find_member` do.
    """
    require_role(desk, "enter_step")
    member = await find_member(desk, who) if who else desk.member
    require_caller(member)
    check_note(note)
    if kind not in STEPS:
        raise NotFound("unknown_step")
    named = (await lookup.resolve(desk, loan)).loan
    if named.stage in _NOT_PAID_OUT:
        raise Conflict("step_before_disbursement", loan=named.number, stage=named.stage)
    if done and on > desk.workspace_today:
        raise Invalid("step_ahead", given=on)
    schedule = None if done else await _schedule(desk, member, on)
    row_id = new_id()
    row = create(
        desk,
        CollectionStep(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=named.id,
            kind=kind,
            state="done" if done else "planned",
            day=on,
            assignee_id=member.id,
            note_cipher=desk.cipher.encrypt_optional(CollectionStep.note_cipher, row_id, note),
            remind_at=schedule.remind_at if schedule else None,
            escalate_at=schedule.escalate_at if schedule else None,
            by_id=desk.member.id,
            at=desk.now,
        ),
    )
    return await _changed(desk, named, row, "enter_step")


async def settle_step(desk: Desk, step_id: UUID, version: int, state: str) -> StepChanged:
    """Record that a planned step was done today or is cancelled.

    Raises NotAllowed (`role_missing`, `others_may_act`), NotFound (`unknown_step`), Conflict (`step_changed`).
    """
    loan, row = await _planned(desk, step_id, version)
    track(desk, row)
    row.state, row.remind_at, row.escalate_at = ("done" if state == "done" else "cancelled"), None, None
    if row.state == "done":
        row.day = desk.workspace_today
    await escalation_rules.settle_missed_step(desk, loan.id, row.id)
    return await _changed(desk, loan, row, "settle_step")


async def move_step(desk: Desk, step_id: UUID, version: int, on: date) -> StepChanged:
    """Move a planned step to another day; who is to take it is reminded that day.

    Raises as `settle_step` does, and Invalid (`step_same_day`, `step_past`, `due_after_work`, `no_working_day`).
    """
    loan, row = await _planned(desk, step_id, version)
    if on == row.day:
        raise Invalid("step_same_day", given=on)
    schedule = await _schedule(desk, await desk.session.get_one(Member, row.assignee_id), on)
    track(desk, row)
    before, row.day = row.day, on
    row.remind_at, row.escalate_at = schedule.remind_at, schedule.escalate_at
    await escalation_rules.settle_missed_step(desk, loan.id, row.id)
    return replace(await _changed(desk, loan, row, "move_step"), moved_from=before)


async def step_to_move(desk: Desk, step_id: UUID) -> tuple[LoanView, StepView]:
    """Return a planned step for the form that moves it. Raises as `settle_step` does."""
    loan, row = await _planned(desk, step_id, None)
    (view,) = await _views(desk, [row])
    return await loan_view(desk, loan), view


async def _planned(desk: Desk, step_id: UUID, version: int | None) -> tuple[Loan, CollectionStep]:
    """Return a planned step and its loan, locked, if it is as the button says that was pressed."""
    require_role(desk, "change_step")
    row = await desk.session.get(CollectionStep, step_id)
    if row is None or row.undone_at is not None or not await lookup.may_see(desk, row.loan_id):
        raise NotFound("unknown_step")
    loan = await loans.lock(desk.session, row.loan_id)
    await desk.session.refresh(row)
    if row.undone_at is not None:
        raise NotFound("unknown_step")
    await require_may_act(desk, "change_step", row, loan)
    if row.state != "planned" or version not in (None, row.version):
        raise Conflict("step_changed", loan=loan.number)
    return loan, row


async def _schedule(desk: Desk, member: Member, on: date) -> Schedule:
    """Return when a step of that day is reminded of and escalated. Raises Invalid as `move_step` does."""
    if on < today_of(desk, member):
        raise Invalid("step_past", given=on)
    return await schedule_for(desk, Due(on), hours_of(desk, await acting_for(desk, member, on)))


async def stop_steps(desk: Desk, loan: Loan, why: str) -> None:
    """Cancel the planned steps of a locked loan: nothing is past due any more, its instalments are paused, or it ended.

    Those who were to take them are told, but not the acting member.
    """
    for row in await collection_steps.planned_of_loans(desk.session, [loan.id]):
        track(desk, row)
        row.state, row.stopped_by, row.remind_at, row.escalate_at = "cancelled", why, None, None
        await escalation_rules.settle_missed_step(desk, loan.id, row.id)
        await _touch(desk, row)
        member = await desk.session.get_one(Member, row.assignee_id)
        reader = await acting_for(desk, member, today_of(desk, member))
        if desk.actor is None or reader.id != desk.actor.id:
            await queue_notice(
                desk,
                kind=kinds.COLLECTION_STEP,
                key=f"step_stopped:{row.id}:{row.version}",
                to=reader,
                about_loan_id=loan.id,
                facts={"step": str(row.id)},
            )


async def hand_over_steps(desk: Desk, found: Iterable[Loan], outgoing: Member, to: Member) -> None:
    """Give `to` the planned steps on these loans that were `outgoing`'s; before they are paid out, loans have none."""
    loan_ids = [loan.id for loan in found if loan.stage not in _NOT_PAID_OUT]
    rows = await collection_steps.planned_of_loans(desk.session, loan_ids) if loan_ids else []
    for row in rows:
        if row.assignee_id == outgoing.id:
            track(desk, row).assignee_id = to.id


async def takes_steps(desk: Desk, member: Member) -> bool:
    """Return whether the member is to take any step."""
    return bool(await collection_steps.planned_of_member(desk.session, member.id))


async def hand_over_all_steps(desk: Desk, outgoing: Member, parts: Sequence[tuple[Member, Collection[UUID]]]) -> None:
    """Give away all planned steps that were `outgoing`'s: to who gets that loan's part, else, on a loan of others that is in no
    part, to who gets the first."""
    takers = {loan_id: to.id for to, loan_ids in parts for loan_id in loan_ids}
    for row in await collection_steps.planned_of_member(desk.session, outgoing.id):
        if row.assignee_id == outgoing.id:
            track(desk, row).assignee_id = takers.get(row.loan_id, parts[0][0].id)


async def steps_of(desk: Desk, loan_id: UUID) -> tuple[StepView, ...]:
    """Return the last steps on a loan, the latest first."""
    return await _views(desk, await collection_steps.of_loan(desk.session, loan_id, limit=SHOWN))


async def steps_of_day(desk: Desk, people: Collection[Member], on: date) -> tuple[StepOfDay, ...]:
    """Return the steps that these members are to take by that day, the earliest first."""
    rows = await collection_steps.planned_until(desk.session, [each.id for each in people], on)
    on_loans = await loans.by_ids(desk.session, {row.loan_id for row in rows}) if rows else {}
    views = await _views(desk, rows) if rows else ()
    return tuple(
        StepOfDay(on_loans[row.loan_id].number, row.loan_id, view) for row, view in zip(rows, views, strict=True)
    )


async def steps_due(desk: Desk) -> list[list[UUID]]:
    """Return what `remind_of_steps` would remind of, each apart."""
    return [[row_id] for row_id in await collection_steps.due(desk.session, desk.workspace.id, desk.now, limit=BATCH)]


async def remind_of_steps(desk: Desk, only: Collection[UUID] | None = None) -> int:
    """Remind who is to take a step today (of `only` these, if given), once; return how many."""
    rows = await collection_steps.take(desk.session, desk.workspace.id, desk.now, limit=BATCH, only=only)
    people = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    await remind_acting(
        desk,
        [
            Announcement(
                kind=kinds.COLLECTION_STEP,
                key=f"{_key(row)}:{row.version}",
                to=people[row.assignee_id],
                about_loan_id=row.loan_id,
                facts={"step": str(row.id)},
                arose_at=day_bounds(row.day, ZoneInfo(desk.workspace.zone))[0],
            )
            for row in rows
        ],
    )
    return len(rows)


async def steps_missed(desk: Desk) -> list[list[UUID]]:
    """Return what `escalate_steps` would escalate, each apart."""
    due = await collection_steps.missed(desk.session, desk.workspace.id, desk.now, limit=BATCH)
    return [[row_id] for row_id in due]


async def escalate_steps(desk: Desk, only: Collection[UUID] | None = None) -> int:
    """Escalate each step (of `only` these) whose day is over, once; return how many."""
    if only is None:
        only = await collection_steps.missed(desk.session, desk.workspace.id, desk.now, limit=BATCH)
    # Who settles a step locks its loan and then its row, so that is the order here too: what they settle is not taken.
    await loans.lock_all(desk.session, await collection_steps.loans_of(desk.session, only))
    rows = await collection_steps.take_missed(desk.session, desk.workspace.id, desk.now, limit=BATCH, only=only)
    on = await loans.by_ids(desk.session, {row.loan_id for row in rows})
    for row in rows:
        if row.undone_at is not None:
            continue
        await escalation_rules.escalate_missed_step(desk, on[row.loan_id], row.id, row.day, row.assignee_id)
    return len(rows)


async def step_notice(desk: Desk, step_id: UUID, reader: Member) -> StepNotice | None:
    """Return what the message about a step shows now; None for one that is gone or was undone."""
    row = await desk.session.get(CollectionStep, step_id)
    if row is None or row.undone_at is not None:
        return None
    (view,) = await _views(desk, [row])
    return StepNotice(await loan_view(desk, await desk.session.get_one(Loan, row.loan_id)), reader.slack_user_id, view)


@corrects_after_undo(CollectionStep)
async def rewrite_step_messages(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Rewrite the messages that show a step as the Undo leaves it."""
    await desk.session.flush()
    for each in rows:
        await _touch(desk, each.row)


def _key(row: CollectionStep) -> str:
    return f"step:{row.id}"


async def _touch(desk: Desk, row: CollectionStep) -> None:
    told = await notices.ids_of_family(desk.session, desk.workspace.id, _key(row))
    await notices.touch(desk.session, told, desk.now)


async def _changed(desk: Desk, loan: Loan, row: CollectionStep, act: str) -> StepChanged:
    desk.audit(act, loan_id=loan.id, subject_id=row.id, kind=row.kind, state=row.state)
    await desk.session.flush()
    await _touch(desk, row)
    (view,) = await _views(desk, [row])
    return StepChanged(await loan_view(desk, loan), view, offer_undo(desk, act, loan_id=loan.id))


async def _views(desk: Desk, rows: Sequence[CollectionStep]) -> tuple[StepView, ...]:
    people = await slack_ids(desk, (row.assignee_id for row in rows))
    return tuple(
        StepView(
            id=row.id,
            version=row.version,
            kind=row.kind,
            state=row.state,
            day=row.day,
            who=people[row.assignee_id],
            late=row.state == "planned" and row.day < desk.workspace_today,
            stopped_by=row.stopped_by,
            note=unreadable.read(desk, CollectionStep.note_cipher, row),
        )
        for row in rows
    )
