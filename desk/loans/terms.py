"""Enter and correct the terms of a loan and its vehicle, and show them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from uuid import UUID

from desk.core.changes import offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.terms import (
    MOST_MONEY,
    TERM_FIELDS,
    TermName,
    TermValue,
    value_text,
)
from desk.core.transaction import Desk
from desk.core.values import Amount, LoanRef
from desk.follow_ups import check_plans, rule_plans
from desk.loans import lookup
from desk.loans.corrections import record_correction
from desk.loans.edits import make_real, require_may_correct
from desk.loans.term_rows import values_of, write
from desk.loans.views import LoanView, PlannedView, loan_view, planned_view
from desk.rules.vehicles import check_digit, has_check_digit, is_plate, is_vin, with_digits
from storage.queries.loans import terms as queries
from storage.tables import Loan, LoanTerms, Vehicle

Values = Mapping[TermName, TermValue]

_PLANNED_BY = frozenset(("due_day", "first_due", "autopay"))
"""The fields on which the calls about instalments depend."""


@dataclass(frozen=True, slots=True)
class TermChange:
    """A field that was entered, corrected or cleared, with its value before and after."""

    name: TermName
    before: TermValue | None = field(repr=False)
    after: TermValue | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class TermsChanged:
    """What was changed of a loan's terms. `planned` is the call about an instalment that follows, `cancelled` counts those
    that no longer apply. `check_digit` is the one that the characters of the vehicle's new number ask for, if it has another."""

    loan: LoanView
    currency: str
    changes: tuple[TermChange, ...]
    planned: PlannedView | None
    cancelled: int
    check_digit: str | None
    undo_id: UUID


@dataclass(frozen=True, slots=True)
class TermsView:
    """The values that are known of a loan's terms and its vehicle, in the order of the fields, and which state of them it is."""

    currency: str
    values: Values = field(repr=False)
    state: str


async def edit_terms(
    desk: Desk, *, loan: LoanRef, changes: Mapping[TermName, TermValue | Amount | None], state: str | None = None
) -> TermsChanged:
    """Enter or correct fields: all of them or none; None clears one. `state`, if given, is that of the `TermsView` that was
    corrected. One Undo takes all back.

    A first due day also sets the due day of a loan that has none. Calls that the desk planned about instalments follow.

    Raises NotAllowed (`others_may_act`, `role_missing`), Invalid (`nothing_changed_here`, `amount_currency`,
    `amount_too_large`, `vin_unclear`, `plate_unclear`), Conflict (`terms_changed`), and as `lookup.resolve` does.
    """
    named = (await lookup.resolve(desk, loan)).loan
    await require_may_correct(desk, named)
    terms, vehicle = await queries.of_loan(desk.session, named.id)
    if state is not None and state != _state(named, terms, vehicle):
        raise Conflict("terms_changed", loan=named.number)
    present = values_of(desk, named, terms, vehicle)
    done = [
        TermChange(name, present.get(name), after)
        for name, after in _completed(present, _in_currency(named, changes)).items()
        if value_text(after) != value_text(present.get(name))
    ]
    if not done:
        raise Invalid("nothing_changed_here")
    for change in done:
        check(change.name, change.after)
    write(desk, named, terms, vehicle, {change.name: change.after for change in done})
    for change in done:
        record_correction(desk, named, change.name, value_text(change.before))
        desk.audit("edit", loan_id=named.id, field=change.name)
    if named.demo_at is not None:
        await make_real(desk, named)
    replanned = await _replan(desk, named, done)
    undo_id = offer_undo(desk, "edit", loan_id=named.id)
    vin = next((change.after for change in done if change.name == "vin"), None)
    return TermsChanged(
        loan=await loan_view(desk, named),
        currency=named.currency,
        changes=tuple(done),
        planned=planned_view(desk, named, replanned.planned[0]) if replanned and replanned.planned else None,
        cancelled=replanned.cancelled if replanned else 0,
        check_digit=check_digit(vin) if isinstance(vin, str) and not has_check_digit(vin) else None,
        undo_id=undo_id,
    )


async def terms_to_edit(desk: Desk, loan: LoanRef) -> TermsView:
    """Return the terms of a loan that the acting member may correct. Raises NotAllowed, and as `lookup.resolve` does."""
    named = (await lookup.resolve(desk, loan)).loan
    await require_may_correct(desk, named)
    return view(desk, named, *await queries.of_loan(desk.session, named.id))


def view(desk: Desk, loan: Loan, terms: LoanTerms | None, vehicle: Vehicle | None) -> TermsView:
    """Return what a card and a form show of a loan's terms."""
    return TermsView(loan.currency, values_of(desk, loan, terms, vehicle), _state(loan, terms, vehicle))


def check(name: TermName, value: TermValue | None) -> None:
    """Raise Invalid if a field cannot have the value: `amount_too_large`, `vin_unclear`, `plate_unclear`."""
    match TERM_FIELDS[name].kind, value:
        case "money", Decimal() if value >= MOST_MONEY:
            raise Invalid("amount_too_large", given=f"{value:f}")
        case "vin", str() if not is_vin(value):
            better = with_digits(value)
            raise Invalid("vin_unclear", given=value, nearest=(better,) if better != value and is_vin(better) else ())
        case "plate", str() if not is_plate(value):
            raise Invalid("plate_unclear", given=value)
        case _:
            return


def _in_currency(loan: Loan, changes: Mapping[TermName, TermValue | Amount | None]) -> dict[TermName, TermValue | None]:
    """Return the changes with amounts in the currency that the loan has after them. Raises Invalid (`amount_currency`)."""
    currency = str(changes.get("currency") or loan.currency)
    found: dict[TermName, TermValue | None] = {}
    for name, value in changes.items():
        if isinstance(value, Amount) and value.currencies and currency not in value.currencies:
            raise Invalid("amount_currency", loan=loan.number, currency=currency)
        found[name] = value.value if isinstance(value, Amount) else value
    return found


def _completed(present: Values, changes: Mapping[TermName, TermValue | None]) -> Mapping[TermName, TermValue | None]:
    """Return the changes, with the due day that a first due day says where none is known."""
    first = changes.get("first_due")
    if isinstance(first, date) and "due_day" not in present and changes.get("due_day") is None:
        return {**changes, "due_day": first.day}
    return changes


async def _replan(desk: Desk, loan: Loan, done: Sequence[TermChange]) -> rule_plans.Replanned | None:
    if loan.stage == check_plans.STAGE and any(change.name == "product" for change in done):
        await desk.session.flush()
        return rule_plans.Replanned(tuple(await rule_plans.plan_checks_of_product(desk, loan)))
    if not any(change.name in _PLANNED_BY for change in done):
        return None
    await desk.session.flush()
    return await rule_plans.replan_instalment(desk, loan)


def _state(loan: Loan, terms: LoanTerms | None, vehicle: Vehicle | None) -> str:
    """Return what changes with each change of the terms: a form carries it, so it says nothing of the values."""
    own = "|".join(str(each) for each in (loan.amount, loan.currency, loan.due_day, loan.autopay))
    versions = (terms.version if terms else 0, vehicle.version if vehicle else 0)
    return f"{versions[0]}.{versions[1]}.{hashlib.sha256(own.encode()).hexdigest()[:8]}"
