"""Ask again for documents that expire, while the loan needs them: once for each, before its last day."""

from collections.abc import Sequence

from desk.core.transaction import Desk
from desk.core.values import Due
from desk.documents import calls
from desk.documents.names import DocumentName, key_of
from desk.documents.requests import write_items, write_request
from desk.documents.steps import set_state
from desk.follow_ups import chasing, lifecycle, replanning, rule_plans
from desk.follow_ups.assignees import assignee_of
from desk.follow_ups.check_plans import product_of
from desk.rules.cadence import Rule
from desk.rules.stages import needed_valid
from storage.queries.documents import documents
from storage.queries.follow_ups import quiet_periods
from storage.queries.loans import terms
from storage.tables import DocumentItem, FollowUp, Loan, Member


async def ask_again(desk: Desk, loan: Loan, rule: Rule) -> None:
    """Request a new one of each document of a locked loan that expires soon, and let a call ask for it. What the loan needs no
    more, or has a newer one of, is only noted as seen."""
    rows = await documents.expiring(desk.session, loan.id, *replanning.days_of_expiry(desk, rule))
    if not rows or await quiet_periods.current(desk.session, loan.id, desk.workspace_today) is not None:
        return
    owner = await assignee_of(desk, loan, rule.assignee)
    if owner is None:
        return
    needed = await _needed(desk, loan)
    there = [item for item, _ in await documents.items_of_loan(desk.session, loan.id, documents.WANTED)]
    again = [row for row in rows if row.document in needed and not _is_replaced(desk, row, there)]
    for row in rows:
        row.expiry_seen_at = desk.now
        desk.add(row)
    if again:
        await _request(desk, loan, rule, again, owner)


async def end_unneeded(desk: Desk, loan: Loan) -> list[FollowUp]:
    """Cancel what the desk itself asked for again and the loan, at its new stage, needs no more. Return the calls that ended."""
    needed = await _needed(desk, loan)
    rows = [
        (item, request)
        for item, request in await documents.open_with_requests(desk.session, loan.id)
        if item.state == "requested" and item.changed_by_id is None and item.document not in needed
    ]
    for item, _ in rows:
        set_state(desk, item, "cancelled")
    return await calls.finish_asking(desk, loan, [request for _, request in rows]) if rows else []


async def _needed(desk: Desk, loan: Loan) -> tuple[str, ...]:
    known, _vehicle = await terms.of_loan(desk.session, loan.id)
    return needed_valid(loan.stage, await product_of(desk, known))


def _is_replaced(desk: Desk, old: DocumentItem, there: Sequence[DocumentItem]) -> bool:
    """Return whether there is another one of a document, still to come or valid for longer."""
    assert old.valid_until is not None
    return any(
        item.id != old.id
        and key_of(desk, item) == key_of(desk, old)
        and (item.valid_until is None or item.valid_until > old.valid_until)
        for item in there
    )


async def _request(desk: Desk, loan: Loan, rule: Rule, expiring: Sequence[DocumentItem], owner: Member) -> None:
    by_day = {row.valid_until: [each for each in expiring if each.valid_until == row.valid_until] for row in expiring}
    last = Due(max(desk.workspace_today, min(day for day in by_day if day is not None)))
    asking = (row for row in await chasing.open_calls(desk, loan) if not chasing.is_later(lifecycle.due_of(row), last))
    call = next(asking, None)
    if call is None:
        planned = await rule_plans.plan_expiry(desk, loan, rule, expiring[0].id)
        call = planned.follow_up if planned is not None else None
    for day, rows in by_day.items():
        by = Due(day) if day is not None and day >= desk.workspace_today else None
        request = write_request(desk, loan, by, call, requester=owner)
        write_items(desk, request, [DocumentName(row.document) for row in rows])
    codes = [row.document for row in expiring]
    desk.audit("documents", loan_id=loan.id, subject_id=expiring[0].id, step="expiry", documents=codes)


replanning.ASK_AGAIN.append(ask_again)
