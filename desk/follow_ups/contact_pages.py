"""All about when the borrower of a loan may be called: rules, states, consents."""

from uuid import UUID

from desk.core.permissions import has_role_for
from desk.core.transaction import Desk
from desk.follow_ups.contact_limits import limits_of
from desk.follow_ups.contact_views import ContactPage, consent_view, consents_in_force, state_view, view_of
from desk.loans import borrowers, lookup
from storage.queries.follow_ups import contacts
from storage.queries.loans import loans


async def contact_page(desk: Desk, loan_id: UUID) -> ContactPage:
    """Return when the borrower of a loan may be called, and why. Raises NotFound (`unknown_loan_pressed`)."""
    loan = await lookup.lock_by_id(desk, loan_id)
    limits = await limits_of(desk, loan)
    today = desk.workspace_today
    states = await contacts.states_of(desk.session, loan.id)
    consents = await consents_in_force(desk, loan.id)
    entered = (*states, *consents)
    unseen = await _unseen(desk, {row.loan_id for row in entered if row.loan_id != loan.id})
    return ContactPage(
        loan_id=loan.id,
        number=loan.number,
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        view=view_of(desk, limits) if limits else None,
        role=limits.chosen.role if limits else "own",
        states=tuple(state_view(row) for row in states if row.until_on is None or row.until_on >= today),
        consents=tuple(consent_view(row) for row in consents),
        out_of_sight=frozenset(row.id for row in entered if row.loan_id in unseen),
        may_enter=has_role_for(desk.member, "enter_contact_state"),
        may_allow=has_role_for(desk.member, "override_contact"),
        may_enter_contact=has_role_for(desk.member, "enter_contact"),
        may_restrict=has_role_for(desk.member, "answer_request"),
        may_choose=has_role_for(desk.member, "choose_contact_rules"),
    )


async def _unseen(desk: Desk, ids: set[UUID]) -> frozenset[UUID]:
    """Return those of these loans that the acting member may not see."""
    if not ids:
        return frozenset()
    return frozenset(
        ids.difference(await loans.numbers_among(desk.session, ids, visible=await lookup.visible_today(desk)))
    )
