"""Correct a loan: its borrower's name, phone or time zone, or its number."""

import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from typing import Literal
from uuid import UUID

from desk.core.changes import offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import allows, refusal, require
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.values import NUMBER_LIMIT, NUMBER_SEPARATOR, LoanRef
from desk.follow_ups.assignees import present_owner
from desk.follow_ups.contact_limits import forget
from desk.follow_ups.contact_states import end_states_of_number
from desk.loans import borrowers, joining, lookup
from desk.loans.corrections import record_correction
from desk.loans.inquiries import check_name
from desk.loans.views import LoanView, loan_view
from desk.people import onboarding
from desk.people.members import managers_for
from desk.rules.contacts import clean_name, format_phone
from storage.queries.loans import loans
from storage.tables import Borrower, Loan, LoanTerms, Member, Undo, Vehicle

Field = Literal["name", "phone", "zone", "number"]

Correction = tuple[Field, str, str]
"""What was corrected, the value before, and the value after."""


@dataclass(frozen=True, slots=True)
class LoanCorrected:
    """One correction of a loan, with the value before and after it. `phone_is_wrong`: the new number is marked as wrong,
    because it is on another loan that it is marked on. `owner_left` is the name of the owner whom the loan had, who has left the
    desk: it was joined with one that is open, and has none now."""

    loan: LoanView
    what: Field
    before: str = field(repr=False)
    after: str = field(repr=False)
    phone_is_wrong: bool = False
    owner_left: str | None = None
    undo_id: UUID = field(kw_only=True)


async def edit_loan(desk: Desk, *, loan: LoanRef, changes: Mapping[Field, str]) -> tuple[LoanCorrected, ...]:
    """Correct a loan: all of the changes or none. One Undo takes them all back.

    A zone is an IANA name, empty: nobody knows it any more. A phone is E.164; the same phone again removes its mark “wrong
    number” on every loan. The number of a loan that a file brought beside an inquiry with the same phone joins the two.

    Raises NotAllowed (`others_may_act`, `role_missing`), Invalid (`nothing_changed`, `name_missing`, `name_too_long`,
    `number_separated`, `number_too_long`), Conflict (`number_taken`, `join_has_work`), and as `lookup.resolve` does.
    """
    named = (await lookup.resolve(desk, loan)).loan
    await require_may_correct(desk, named)
    done: list[Correction] = []
    owner = await desk.session.get(Member, named.owner_id) if named.owner_id is not None else None
    for what, value in changes.items():
        done += await _CORRECT[what](desk, named, value)
        desk.audit("edit", loan_id=named.id, field=what)
    if named.demo_at is not None:
        await make_real(desk, named)
    undo_id = offer_undo(desk, "edit", loan_id=named.id)
    view = await loan_view(desk, named)
    wrong = (await borrowers.contact_of(desk, named.borrower_id)).phone_is_wrong
    left = owner.name if owner is not None and named.owner_id is None else None
    return tuple(
        LoanCorrected(view, what, before, after, wrong and what == "phone", left, undo_id=undo_id)
        for what, before, after in done
    )


async def require_may_edit(desk: Desk, loan: LoanRef) -> None:
    """Raise NotAllowed, as `edit_loan` does, unless the acting member may correct the loan; also as `lookup.resolve` does."""
    await require_may_correct(desk, (await lookup.resolve(desk, loan)).loan)


@corrects_after_undo(Loan, Borrower, LoanTerms, Vehicle)
async def check_may_edit(desk: Desk, undo: Undo, _: Sequence[UndoneRow]) -> None:
    """Raise NotAllowed, as `edit_loan` does, if the acting member may no longer correct the loan whose correction they undo."""
    if undo.act == "edit" and undo.loan_id is not None:
        await require_may_correct(desk, await desk.session.get_one(Loan, undo.loan_id))


async def make_real(desk: Desk, loan: Loan) -> None:
    """Make a demo loan a real one, which is not removed with the demo: it has a real borrower's name, phone or number now."""
    track(desk, loan).demo_at = None
    await onboarding.refresh_welcome(desk)


async def require_may_correct(desk: Desk, loan: Loan) -> None:
    """Raise NotAllowed (`others_may_act`, `role_missing`) unless the acting member may correct the locked loan."""
    if allows(desk.member, "edit_loan", {"own"} if loan.owner_id == desk.member.id else ()):
        return
    owner = await present_owner(desk, loan)
    if owner is not None:
        allowed = [owner, *await managers_for(desk, owner)]
        raise refusal("edit_loan", who=tuple(dict.fromkeys(m.slack_user_id for m in allowed)))
    require(desk, "edit_loan", {"unowned"})


async def _renumber(desk: Desk, loan: Loan, value: str) -> list[Correction]:
    before, number = loan.number, unicodedata.normalize("NFKC", clean_name(value))
    if NUMBER_SEPARATOR.search(number):
        raise Invalid("number_separated", given=value)
    if len(number) > NUMBER_LIMIT:
        raise Invalid("number_too_long", length=len(number), limit=NUMBER_LIMIT)
    if number == before:
        raise Invalid("nothing_changed", loan=before)
    other = await loans.by_number(desk.session, desk.workspace.id, number)
    corrections: list[Correction] = []
    if other is not None and other.id != loan.id:
        corrections = await _join(desk, loan, number)
    track(desk, loan)
    loan.number, loan.number_key, loan.minted = number, loans.number_key(number), False
    record_correction(desk, loan, "number", before)
    return [("number", before, number), *corrections]


async def _join(desk: Desk, loan: Loan, number: str) -> list[Correction]:
    """Join the loan with the one of that number, if the acting member may correct that one too."""
    seen = await loans.lock_by_number(desk.session, desk.workspace.id, number, visible=lookup.visible_loans(desk))
    if seen is None:
        raise Conflict("number_taken", given=number)
    await require_may_correct(desk, seen)
    renamed = await joining.join(desk, loan, seen, number)
    if renamed is None:
        return []
    record_correction(desk, loan, "name", renamed[0])
    return [("name", *renamed)]


async def _rename(desk: Desk, loan: Loan, name: str) -> list[Correction]:
    name = check_name(name)
    borrower = await _borrower(desk, loan)
    before = borrowers.contact(desk, borrower).name
    if name == before:
        raise Invalid("nothing_changed", loan=loan.number)
    await borrowers.correct(desk, borrower, name=name)
    record_correction(desk, loan, "name", before)
    return [("name", before, name)]


async def _change_phone(desk: Desk, loan: Loan, phone: str) -> list[Correction]:
    borrower = await _borrower(desk, loan)
    known = borrowers.contact(desk, borrower)
    before = known.phone
    if phone == before and borrower.phone_wrong_at is None:
        raise Invalid("nothing_changed", loan=loan.number)
    if phone == before:
        await borrowers.mark_phone(desk, borrower.id, wrong=False)
    else:
        await borrowers.correct(desk, borrower, phone=phone)
        await end_states_of_number(desk, loan)
        record_correction(desk, loan, "phone", before)
    return [("phone", known.formatted_phone, format_phone(phone))]


async def _change_zone(desk: Desk, loan: Loan, name: str) -> list[Correction]:
    """Record where the borrower is, for the contact rules; it holds for all loans of theirs."""
    borrower = await _borrower(desk, loan)
    before = borrower.zone or ""
    if name == before:
        raise Invalid("nothing_changed", loan=loan.number)
    track(desk, borrower).zone = name or None
    record_correction(desk, loan, "zone", before)
    forget(desk)
    return [("zone", before, name)]


async def _borrower(desk: Desk, loan: Loan) -> Borrower:
    return await desk.session.get_one(Borrower, loan.borrower_id, with_for_update=True, populate_existing=True)


_CORRECT: Mapping[Field, Callable[[Desk, Loan, str], Awaitable[list[Correction]]]] = {
    "name": _rename,
    "phone": _change_phone,
    "zone": _change_zone,
    "number": _renumber,
}
