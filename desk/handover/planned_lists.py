"""The lists behind the counts of a plan's preview: exactly the loans and follow-ups that it would move."""

from typing import Literal
from uuid import UUID

from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.follow_ups.due_lists import PAGE, DueList, rows_of
from desk.handover.plans import planned_rows
from desk.loans.lists import LoanList, loan_rows
from storage.queries.follow_ups.due_lists import Window
from storage.queries.loans import loans
from storage.queries.people.scopes import People

Counted = Literal["loans", "all", "late"]
"""What a count of a preview counts: loans, all open follow-ups, or the late ones."""


async def planned_list(desk: Desk, draft_id: UUID, what: Counted, *, offset: int = 0) -> LoanList | DueList:
    """Return a page of what a previewed request would move now.

    Loans are in the order of their ids, follow-ups the most urgent first.

    Raises as `plans.planned_rows` does, and NotAllowed (`role_missing`).
    """
    require_role(desk, "reassign")
    planned = await planned_rows(desk, draft_id)
    if what == "loans":
        page = planned.loan_ids[offset : offset + PAGE]
        found = await loans.by_ids(desk.session, page)
        rows = await loan_rows(desk, [found[loan_id] for loan_id in page])
        return LoanList(rows, len(planned.loan_ids), offset)
    held = [row for row in planned.follow_ups if what == "all" or row.late_at < desk.now]
    held.sort(key=lambda row: (row.late_at, row.id))
    ids = [row.id for row in held[offset : offset + PAGE]]
    rows = await rows_of(desk, Window(People.of(planned.givers), None, None, only=ids), limit=PAGE)
    return DueList(period=what, kind=None, whose=None, total=len(held), offset=offset, rows=rows)
