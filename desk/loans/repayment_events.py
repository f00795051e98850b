"""What happened to a loan since its payout: payments, schedules, pauses, and the steps of its collection."""

from datetime import datetime

from desk.core import unreadable
from desk.core.transaction import Desk
from desk.loans.events import Event
from desk.loans.views import slack_ids
from storage.queries.follow_ups import collection_steps
from storage.queries.repayment import repayment
from storage.tables import CollectionStep, Loan, Payment, RepaymentPause

_REPAID = ("disbursed", "closed", "written_off")


async def repayment_events(desk: Desk, loan: Loan, *, limit: int) -> list[Event]:
    """Return the last events of each kind, in no order."""
    if not _was_repaid(loan):
        return []
    return [*await _steps(desk, loan, limit=limit), *await _money(desk, loan, limit=limit)]


def _was_repaid(loan: Loan) -> bool:
    """Return whether the loan may have any: most of the time before, it has none."""
    return loan.next_instalment_on is not None or loan.paused_from is not None or loan.stage in _REPAID


async def _steps(desk: Desk, loan: Loan, *, limit: int) -> list[Event]:
    rows = await collection_steps.of_loan(desk.session, loan.id, limit=limit)
    names = await slack_ids(desk, (row.assignee_id for row in rows))
    return [
        Event(
            id=row.id,
            kind="step",
            at=row.at,
            who=names[row.assignee_id],
            code=row.kind,
            note=unreadable.read(desk, CollectionStep.note_cipher, row),
            state=row.state,
            day=row.day,
        )
        for row in rows
    ]


async def _money(desk: Desk, loan: Loan, *, limit: int) -> list[Event]:
    payments = await repayment.last_payments(desk.session, loan.id, limit=limit)
    schedules = await repayment.last_schedules(desk.session, loan.id, limit=limit)
    pauses = (await repayment.pauses_of(desk.session, [loan.id])).get(loan.id, [])
    members = [each.by_id for each in (*payments, *schedules, *pauses)] + [each.reversed_by_id for each in payments]
    names = await slack_ids(desk, members)
    found = [Event(each.id, "schedule", each.at, names.get(each.by_id), each.source) for each in schedules]
    for each in payments:
        if each.source != "call":  # the call tells of it
            found.append(_payment(each, "recorded", each.at, names.get(each.by_id)))
        if each.reversed_at is not None:
            found.append(_payment(each, "reversed", each.reversed_at, names.get(each.reversed_by_id)))
    for each in pauses:
        why = unreadable.read(desk, RepaymentPause.reason_cipher, each)
        who = names.get(each.by_id)
        found.append(Event(each.id, "pause", each.at, who, each.kind, why, day=each.starts_on, until=each.ends_on))
    return found


def _payment(row: Payment, state: str, at: datetime, who: str | None) -> Event:
    return Event(row.id, "payment", at, who, row.source, amount=row.amount, day=row.paid_on, state=state)
