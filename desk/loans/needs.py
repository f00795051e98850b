"""What a loan lacks for a stage: documents, checks, amount, first due day."""

from collections.abc import Sequence

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import has_role_for
from desk.core.transaction import Desk
from desk.documents.views import is_expired
from desk.follow_ups.check_plans import checks_for, product_of, stage_rules
from desk.rules.checks import latest, undecided
from desk.rules.moves import MOVES, Need, NeedKind
from desk.rules.stages import needed_before
from storage.queries.documents import documents
from storage.queries.follow_ups import checks
from storage.queries.loans.terms import of_loan as terms_and_vehicle
from storage.tables import Check, Loan, LoanTerms


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a loan lacks for a move, and its failed checks of which no manager has decided."""

    needs: tuple[Need, ...] = ()
    held: tuple[Check, ...] = ()

    @property
    def musts(self) -> tuple[Need, ...]:
        return tuple(need for need in self.needs if need.must)


async def lacking(desk: Desk, loan: Loan, stage: str) -> Lacking:
    """Return what the loan lacks for a move to that stage."""
    move = MOVES[stage]
    if not move.needs and not move.must:
        return Lacking()
    rules = await stage_rules(desk)
    musts = {*move.must, *(rules.required_needs if rules is not None else ())}
    made = await checks.of_loan(desk.session, loan.id)
    terms, _vehicle = await terms_and_vehicle(desk.session, loan.id)
    held = undecided(made)
    found: list[Need] = []
    for kind in (*move.must, *move.needs):
        codes = await _missing(desk, loan, stage, kind, made, held, terms)
        if codes is not None:
            found.append(Need(kind, codes, must=kind in musts))
    return Lacking(tuple(found), tuple(held) if "no_failed_check" in move.must else ())


async def _missing(
    desk: Desk,
    loan: Loan,
    stage: str,
    kind: NeedKind,
    made: Sequence[Check],
    held: Sequence[Check],
    terms: LoanTerms | None,
) -> tuple[str, ...] | None:
    """Return what of a need is missing, the empty tuple where it is one thing; None if nothing is."""
    match kind:
        case "no_failed_check":
            return tuple(dict.fromkeys(check.purpose for check in held)) or None
        case "checks":
            ended = latest(made)
            passed = {code for code, check in ended.items() if check.state == "confirmed" or check.decision == "go_on"}
            failed = {check.purpose for check in held}
            wanted = checks_for(await product_of(desk, terms))
            return tuple(code for code in wanted if code not in passed | failed) or None
        case "documents":
            items = await documents.items_of_loan(desk.session, loan.id, ("accepted",))
            accepted = {item.document for item, _ in items if not is_expired(desk, item)}
            wanted = needed_before(stage, await product_of(desk, terms))
            return tuple(code for code in wanted if code not in accepted) or None
        case "amount":
            return () if loan.amount is None else None
        case "due_day":
            known = loan.due_day is not None or (terms is not None and terms.first_due_on is not None)
            return None if known else ()


def require_met(desk: Desk, loan: Loan, stage: str, found: Lacking, reason: str) -> bool:
    """Return whether a manager goes on, with a reason, without what is a must.

    Raises Invalid (`stage_needs`) for others, and for a manager without a reason.
    """
    if not found.musts:
        return False
    manager = has_role_for(desk.member, "decide_check")
    if not manager or not reason.strip():
        raise Invalid("stage_needs", loan=loan.number, stage=stage, needs=found.musts, manager=manager)
    return True
