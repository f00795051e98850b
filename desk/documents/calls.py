"""Place, put off and finish the calls that ask a borrower for documents."""

from collections.abc import Sequence
from typing import NamedTuple

from desk.core.changes import track
from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups import chasing, lifecycle
from desk.follow_ups.chasing import Paper
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.loans.views import PlannedView, planned_view
from storage.queries.documents import documents
from storage.tables import DocumentRequest, FollowUp, Loan


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A call that was planned or moved because of documents, and what it asks for."""

    planned: PlannedView
    asks_for: tuple[Paper, ...]


class Placing(NamedTuple):
    """The call that asks for documents, and its plan if it was planned or brought forward now."""

    call: FollowUp | None
    planned: PlannedFollowUp | None


async def place_call(desk: Desk, loan: Loan, by: Due | None) -> Placing:
    """Return a call that asks at `by`, or without a date by rule, or earlier."""
    wanted = by or await chasing.rule_due(desk, loan)
    call = await chasing.chasing_call(desk, loan, wanted)
    if call is None:
        planned = await chasing.plan(desk, loan, by)
        return Placing(planned.follow_up if planned else None, planned)
    track(desk, call)  # so that Undo of what planned it conflicts: these would lose their call
    return Placing(call, await chasing.bring_forward(desk, call, wanted))


async def ask_again(desk: Desk, loan: Loan, requests: Sequence[DocumentRequest]) -> list[PlannedFollowUp]:
    """Let a call ask for these again: at their date, or by rule when they have none or it has passed."""
    rows = {row.id: row for row in await chasing.open_calls(desk, loan)}
    planned: list[PlannedFollowUp] = []
    for request in requests:
        due = chasing.due_of(request)
        if due is not None and chasing.is_past(desk, due):
            due = None
        asking = rows.get(request.follow_up_id) if request.follow_up_id else None
        call = asking or next(iter(rows.values()), None)
        if call is None:
            placed = await chasing.plan(desk, loan, due)
        else:
            placed = await chasing.bring_forward(desk, call, due or await chasing.rule_due(desk, loan))
        if placed is not None:
            call = placed.follow_up
            planned = [each for each in planned if each.follow_up is not call] + [placed]
            rows[call.id] = call
        if call is not None:
            chasing.link(desk, [request], call)
    return planned


async def put_off(desk: Desk, loan: Loan, requests: Sequence[DocumentRequest]) -> list[PlannedFollowUp]:
    """Put off the calls about these requests to the earliest date of what is left."""
    asking = {request.follow_up_id for request in requests}
    calls = [row for row in await chasing.open_calls(desk, loan) if row.id in asking]
    return [placed for call in calls if (placed := await chasing.put_off(desk, loan, call))]


async def placed_call(desk: Desk, loan: Loan, placed: PlannedFollowUp) -> PlacedCall:
    papers = await chasing.papers_of(desk, loan, placed.follow_up)
    return PlacedCall(planned=planned_view(desk, loan, placed), asks_for=papers)


async def finish_asking(desk: Desk, loan: Loan, requests: Sequence[DocumentRequest]) -> list[FollowUp]:
    """Finish the calls about these requests that no longer ask for an open document."""
    asking = await chasing.open_calls(desk, loan)
    waiting = {
        request.follow_up_id
        for item, request in await documents.open_with_requests(desk.session, loan.id)
        if request.follow_up_id is not None or item.state in documents.TO_BRING  # without a call it came unasked
    }
    if waiting - {f.id for f in asking}:
        return []  # an open document has no call of its own any more: the others ask for it too
    finished = {request.follow_up_id for request in requests} - waiting
    done = [f for f in asking if f.id in finished]
    for follow_up in done:
        lifecycle.close(desk, follow_up, "done")
    return done
