"""What a payment of a typed amount covers: the whole instalment or part of it. Until the caller says, it ends nothing."""

from uuid import UUID

from desk.calls.additions import own_call, recorded_match
from desk.calls.outcomes import PART_PAID, OutcomeResult
from desk.calls.payments import has_schedule, pay_part_of, settle
from desk.calls.views import CallLogged, call_logged
from desk.core.changes import offer_undo, track
from desk.core.errors import Conflict
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups import assignees, lifecycle, rule_plans
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.repayment.payments import ABOUT_AN_INSTALMENT
from desk.repayment.promises import make_promise
from storage.queries.follow_ups import follow_ups
from storage.tables import Call, FollowUp, Loan


async def pay_whole(desk: Desk, call_id: UUID, planned_id: UUID | None) -> CallLogged:
    """Settle the instalment that the call's payment covers. `planned_id` is the next step that was typed with the call.

    Raises NotFound (`unknown_call`), NotAllowed (`role_missing`, `call_not_yours`), Conflict (`call_undone`, `share_known`).
    """
    loan, call, rows = await _asked(desk, call_id)
    match = await recorded_match(desk, call)
    planned = next((row for row in rows if row.id == planned_id), None)
    settlement = await settle(
        desk,
        loan,
        rows,
        match.answered,
        call_id=call.id,
        amount=call.amount,
        keeps=planned.id if planned else None,
    )
    answered = match.answered or (settlement.ended[0] if settlement.ended else None)
    following = () if planned else (await rule_plans.replan_instalment(desk, loan)).planned
    call.follow_up_id, call.share = answered.id if answered else None, "whole"
    result = OutcomeResult(
        answered,
        following[0] if following else None,
        by_rule=bool(following),
        ended=settlement.ended,
        paid=settlement.instalment_on,
        taken=settlement.taken,
        also_planned=following[1:],
    )
    return await _answer(desk, loan, call, result)


async def pay_part(desk: Desk, call_id: UUID, planned_id: UUID | None, rest_due: Due | None) -> CallLogged:
    """Record that the payment is part of the instalment, which stays unpaid. `rest_due` is the day of the rest; None: the next
    step that was typed with the call.

    Raises as `pay_whole` and `plan` do.
    """
    loan, call, rows = await _asked(desk, call_id)
    match = await recorded_match(desk, call)
    answered = match.answered if match.answered is not None and match.answered.state == "open" else None
    about = match.answered.instalment_on if match.answered else None
    taken = None
    if call.amount is not None and has_schedule(loan):
        taken = (await pay_part_of(desk, loan, answered, call.id, call.amount, planned_id)).taken
    elif answered is not None:
        lifecycle.close(desk, answered, "done")
    typed = next((row for row in rows if row.id == planned_id), None)
    planned = None
    if rest_due is not None:
        planned = await _promise(desk, loan, match.answered, rest_due)
    elif typed is not None and typed.purpose in ABOUT_AN_INSTALMENT:
        track(desk, typed).purpose = "promise"
        typed.instalment_on = about
    call.outcome, call.share = PART_PAID, "part"
    rest = taken.now.next if taken else None
    promised = planned.follow_up if planned else typed
    await make_promise(desk, loan, call, promised, rows, rest.left if rest else None)
    return await _answer(desk, loan, call, OutcomeResult(match.answered, planned, taken=taken))


async def _promise(desk: Desk, loan: Loan, answered: FollowUp | None, due: Due) -> PlannedFollowUp:
    return await lifecycle.plan(
        desk,
        loan,
        purpose="promise",
        assignee=await assignees.assignee_of_next(desk, loan, answered),
        due=due,
        instalment_on=answered.instalment_on if answered else None,
        asked_for=True,
    )


async def require_asked(desk: Desk, call_id: UUID) -> tuple[Loan, Call]:
    """Return the loan, locked, and the call of the acting member of which it is still asked what its payment covers.

    Raises as `pay_whole` does.
    """
    require_role(desk, "add_to_call")
    loan, call = await own_call(desk, call_id)
    if call.share != "asked" or call.outcome != "paid":
        raise Conflict("share_known", loan=loan.number)
    return loan, call


async def _asked(desk: Desk, call_id: UUID) -> tuple[Loan, Call, list[FollowUp]]:
    """Return the loan, the call, tracked, and the open follow-ups."""
    loan, call = await require_asked(desk, call_id)
    track(desk, call)
    return loan, call, await follow_ups.open_of_loan(desk.session, loan.id)


async def _answer(desk: Desk, loan: Loan, call: Call, result: OutcomeResult) -> CallLogged:
    subject = result.answered.id if result.answered else call.id
    desk.audit("payment", loan_id=loan.id, subject_id=subject, call=str(call.id), share=call.share)
    undo_id = offer_undo(desk, "payment", loan_id=loan.id)
    return await call_logged(desk, loan, call, await recorded_match(desk, call), result, undo_id=undo_id)
