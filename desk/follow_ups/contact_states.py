"""Enter and end what bears on calls to a borrower: states of person, number or debt, and consents."""

from collections.abc import Iterable
from datetime import date, time, timedelta
from uuid import UUID

from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.follow_ups import contact_choices
from desk.follow_ups.contact_choosing import note_states
from desk.follow_ups.contact_limits import forget, limits_of
from desk.follow_ups.contact_views import ConsentView, ContactView, StateView, consent_view, state_view, view_of
from desk.follow_ups.lifecycle import check_note
from desk.loans import lookup
from desk.loans.views import LoanView, loan_view
from desk.rules.contact_packs import STATES
from storage.engine.types import new_id
from storage.queries.follow_ups import contacts
from storage.queries.loans import related
from storage.tables import ContactConsent, ContactState, Loan

RESTRICTED = "restricted"
"""The state that a request for restriction, or for an erasure that must wait, leaves."""

LONGEST = 400
"""How many days off the last day of a state may be where the state says nothing else."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """A state that was entered or ended, and whether the borrower may be called now."""

    loan: LoanView
    state: StateView
    ended: bool
    contact: ContactView | None
    undo_id: UUID


@dataclass(frozen=True, slots=True)
class ConsentChanged:
    """A consent that was entered or withdrawn, and whether the borrower may be called now."""

    loan: LoanView
    consent: ConsentView
    withdrawn: bool
    contact: ContactView | None
    undo_id: UUID


async def enter_state(
    desk: Desk, *, loan: LoanRef, code: str, until_on: date | None = None, note: str = "", person_id: UUID | None = None
) -> StateChanged:
    """Enter a state of the borrower of a loan, their number or the debt, or of another person around the loan.

    Raises NotAllowed (`role_missing`), Invalid (`state_unknown`, `state_end_missing`, `state_past`, `state_too_long`,
    `note_too_long`), Conflict (`state_there`), NotFound (`unknown_person`), and as `lookup.resolve` does.
    """
    require_role(desk, "enter_contact_state")
    _check_state(desk, code, until_on)
    if STATES[code].by_request:
        require_role(desk, "answer_request")
    check_note(note)
    named = (await lookup.resolve(desk, loan)).loan
    if person_id is not None and person_id not in await related.of_loan(desk.session, named.id):
        raise NotFound("unknown_person")
    there = await contacts.states_of(desk.session, named.id)
    if any(_is_same(desk, row, named, code, person_id) for row in there):
        raise Conflict("state_there", loan=named.number, state=code)
    row_id = new_id()
    row = create(
        desk,
        ContactState(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=named.id,
            person_id=person_id,
            code=code,
            until_on=until_on,
            note_cipher=desk.cipher.encrypt_optional(ContactState.note_cipher, row_id, note),
            by_id=desk.member.id,
            at=desk.now,
        ),
    )
    await note_states(desk)
    desk.audit("contact_state", loan_id=named.id, subject_id=row.id, state=code)
    return await _state_changed(desk, named, row)


async def end_state(desk: Desk, state_id: UUID, version: int) -> StateChanged:
    """End a state before its last day, or one without any.

    Raises NotAllowed (`role_missing`), NotFound (`state_gone`), Conflict (`state_over`).
    """
    require_role(desk, "enter_contact_state")
    there, loan = await lookup.lock_with_loan(desk, ContactState, state_id, "state_gone")
    if there.undone_at is not None or there.ended_at is not None or there.version != version:
        raise Conflict("state_over", loan=loan.number)
    if STATES[there.code].by_request:
        require_role(desk, "answer_request")
    track(desk, there).ended_at, there.ended_by_id = desk.now, desk.member.id
    desk.audit("end_contact_state", loan_id=loan.id, subject_id=there.id, state=there.code)
    return await _state_changed(desk, loan, there)


async def end_states_of(desk: Desk, *, loan: LoanRef) -> StateChanged:
    """End the only state of the borrower of a loan. Raises as `end_state` does, and NotFound (`state_none`), Conflict
    (`state_several`)."""
    require_role(desk, "enter_contact_state")
    named = (await lookup.resolve(desk, loan)).loan
    present = [
        row
        for row in await contacts.states_of(desk.session, named.id)
        if row.person_id is None and (row.until_on is None or row.until_on >= desk.workspace_today)
    ]
    if not present:
        raise NotFound("state_none", loan=named.number)
    if len(present) > 1:
        raise Conflict("state_several", loan=named.number, states=tuple(row.code for row in present))
    return await end_state(desk, present[0].id, present[0].version)


async def end_states_of_number(desk: Desk, loan: Loan) -> None:
    """End what was recorded of the borrower's number, because they have another now."""
    if not contact_choices.may_have_any(desk):
        return
    for row in await contacts.states_of(desk.session, loan.id):
        if row.person_id is None and STATES[row.code].of == "number":
            track(desk, row).ended_at, row.ended_by_id = desk.now, desk.member.id
            desk.audit("end_contact_state", loan_id=loan.id, subject_id=row.id, state=row.code)
    forget(desk)


async def restrict(desk: Desk, loans: Iterable[Loan], person_id: UUID | None = None) -> int:
    """Record on these locked loans that the borrower, or another person around them, asked that their data is not used.

    Return on how many it was not recorded already.
    """
    found = 0
    for loan in loans:
        there = await contacts.states_of(desk.session, loan.id)
        if any(_is_same(desk, row, loan, RESTRICTED, person_id) for row in there):
            continue
        row = create(
            desk,
            ContactState(
                id=new_id(),
                workspace_id=desk.workspace.id,
                loan_id=loan.id,
                person_id=person_id,
                code=RESTRICTED,
                by_id=desk.member.id,
                at=desk.now,
            ),
        )
        desk.audit("contact_state", loan_id=loan.id, subject_id=row.id, state=RESTRICTED)
        found += 1
    if found:
        await note_states(desk)
        forget(desk)
    return found


async def withdraw_consents_of(desk: Desk, loan: Loan) -> int:
    """Record that the borrower of a locked loan has withdrawn all consents that they gave on any loan. Return how many."""
    given = await contacts.consents_in_force(desk.session, loan.id, desk.workspace_today)
    for row in given:
        track(desk, row).withdrawn_at, row.withdrawn_by_id = desk.now, desk.member.id
        desk.audit("withdraw_consent", loan_id=row.loan_id, subject_id=row.id, consent=row.kind)
    forget(desk)
    return len(given)


async def enter_consent(
    desk: Desk,
    *,
    loan: LoanRef,
    kind: str,
    form: str,
    starts_on: date | None = None,
    ends_on: date | None = None,
    starts: time | None = None,
    ends: time | None = None,
) -> ConsentChanged:
    """Enter what the borrower agreed to. Hours are in the borrower's zone, and go with kind `hours`.

    Raises NotAllowed (`role_missing`), Invalid (`consent_hours_missing`, `consent_order`), and as `lookup.resolve` does.
    """
    require_role(desk, "enter_contact_state")
    if kind == "hours" and (starts is None or ends is None):
        raise Invalid("consent_hours_missing")
    if (starts is not None and ends is not None and ends <= starts and ends != time(0)) or (
        starts_on is not None and ends_on is not None and ends_on < starts_on
    ):
        raise Invalid("consent_order")
    named = (await lookup.resolve(desk, loan)).loan
    row = create(
        desk,
        ContactConsent(
            id=new_id(),
            workspace_id=desk.workspace.id,
            loan_id=named.id,
            kind=kind,
            form=form,
            given_at=desk.now,
            starts_on=starts_on,
            ends_on=ends_on,
            starts=starts if kind == "hours" else None,
            ends=ends if kind == "hours" else None,
            by_id=desk.member.id,
        ),
    )
    await note_states(desk)
    desk.audit("contact_consent", loan_id=named.id, subject_id=row.id, consent=kind)
    return await _consent_changed(desk, named, row)


async def withdraw_consent(desk: Desk, consent_id: UUID, version: int) -> ConsentChanged:
    """Record that the borrower has withdrawn a consent. Raises NotAllowed (`role_missing`), NotFound (`consent_gone`), Conflict
    (`consent_over`)."""
    require_role(desk, "enter_contact_state")
    there, loan = await lookup.lock_with_loan(desk, ContactConsent, consent_id, "consent_gone")
    if there.undone_at is not None or there.withdrawn_at is not None or there.version != version:
        raise Conflict("consent_over", loan=loan.number)
    track(desk, there).withdrawn_at, there.withdrawn_by_id = desk.now, desk.member.id
    desk.audit("withdraw_consent", loan_id=loan.id, subject_id=there.id, consent=there.kind)
    return await _consent_changed(desk, loan, there)


def _check_state(desk: Desk, code: str, until_on: date | None) -> None:
    state = STATES.get(code)
    if state is None:
        raise Invalid("state_unknown", given=code)
    if until_on is None:
        if state.needs_end:
            raise Invalid("state_end_missing", state=code)
        return
    latest = desk.workspace_today + timedelta(days=state.longest_days or LONGEST)
    if until_on < desk.workspace_today:
        raise Invalid("state_past", given=until_on)
    if until_on > latest:
        raise Invalid("state_too_long", given=until_on, latest=latest)


def _is_same(desk: Desk, row: ContactState, loan: Loan, code: str, person_id: UUID | None) -> bool:
    """Return whether that state is recorded of the same person or debt, and not over."""
    if row.code != code or row.person_id != person_id:
        return False
    if row.until_on is not None and row.until_on < desk.workspace_today:
        return False
    return STATES[code].of != "debt" or row.loan_id == loan.id


async def _state_changed(desk: Desk, loan: Loan, row: ContactState) -> StateChanged:
    await desk.session.flush()
    forget(desk)
    limits = await limits_of(desk, loan)
    undo_id = offer_undo(desk, "contact_state", loan_id=loan.id)
    contact = view_of(desk, limits) if limits else None
    return StateChanged(await loan_view(desk, loan), state_view(row), row.ended_at is not None, contact, undo_id)


async def _consent_changed(desk: Desk, loan: Loan, row: ContactConsent) -> ConsentChanged:
    await desk.session.flush()
    forget(desk)
    limits = await limits_of(desk, loan)
    undo_id = offer_undo(desk, "contact_consent", loan_id=loan.id)
    contact = view_of(desk, limits) if limits else None
    return ConsentChanged(
        await loan_view(desk, loan), consent_view(row), row.withdrawn_at is not None, contact, undo_id
    )
