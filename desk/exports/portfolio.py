"""All loans that a member may see, with their terms, their calls and their arrears: the portfolio."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from desk.core import unreadable
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY, ChoiceField
from desk.exports.rows import LoanCells, Named, Page, Row, Value, Wanted, loan_cells, next_cells, viewer_of
from desk.follow_ups.standing import Standing, standings
from desk.rules.instalments import ALL_PAID
from storage.queries.exports import exports
from storage.tables import Call, Loan, LoanTerms, Vehicle


async def portfolio(desk: Desk, _wanted: Wanted, place: str | None, limit: int) -> Page:
    """Return the next loans that the acting member sees, by number, those that have ended too."""
    found = await exports.portfolio(desk.session, await viewer_of(desk), place, limit=limit)
    every = [loan for loan, *_ in found]
    ids = [loan.id for loan in every]
    cells = await loan_cells(desk, every)
    calls = await exports.last_calls(desk.session, ids)
    nexts = await next_cells(desk, every)
    now = await _in_arrears(desk, every)
    rows = [
        _row(desk, cells[loan.id], terms, vehicle, calls.get(loan.id), now.get(loan.id), nexts[loan.id])
        for loan, _, terms, vehicle in found
    ]
    return Page(rows, every[-1].number_key if ids and len(ids) == limit else None)


async def _in_arrears(desk: Desk, found: Sequence[Loan]) -> dict[UUID, Standing]:
    """Return the repayment of the loans with an instalment in the past: only of these it is read."""
    today = desk.workspace_today
    late = [loan for loan in found if (since := loan.next_instalment_on or loan.unpaid_since) and since < today]
    return await standings(desk, late) if late else {}


def _row(
    desk: Desk,
    of: LoanCells,
    terms: LoanTerms | None,
    vehicle: Vehicle | None,
    call: Call | None,
    now: Standing | None,
    following: Mapping[str, Value],
) -> Row:
    loan, arrears = of.loan, now.arrears if now is not None and now.arrears.days else None
    following_on = loan.next_instalment_on
    cells: dict[str, Value] = {
        "opened": loan.created_at,
        "amount": loan.amount,
        "currency": loan.currency,
        "due_day": loan.due_day,
        "autopay": loan.autopay,
        "last_call": call.at if call else None,
        "last_outcome": VOCABULARY.outcome(call.outcome) if call else None,
        "next_instalment": following_on if following_on and following_on != ALL_PAID else None,
        "unpaid_since": (following_on or loan.unpaid_since) if arrears else None,
        "days": arrears.days if arrears else 0,
        "bucket": now.bucket if now and arrears else None,
        "past_due": arrears.amount if now and arrears and now.amount_known else None,
        **_terms(terms),
        **_vehicle(desk, vehicle, shown=of.shown),
        **following,
    }
    return of.row(**cells)


def _terms(terms: LoanTerms | None) -> dict[str, Value]:
    if terms is None:
        names = "price down_payment term rate rate_basis method first_due product lender_reference"
        return dict.fromkeys(names.split())
    return {
        "price": terms.price,
        "down_payment": terms.down_payment,
        "term": terms.term_months,
        "rate": terms.rate,
        "rate_basis": _choice("rate_basis", terms.rate_basis),
        "method": _choice("method", terms.method),
        "first_due": terms.first_due_on,
        "product": VOCABULARY.product(terms.product) if terms.product else terms.product_name,
        "lender_reference": terms.reference,
    }


def _vehicle(desk: Desk, vehicle: Vehicle | None, *, shown: bool) -> dict[str, Value]:
    if vehicle is None:
        return dict.fromkeys(["make", "model", "model_year", "condition", "vin", "plate"])
    return {
        "make": vehicle.make,
        "model": vehicle.model,
        "model_year": vehicle.model_year,
        "condition": _choice("condition", vehicle.condition),
        "vin": unreadable.read(desk, Vehicle.vin_cipher, vehicle) if shown else None,
        "plate": unreadable.read(desk, Vehicle.plate_cipher, vehicle) if shown else None,
    }


def _choice(field: ChoiceField, code: str | None) -> Named | None:
    return VOCABULARY.choice(field, code) if code else None
