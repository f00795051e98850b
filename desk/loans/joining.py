"""Join an inquiry with the loan that a lender's file brought beside it: they are one loan."""

from desk.core.changes import track
from desk.core.errors import Conflict
from desk.core.terms import TERM_FIELDS, TermName, TermValue
from desk.core.transaction import Desk
from desk.follow_ups import rule_plans
from desk.follow_ups.ownerless import move_ownerless, revise_ownerless
from desk.loans import borrowers, keeping, related, stages, term_rows
from desk.rules.contacts import without_extension
from desk.rules.stages import weigh_imported_stage
from storage.queries.core import acts
from storage.queries.loans import terms as queries
from storage.tables import Borrower, Loan, Member
from storage.upkeep import demo


async def join(desk: Desk, inquiry: Loan, brought: Loan, number: str) -> tuple[str, str] | None:
    """Give an inquiry what the other loan has, remove that loan, and return the borrower's name before and after if it changed.

    Both are locked. The caller has checked the rights on both and gives the inquiry the number, as it was typed. Raises Conflict:
    `number_taken` (they have different phones, or are not an inquiry and an imported loan), `join_has_work`, `under_hold`.
    """
    if not inquiry.minted or brought.minted or brought.demo_at is not None:
        raise Conflict("number_taken", given=number)
    borrower = await desk.session.get_one(Borrower, inquiry.borrower_id)
    own = borrowers.contact(desk, borrower)
    other = await borrowers.contact_of(desk, brought.borrower_id)
    if without_extension(own.phone) != without_extension(other.phone):
        raise Conflict("number_taken", given=number)
    await keeping.require_not_held(desk, [brought.id])
    if await acts.members_acted_on(desk.session, brought.id, but=acts.READING):
        raise Conflict("join_has_work", given=number, loan=inquiry.number)
    await _take_values(desk, inquiry, brought)
    await _take_terms(desk, inquiry, brought)
    await related.take_people(desk, inquiry.id, brought.id)
    await move_ownerless(desk, brought, inquiry)
    stage = brought.stage
    await demo.remove(desk.session, [brought.id], desk.now)
    desk.session.expunge(brought)
    decision = weigh_imported_stage(inquiry.stage, stage, last=None, typed=inquiry.stage_set_at is not None)
    if decision == "take":
        await stages.enter_by_import(desk, inquiry, stage)
    else:
        await rule_plans.plan_instalment(desk, inquiry)
    desk.audit("import_take_over", loan_id=inquiry.id, ids=[str(brought.id)])
    if own.name == other.name:
        return None
    await borrowers.correct(desk, borrower, name=other.name)
    return own.name, other.name


async def _take_values(desk: Desk, inquiry: Loan, brought: Loan) -> None:
    track(desk, inquiry)
    for column in ("amount", "due_day", "autopay", "unpaid_since"):
        setattr(inquiry, column, getattr(brought, column))
    owner = await desk.session.get(Member, inquiry.owner_id) if inquiry.owner_id is not None else None
    if brought.owner_id is None or (owner is not None and owner.removed_at is None):
        return
    inquiry.owner_id, inquiry.owner_set_at = brought.owner_id, brought.owner_set_at
    await revise_ownerless(desk, [inquiry])


async def _take_terms(desk: Desk, inquiry: Loan, brought: Loan) -> None:
    """Give an inquiry what is known of the other loan's terms and vehicle; what only the inquiry has stays."""
    rows = await queries.of_loans(desk.session, [inquiry.id, brought.id])
    known = term_rows.values_of(desk, brought, *rows.get(brought.id, (None, None)))
    wanted: dict[TermName, TermValue | None] = {
        name: value for name, value in known.items() if TERM_FIELDS[name].place != "loan"
    }
    term_rows.write(desk, inquiry, *rows.get(inquiry.id, (None, None)), wanted)
