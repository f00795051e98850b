"""Make a check: answer its items one by one, end it with a result, look it up, and decide about one that failed."""

from dataclasses import field
from uuid import UUID

from desk.calls import calls
from desk.calls.matching import CallDetails
from desk.calls.views import CallLogged
from desk.core.changes import offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import has_role_for, require_role
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import checks
from desk.follow_ups.checks import CheckView, Findings, check_views, findings_of, save_findings
from desk.follow_ups.escalation_rules import settle_decided
from desk.follow_ups.lifecycle import PlannedFollowUp, check_note
from desk.follow_ups.locking import lock_follow_up
from desk.follow_ups.rule_plans import plan_check
from desk.loans import borrowers, lookup
from desk.loans.views import FollowUpView, LoanView, PlannedView, follow_up_views, loan_view, planned_view, slack_ids
from desk.people.relations import may_act_on_each, require_may_act
from desk.rules.checks import CHECKS
from storage.queries.follow_ups import checks as rows
from storage.queries.follow_ups import follow_ups
from storage.tables import Check, Loan


@dataclass(frozen=True, slots=True)
class ChecksToMake:
    """The checks of a loan that are open and that the acting member may make, most urgent first. `chosen` is the one that the
    form is about, with what was noted of it so far."""

    number: str
    name: str = field(repr=False)
    tail: str = field(repr=False)
    open: tuple[FollowUpView, ...]
    chosen: FollowUpView | None
    findings: Findings


@dataclass(frozen=True, slots=True)
class FindingsSaved:
    """What was noted of a check that stays open: how many of its items have an answer."""

    loan: LoanView
    name: str = field(repr=False)
    check: FollowUpView
    answered: int
    items: int
    undo_id: UUID


@dataclass(frozen=True, slots=True)
class LoanChecks:
    """The checks of a loan, the latest first, and whether the reader may decide about those that failed."""

    loan: LoanView
    name: str = field(repr=False)
    checks: tuple[CheckView, ...]
    may_decide: bool


@dataclass(frozen=True, slots=True)
class CheckDecided:
    """A manager's decision about a failed check. `planned`: the check is made again."""

    loan: LoanView
    name: str = field(repr=False)
    check: CheckView
    planned: PlannedView | None
    undo_id: UUID


async def checks_to_make(desk: Desk, number: str, follow_up: int | None) -> ChecksToMake:
    """Return the open checks of the loan; the chosen one is that of the number, or the only one.

    Raises as `lookup.resolve` does.
    """
    loan = (await lookup.resolve(desk, LoanRef(whole=number, text=number))).loan
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    found = [row for row in await follow_ups.open_of_loan(desk.session, loan.id) if row.purpose in CHECKS]
    may = await may_act_on_each(desk, "answer_follow_up", found, loan)
    mine = [row for row in found if may[row.assignee_id]]
    views = await follow_up_views(desk, loan, mine)
    at = next((at for at, row in enumerate(mine) if row.number == follow_up), 0 if len(mine) == 1 else None)
    return ChecksToMake(
        number=loan.number,
        name=contact.name,
        tail=contact.tail,
        open=views,
        chosen=None if at is None else views[at],
        findings=Findings() if at is None else await findings_of(desk, mine[at]),
    )


async def make_check(
    desk: Desk, follow_up_id: UUID, version: int, findings: Findings, *, result: str | None, note: str
) -> CallLogged | FindingsSaved:
    """Save what was compared. With a `result`, an outcome that has one, log the call that ends the check.

    Raises as `calls.log_call` and `lock_follow_up` do, and Invalid (`check_differs`, `check_reason_missing`,
    `nothing_filled_in`).
    """
    if result is not None:
        require_role(desk, "log_call")
    shown = await lock_follow_up(desk, follow_up_id, version)
    await require_may_act(desk, "answer_follow_up", shown.follow_up, shown.loan)
    differing = [code for code, answer in findings.items.items() if answer == "differs"]
    if result is not None:
        ends_as = VOCABULARY.outcome(result).result
        if ends_as == "confirmed" and differing:
            raise Invalid("check_differs", items=tuple(f"{shown.follow_up.purpose}.{code}" for code in differing))
        if ends_as == "failed" and not differing and not note.strip():
            raise Invalid("check_reason_missing")
        details = CallDetails(note=note)
        return await calls.log_result(desk, shown.loan, shown.follow_up, result, details, findings)
    if not findings.items and not findings.notes:
        raise Invalid("nothing_filled_in")
    await save_findings(desk, shown.loan, shown.follow_up, findings)
    desk.audit("check", loan_id=shown.loan.id, subject_id=shown.follow_up.id)
    undo_id = offer_undo(desk, "check", loan_id=shown.loan.id)
    [view] = await follow_up_views(desk, shown.loan, [shown.follow_up])
    contact = await borrowers.contact_of(desk, shown.loan.borrower_id)
    return FindingsSaved(
        loan=await loan_view(desk, shown.loan),
        name=contact.name,
        check=view,
        answered=len(findings.items),
        items=len(CHECKS[shown.follow_up.purpose]),
        undo_id=undo_id,
    )


async def checks_of_loan(desk: Desk, loan_id: UUID) -> LoanChecks:
    """Return the checks of a loan for a button. Raises NotFound (`unknown_loan_pressed`)."""
    loan = await lookup.lock_by_id(desk, loan_id)
    views = await check_views(desk, await rows.of_loan(desk.session, loan.id))
    return LoanChecks(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        checks=tuple(reversed(views)),
        may_decide=may_decide(desk),
    )


def may_decide(desk: Desk) -> bool:
    """Return whether the acting member may decide about failed checks."""
    return has_role_for(desk.member, "decide_check")


async def check_to_decide(desk: Desk, check_id: UUID) -> tuple[LoanView, CheckView]:
    """Return the loan and its failed check of which a manager is to decide.

    Raises NotAllowed (`role_missing`), NotFound (`unknown_check`), Conflict (`check_not_failed`).
    """
    loan, row, all_rows = await _failed(desk, check_id)
    views = await check_views(desk, all_rows)
    return await loan_view(desk, loan), next(view for view in views if view.id == row.id)


async def decide_check(desk: Desk, check_id: UUID, version: int, decision: str, reason: str) -> CheckDecided:
    """Decide whether a loan goes on although a check failed, or whether the check is made again.

    Raises as `check_to_decide` does, Conflict (`check_decided`), Invalid (`decision_reason_missing`, `note_too_long`).
    """
    loan, row, _all = await _failed(desk, check_id)
    if row.version != version:
        who = await slack_ids(desk, [row.decided_by_id])
        raise Conflict("check_decided", who=who.get(row.decided_by_id), at=row.decided_at)
    if not reason.strip():
        raise Invalid("decision_reason_missing")
    check_note(reason)
    checks.decide(desk, row, decision, reason)
    await settle_decided(desk, row)
    planned: PlannedFollowUp | None = None
    if decision == "again":
        planned = await plan_check(desk, loan, row.purpose)
    desk.audit("decide_check", loan_id=loan.id, subject_id=row.id, decision=decision)
    undo_id = offer_undo(desk, "decide_check", loan_id=loan.id)
    await desk.session.flush()
    views = await check_views(desk, await rows.of_loan(desk.session, loan.id))
    return CheckDecided(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        check=next(view for view in views if view.id == row.id),
        planned=planned_view(desk, loan, planned) if planned else None,
        undo_id=undo_id,
    )


async def _failed(desk: Desk, check_id: UUID) -> tuple[Loan, Check, list[Check]]:
    """Return the loan, locked, the failed check, and all checks of the loan."""
    require_role(desk, "decide_check")
    row = await desk.session.get(Check, check_id)
    if row is None or row.workspace_id != desk.workspace.id or not await lookup.may_see(desk, row.loan_id):
        raise NotFound("unknown_check")
    loan = await lookup.lock_by_id(desk, row.loan_id)
    await desk.session.refresh(row)
    if row.state != "failed" or row.undone_at is not None:
        raise Conflict("check_not_failed")
    return loan, row, await rows.of_loan(desk.session, loan.id)
