"""What a member sees after logging a call, and of the loan in a form."""

from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from desk.calls.matching import FollowUpMatch
from desk.calls.outcomes import OutcomeResult, retry_due
from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.values import Due, LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import chasing
from desk.follow_ups.assignees import assignee_of_next
from desk.follow_ups.chasing import Paper
from desk.follow_ups.contact_limits import is_barred
from desk.follow_ups.contact_views import ContactView, contact_view
from desk.follow_ups.escalations import sounds_like
from desk.follow_ups.lifecycle import note_of
from desk.follow_ups.next_steps import NextOffer, next_days, with_retry
from desk.follow_ups.quiet_periods import Quiet
from desk.loans import borrowers, lookup
from desk.loans.related_views import RelatedName, people_of
from desk.loans.views import FollowUpView, LoanView, PlannedView, follow_up_views, loan_view, planned_view
from desk.people.relations import may_act_on_each
from desk.repayment.payments import Taken
from desk.rules.contact_rules import Broken
from storage.queries.follow_ups import follow_ups
from storage.tables import Call, FollowUp, Loan

OTHERS_SHOWN = 5
"""How many further follow-ups get a button by which the call answers them too."""


@dataclass(frozen=True, slots=True)
class RepeatedCall:
    """The same line was logged a moment ago, or (`reported`) the phone system reported that call. `keeps_plan`: logging it again
    must not plan another call. `asks`: it has still to be said what its payment covers."""

    call_id: UUID
    at: datetime
    loan_number: str
    keeps_plan: bool
    asks: bool = False
    reported: bool = False


@dataclass(frozen=True, slots=True)
class PaidPart:
    """What a payment on a schedule paid: the due dates of the instalments that are fully paid now. `left` of an amount `of` is
    what the next one lacks, if a part of it is paid. `days` and `past_due` are what is past due still."""

    recorded: Decimal | None = field(repr=False)
    settled: tuple[date, ...]
    left: Decimal | None = field(repr=False)
    of: Decimal | None = field(repr=False)
    due_on: date | None
    days: int
    past_due: Decimal = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallLogged:
    """A logged call, the follow-up it answered (as it is now), and what is planned.

    `amount` was promised or paid; `share` says what such a payment covers, `asked` while the caller has not said it.
    `settled` are further follow-ups that a payment closed, `paid` the instalment it was for, `payment` what was recorded on the
    loan's schedule. `by_rule`: the desk itself planned `planned`. `missing` is a named purpose without an open follow-up.
    `still_open` is everything open on the loan besides `planned`; `others` are those that the call may answer too. `asks`: a live
    loan has nothing planned; `offers` are next steps for it. A button carries `next_number`, the number of the loan's next
    follow-up, and so notices when something was planned since. `chase` is a further call, about documents that are still to be
    brought; `unasked` are those that no call asks for now.
    """

    call_id: UUID
    at: datetime
    loan: LoanView
    name: str = field(repr=False)
    outcome: str
    amount: Decimal | None
    currency: str
    share: str | None
    note: str = field(repr=False)
    answered: FollowUpView | None
    planned: PlannedView | None
    planned_note: str = field(repr=False)
    by_rule: bool
    chase: PlannedView | None
    unasked: tuple[Paper, ...]
    settled: tuple[FollowUpView, ...]
    paid: date | None
    payment: PaidPart | None
    missing: str | None
    still_open: tuple[FollowUpView, ...]
    others: tuple[FollowUpView, ...]
    offers: tuple[NextOffer, ...]
    asks: bool
    next_number: int
    managers_told: bool = False
    undo_id: UUID | None = None
    quiet: Quiet | None = None
    party: RelatedName | None = None
    """Whom the call reached instead of the borrower."""
    broken: tuple[Broken, ...] = ()
    """The contact rules that refuse such a call."""
    sounds_like: str | None = None
    """The kind of escalation that the note sounds like: to be offered."""

    @property
    def keeps_plan(self) -> bool:
        """Whether this act planned the next call."""
        return self.planned is not None


async def call_logged(
    desk: Desk,
    loan: Loan,
    call: Call,
    match: FollowUpMatch,
    result: OutcomeResult,
    *,
    undo_id: UUID | None = None,
    offers_next: bool = True,
    open_before: Sequence[FollowUp] | None = None,
    noted: Sequence[Due] = (),
    quiet: Quiet | None = None,
) -> CallLogged:
    """Return the answer at the end of the transaction. `offers_next` False: no next step is wanted. `open_before` are the
    follow-ups open when the loan was locked; None loads them. `noted` are times to offer, with which the note may begin."""
    open_now = await _open_now(desk, loan, open_before, result)
    planned_now = {each.follow_up.id for each in (result.planned, result.chase) if each is not None}
    still_open = [f for f in open_now if f.id not in planned_now]
    settled = [f for f in result.ended if f is not result.answered]
    others = [f for f in match.others if f.state == "open" and f in still_open and f is not result.answered]
    views = await _views(desk, loan, (*still_open, *settled, result.answered))
    asks = not open_now and VOCABULARY.stage(loan.stage).live and call.share != "asked"
    offers = _noted_offers(loan, call, match, result, noted)
    offers += await _offers(desk, loan, call, match, result, asks=asks) if offers_next else ()
    note = unreadable.read(desk, Call.note_cipher, call)
    planned_note = note_of(desk, result.planned.follow_up) if result.planned else ""
    return CallLogged(
        call_id=call.id,
        at=call.at,
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        outcome=call.outcome,
        amount=call.amount,
        currency=loan.currency,
        share=call.share,
        note=note,
        answered=views[result.answered.id] if result.answered else None,
        planned=planned_view(desk, loan, result.planned) if result.planned else None,
        planned_note=planned_note,
        by_rule=result.by_rule,
        chase=planned_view(desk, loan, result.chase) if result.chase else None,
        unasked=await _unasked(desk, loan, result.answered),
        settled=tuple(views[f.id] for f in settled),
        paid=result.paid,
        payment=_paid_part(call, result.taken) if result.taken else None,
        missing=match.purpose if match.missing else None,
        still_open=tuple(views[f.id] for f in still_open),
        others=tuple(views[f.id] for f in others[:OTHERS_SHOWN]) if call.share != "asked" else (),
        offers=offers,
        asks=asks and offers_next,
        next_number=loan.next_follow_up_number,
        undo_id=undo_id,
        quiet=quiet,
        sounds_like=sounds_like(desk, note, planned_note),
    )


def waits_for_result(outcome: str, answered: FollowUp | FollowUpView | None, planned: object | None) -> bool:
    """Return whether a call ended without a result of the check that it answered, and without another time for it."""
    if answered is None or answered.state != "open" or planned is not None:
        return False
    return VOCABULARY.outcome(outcome).ends and VOCABULARY.purpose(answered.purpose).check


async def _unasked(desk: Desk, loan: Loan, answered: FollowUp | None) -> tuple[Paper, ...]:
    """Return the documents that a call which is over asked for and that are still to be brought."""
    if answered is None or answered.purpose != chasing.PURPOSE or answered.state == "open":
        return ()
    return await chasing.papers_of(desk, loan, answered)


def _purpose_of_offer(loan: Loan, call: Call, match: FollowUpMatch, result: OutcomeResult) -> str:
    about = result.answered.purpose if result.answered else match.purpose
    return about or VOCABULARY.outcome(call.outcome).next_purpose or VOCABULARY.stage(loan.stage).purpose


def _noted_offers(
    loan: Loan, call: Call, match: FollowUpMatch, result: OutcomeResult, noted: Sequence[Due]
) -> tuple[NextOffer, ...]:
    purpose = _purpose_of_offer(loan, call, match, result)
    return tuple(NextOffer("noted", due, purpose) for due in noted)


async def _offers(
    desk: Desk, loan: Loan, call: Call, match: FollowUpMatch, result: OutcomeResult, *, asks: bool
) -> tuple[NextOffer, ...]:
    outcome = VOCABULARY.outcome(call.outcome)
    purpose = _purpose_of_offer(loan, call, match, result)
    if asks or waits_for_result(call.outcome, result.answered, result.planned):
        return await next_days(desk, loan, purpose)
    if outcome.next == "planned" and result.planned is None and result.answered is None:
        if await is_barred(desk, loan):
            return ()
        assignee = await assignee_of_next(desk, loan, None)
        return (NextOffer("retry", await retry_due(desk, loan, outcome, assignee, counted=True), purpose),)
    return ()


def _paid_part(call: Call, taken: Taken) -> PaidPart:
    following, past_due = taken.now.next, taken.now.arrears
    part = following if following is not None and following.paid else None
    return PaidPart(
        recorded=None if taken.payment.amount == call.amount else taken.payment.amount,
        settled=tuple(row.due_on for row in taken.settled),
        left=part.left if part else None,
        of=part.amount if part else None,
        due_on=part.due_on if part else None,
        days=past_due.days,
        past_due=past_due.amount,
    )


async def _views(desk: Desk, loan: Loan, rows: Iterable[FollowUp | None]) -> dict[UUID, FollowUpView]:
    """Return what is shown of these follow-ups, by id."""
    shown = {row.id: row for row in rows if row is not None}
    return {view.id: view for view in await follow_up_views(desk, loan, list(shown.values()))}


async def _open_now(
    desk: Desk, loan: Loan, open_before: Sequence[FollowUp] | None, result: OutcomeResult
) -> list[FollowUp]:
    """Return the follow-ups open at the end, most urgent first, reading them if it is not known what was open before."""
    if open_before is None:
        await desk.session.flush()
        return await follow_ups.open_of_loan(desk.session, loan.id)
    new = (result.planned, result.chase, *result.also_planned)
    planned = [each.follow_up for each in new if each is not None]
    rows = {row.id: row for row in (*open_before, *planned)}
    return sorted((row for row in rows.values() if row.state == "open"), key=lambda row: (row.late_at, row.number))


@dataclass(frozen=True, slots=True)
class ChosenLoan:
    """The loan in a form, with the open follow-ups that the form can be about, most urgent first. `offers` are times for the
    next call."""

    id: UUID
    number: str
    name: str = field(repr=False)
    tail: str = field(repr=False)
    stage: str
    open: tuple[FollowUpView, ...]
    offers: tuple[NextOffer, ...]
    contact: ContactView | None = None
    people: tuple[tuple[UUID, RelatedName], ...] = ()
    """The people around the loan, by id."""


async def chosen_loan(
    desk: Desk, number: str, *, outcome: str | None = None, act: str = "answer_follow_up"
) -> ChosenLoan:
    """Return the loan of that number, with the follow-ups on which the acting member may do `act`. With an `outcome` the
    first offer is the attempt that the desk would plan by rule.

    Raises as `lookup.resolve` does.
    """
    loan = (await lookup.resolve(desk, LoanRef(whole=number, text=number))).loan
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    open_rows = await follow_ups.open_of_loan(desk.session, loan.id)
    may = await may_act_on_each(desk, act, open_rows, loan)
    purpose = VOCABULARY.stage(loan.stage).purpose
    offers = await next_days(desk, loan, purpose)
    if outcome is not None and VOCABULARY.outcome(outcome).next == "planned" and not await is_barred(desk, loan):
        assignee = await assignee_of_next(desk, loan, None)
        due = await retry_due(desk, loan, VOCABULARY.outcome(outcome), assignee)
        offers = with_retry(NextOffer("retry", due, purpose), offers)
    return ChosenLoan(
        id=loan.id,
        number=loan.number,
        name=contact.name,
        tail=contact.tail,
        stage=loan.stage,
        open=await follow_up_views(desk, loan, [row for row in open_rows if may[row.assignee_id]]),
        offers=offers,
        contact=await contact_view(desk, loan),
        people=tuple((each.id, RelatedName(each.role, each.name)) for each in await people_of(desk, loan.id)),
    )
