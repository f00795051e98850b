"""What somebody is shown who has logged a call."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from desk.calls.answering import Answering
from desk.calls.consequences import Consequences, retry_due
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.lifecycle import note_of
from desk.follow_ups.next_steps import NextOffer, next_days
from desk.follow_ups.rule_plans import assignee_of_next
from desk.loans import borrowers
from desk.loans.views import FollowUpView, LoanView, PlannedView, follow_up_views, loan_view, planned_view
from storage.queries.follow_ups import follow_ups as stored
from storage.tables import Call, FollowUp, Loan

OTHERS_SHOWN = 5
"""How many further follow-ups a call may be said to answer as well, by a button each."""


@dataclass(frozen=True, slots=True)
class AlreadyLogged:
    """The same line was logged a moment ago. `keeps_plan`: what it planned stands, whether or not it is logged again."""

    call_id: UUID
    at: datetime
    loan_number: str
    keeps_plan: bool


@dataclass(frozen=True, slots=True)
class CallLogged:
    """A call, which follow-up it answered, what became of that, and what is planned.

    `answered` is as it is now. `settled` are further ones that a payment ended, `paid` the instalment it was for.
    `by_rule`: what is `planned` was planned by the desk; `planned_note` is what stands with it. `missing` is a purpose that
    was named and of which none is open. `still_open` is everything open on the loan besides `planned`; `others` are those
    of it that the call may be said to answer as well. `asks`: a live loan is left with nothing planned; `offers` are next
    steps for it. `next_number` numbers the loan's next follow-up: a button that carries it knows when something was planned
    since. `undo_id` takes this act back.
    """

    call_id: UUID
    at: datetime
    loan: LoanView
    name: str = field(repr=False)
    outcome: str
    note: str = field(repr=False)
    answered: FollowUpView | None
    planned: PlannedView | None
    planned_note: str = field(repr=False)
    by_rule: bool
    settled: tuple[FollowUpView, ...]
    paid: date | None
    missing: str | None
    still_open: tuple[FollowUpView, ...]
    others: tuple[FollowUpView, ...]
    offers: tuple[NextOffer, ...]
    asks: bool
    next_number: int
    managers_told: bool = False
    undo_id: UUID | None = None

    @property
    def keeps_plan(self) -> bool:
        """Whether what comes next was settled by this act."""
        return self.planned is not None


async def call_logged(
    desk: Desk,
    loan: Loan,
    call: Call,
    answering: Answering,
    came: Consequences,
    *,
    managers_told: bool = False,
    undo_id: UUID | None = None,
    offers_next: bool = True,
    open_before: list[FollowUp] | None = None,
) -> CallLogged:
    """The whole of it, at the end of the transaction. `offers_next` False says that no next step is wanted. `open_before`
    are all that were open, the loan being locked since; None: they are looked for."""
    if open_before is None:
        await desk.session.flush()
        open_now = await stored.open_of_loan(desk.session, loan.id)
    else:
        open_now = _still_open(open_before, came)
    still_open = [f for f in open_now if came.planned is None or f.id != came.planned.follow_up.id]
    settled = [f for f in came.ended if f is not came.answered]
    others = [f for f in answering.others if f.state == "open" and f in still_open and f is not came.answered]
    views = {v.id: v for v in await follow_up_views(desk, loan, _distinct(still_open, settled, came.answered))}
    asks = not open_now and VOCABULARY.stage(loan.stage).live
    offers = await _offers(desk, loan, call, answering, came, asks=asks) if offers_next else ()
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    return CallLogged(
        call_id=call.id,
        at=call.at,
        loan=await loan_view(desk, loan),
        name=contact.name,
        outcome=call.outcome,
        note=desk.cipher.decrypt(Call.note_cipher, call),
        answered=views[came.answered.id] if came.answered else None,
        planned=planned_view(desk, loan, came.planned) if came.planned else None,
        planned_note=note_of(desk, came.planned.follow_up) if came.planned else "",
        by_rule=came.by_rule,
        settled=tuple(views[f.id] for f in settled),
        paid=came.paid,
        missing=answering.purpose if answering.missing else None,
        still_open=tuple(views[f.id] for f in still_open),
        others=tuple(views[f.id] for f in others[:OTHERS_SHOWN]),
        offers=offers,
        asks=asks and offers_next,
        next_number=loan.next_follow_up_number,
        managers_told=managers_told,
        undo_id=undo_id,
    )


async def _offers(
    desk: Desk, loan: Loan, call: Call, answering: Answering, came: Consequences, *, asks: bool
) -> tuple[NextOffer, ...]:
    outcome = VOCABULARY.outcome(call.outcome)
    about = came.answered.purpose if came.answered else answering.purpose
    purpose = about or outcome.next_purpose or VOCABULARY.stage(loan.stage).purpose
    if asks:
        return await next_days(desk, purpose)
    if outcome.next == "planned" and came.planned is None and came.answered is None:
        assignee = await assignee_of_next(desk, loan, None)
        return (NextOffer("retry", await retry_due(desk, loan, outcome, assignee, counted=True), purpose),)
    return ()


def _still_open(open_before: list[FollowUp], came: Consequences) -> list[FollowUp]:
    planned = [came.planned.follow_up] if came.planned else []
    rows = {row.id: row for row in (*open_before, *planned)}
    return sorted((row for row in rows.values() if row.state == "open"), key=lambda row: (row.overdue_at, row.number))


def _distinct(still_open: list[FollowUp], settled: list[FollowUp], answered: FollowUp | None) -> list[FollowUp]:
    rows = {row.id: row for row in (*still_open, *settled)}
    if answered is not None:
        rows[answered.id] = answered
    return list(rows.values())
