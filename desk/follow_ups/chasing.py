"""The chasing call: the follow-up that asks a borrower for requested documents, at the earliest date of any of them.

Only a call that the documents themselves placed is put off when its documents come. One that a person planned or moved, or
that waits for another attempt, is never put off; it is at most brought forward.
"""

from collections.abc import Collection, Sequence
from dataclasses import field
from datetime import UTC, datetime
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import track
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups import assignees, lifecycle, rule_plans
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.people.relations import may_act
from storage.queries.documents import documents
from storage.queries.follow_ups import follow_ups
from storage.tables import DocumentItem, DocumentRequest, FollowUp, Loan, Member

PURPOSE = "documents"
"""The purpose of the calls that ask for documents."""

_NO_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that the borrower is still to bring, due at `by`. `words` name one of the code `other`. `late`: its date has
    passed."""

    code: str
    words: str = field(repr=False)
    by: Due | None
    late: bool = False


async def chasing_call(desk: Desk, loan: Loan, wanted: Due) -> FollowUp | None:
    """Return the open call that can ask for a document wanted by then and that the acting member may move.

    A call that asks for documents already comes before one that a rule planned, and that before one that a person planned, of
    which only one that is not later than `wanted` will do.
    """
    rows = await open_calls(desk, loan)
    asking = await _asking(desk, loan, rows)
    for row in sorted(
        rows, key=lambda row: (row.id not in asking, row.rule is None, row.assignee_id != desk.member.id)
    ):
        if row.id not in asking and row.rule is None and is_later(lifecycle.due_of(row), wanted):
            continue
        if await may_act(desk, "move_follow_up", row, loan):
            return row
    return None


async def open_calls(desk: Desk, loan: Loan) -> list[FollowUp]:
    """Return the open calls about documents, most urgent first."""
    return [row for row in await follow_ups.open_of_loan(desk.session, loan.id) if row.purpose == PURPOSE]


async def plan(desk: Desk, loan: Loan, due: Due | None, *, answered: FollowUp | None = None) -> PlannedFollowUp | None:
    """Plan a chasing call: at `due`, by who made the answered call; without `due` by the rule for documents.

    Raises what `lifecycle.plan` raises. None when no member could make the call.
    """
    if due is None:
        return await rule_plans.plan_documents(desk, loan)
    assignee = await assignees.assignee_of_next(desk, loan, answered)
    return await lifecycle.plan(desk, loan, purpose=PURPOSE, assignee=assignee, due=due, rule=rule_plans.DOCUMENTS)


async def rule_due(desk: Desk, loan: Loan) -> Due:
    """Return when a document that has no date is asked for."""
    rule = rule_plans.documents_rule(desk)
    assignee = await assignees.assignee_of(desk, loan, rule.assignee) or desk.member
    return await rule_plans.due_by_rule(desk, rule, assignee)


async def bring_forward(desk: Desk, call: FollowUp, due: Due) -> PlannedFollowUp | None:
    """Move a call that is later than `due` to it; return None when it stays.

    Raises what `lifecycle.move` raises.
    """
    return await _move(desk, call, due) if is_later(lifecycle.due_of(call), due) else None


async def put_off(desk: Desk, loan: Loan, call: FollowUp) -> PlannedFollowUp | None:
    """Move a call that documents placed to the earliest date of those it still asks for; return None when it stays.

    It stays while one of them has no date, or one that has passed.
    """
    if call.rule != rule_plans.DOCUMENTS or call.attempts or call.state != "open":
        return None
    dues = [paper.by for paper in await papers_of(desk, loan, call)]
    to_come = [due for due in dues if due is not None and _is_to_come(desk, due)]
    if not to_come or len(to_come) < len(dues):
        return None
    earliest = min(to_come, key=_order)
    if not _is_later_day(earliest, lifecycle.due_of(call)):
        return None
    try:
        return await _move(desk, call, earliest)
    except Invalid:
        return None  # today's work is over: it is left where it is


async def continue_after(
    desk: Desk, loan: Loan, ended: FollowUp, *, asked_until: Due | None = None
) -> PlannedFollowUp | None:
    """Plan the next chasing call for what an ended call leaves to be brought, if a later date is agreed for any of it.

    `asked_until`: the ended call asked for what is due until then. Without it, it asked for what is due by today.
    """
    left = await documents.to_bring(desk.session, [loan.id], [ended.id])
    dues = [due_of(request) for _, request in left]
    later = [
        due
        for due in dues
        if due is not None
        and due.on > desk.workspace_today
        and (asked_until is None or _is_later_day(due, asked_until))
    ]
    if not later:
        return None
    earliest = min(later, key=_order)
    call = await chasing_call(desk, loan, earliest)
    planned = None if call else await plan(desk, loan, earliest, answered=ended)
    follow_up = call or (planned.follow_up if planned else None)
    if follow_up is not None:
        link(desk, {request.id: request for _, request in left}.values(), follow_up)
    return planned


def link(desk: Desk, requests: Collection[DocumentRequest], call: FollowUp) -> None:
    """Let a call ask for these requests' documents. Undo of what planned the call then conflicts: they would lose it."""
    track(desk, call)
    for request in requests:
        if request.follow_up_id != call.id:
            track(desk, request).follow_up_id = call.id


async def papers_of(desk: Desk, loan: Loan, call: FollowUp) -> tuple[Paper, ...]:
    """Return the documents that a call asks for, the earliest date first."""
    return (await papers_by_call(desk, [loan.id], [call.id])).get(call.id, ())


async def papers_by_call(
    desk: Desk, loan_ids: Collection[UUID], call_ids: Collection[UUID]
) -> dict[UUID, tuple[Paper, ...]]:
    """Return the documents that each of these calls asks for, the earliest date first."""
    found: dict[UUID, list[Paper]] = {}
    if not call_ids:
        return {}
    for item, request in await documents.to_bring(desk.session, loan_ids, call_ids):
        assert request.follow_up_id is not None
        words = unreadable.read(desk, DocumentItem.words_cipher, item)
        by = due_of(request)
        paper = Paper(item.document, words, by, late=by is not None and is_past(desk, by))
        found.setdefault(request.follow_up_id, []).append(paper)
    return {key: tuple(sorted(papers, key=_urgency)) for key, papers in found.items()}


def is_later(due: Due, other: Due) -> bool:
    """Return whether a due time comes after another; a date alone ends its day."""
    return _order(due) > _order(other)


def is_past(desk: Desk, due: Due) -> bool:
    """Return whether a document's date has passed."""
    return due.at < desk.now if due.at is not None else due.on < desk.workspace_today


def due_of(request: DocumentRequest) -> Due | None:
    """Return by when the documents of a request are to be brought."""
    return Due(on=request.due_on, at=request.due_at) if request.due_on else None


async def _move(desk: Desk, call: FollowUp, due: Due) -> PlannedFollowUp:
    assignee = await desk.session.get_one(Member, call.assignee_id)
    placed = call.rule == rule_plans.DOCUMENTS
    try:
        return await lifecycle.move(desk, call, due, assignee=assignee, keeps_hour=not placed)
    except Invalid as refused:
        if refused.code != "due_past" or due.at is not None:
            raise
        # The call's time of day has passed on that day, but the day has not.
        return await lifecycle.move(desk, call, due, assignee=assignee, keeps_hour=False)


async def _asking(desk: Desk, loan: Loan, rows: Sequence[FollowUp]) -> set[UUID]:
    """Return the ids of those that ask for documents."""
    if not rows:
        return set()
    return {
        request.follow_up_id
        for _, request in await documents.to_bring(desk.session, [loan.id], [row.id for row in rows])
        if request.follow_up_id is not None
    }


def _is_to_come(desk: Desk, due: Due) -> bool:
    return due.at > desk.now if due.at is not None else due.on >= desk.workspace_today


def _is_later_day(due: Due, other: Due) -> bool:
    """Return whether a due time is on a later day, or on the same one at a later time of day."""
    return due.on > other.on or (
        due.on == other.on and due.at is not None and other.at is not None and due.at > other.at
    )


def _order(due: Due) -> tuple[object, datetime]:
    return due.on, due.at or _NO_TIME


def _urgency(paper: Paper) -> tuple[bool, object]:
    return paper.by is None, _order(paper.by) if paper.by else ()
