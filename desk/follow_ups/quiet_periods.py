"""Loans that need no call until a date: they do not count as loans with nothing planned, and count again from that date on."""

from dataclasses import field
from datetime import date, timedelta
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import rule_plans
from desk.follow_ups.lifecycle import check_note
from desk.loans import lookup
from desk.loans.views import LoanView, loan_view
from storage.engine.types import new_id
from storage.queries.follow_ups import follow_ups, quiet_periods
from storage.tables import Loan, QuietPeriod

USUAL = timedelta(days=30)
"""How long a loan needs no call if nothing else is said."""

LONGEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Until when a loan needs no call, and why."""

    until: date
    why: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class QuietBegun:
    """A loan that needs no call for a while. `cancelled` counts the calls that rules had planned."""

    loan: LoanView
    quiet: Quiet
    cancelled: int
    undo_id: UUID

    @property
    def number(self) -> str:
        """Return the loan's number."""
        return self.loan.number


async def record_quiet(desk: Desk, *, loan: LoanRef, until: date, why: str = "") -> QuietBegun:
    """Record that a loan needs no call until a date, in place of what was recorded before.

    Raises NotAllowed (`role_missing`), Invalid (`quiet_past`, `quiet_too_long`, `quiet_ended`, `note_too_long`), and as
    `lookup.resolve` does.
    """
    require_role(desk, "plan_offered")
    return await _record(desk, (await lookup.resolve(desk, loan)).loan, until, why)


async def record_usual_quiet(desk: Desk, loan_id: UUID) -> QuietBegun:
    """Record that a loan needs no call for the usual time. Raises NotFound (`unknown_loan_pressed`), and as `record_quiet`."""
    require_role(desk, "plan_offered")
    loan = await lookup.lock_by_id(desk, loan_id)
    return await _record(desk, loan, desk.workspace_today + USUAL, "")


async def begin(desk: Desk, loan: Loan, until: date | None = None, why: str = "") -> Quiet:
    """Write that a locked loan needs no call until that date (None: for the usual time). Raises Invalid as `record_quiet`."""
    day = until or desk.workspace_today + USUAL
    check_note(why)
    if VOCABULARY.stage(loan.stage).ended:
        raise Invalid("quiet_ended", loan=loan.number, stage=loan.stage)
    if day <= desk.workspace_today:
        raise Invalid("quiet_past", given=day)
    if day > desk.workspace_today + LONGEST:
        raise Invalid("quiet_too_long", given=day, latest=desk.workspace_today + LONGEST)
    await end(desk, loan)
    row_id = new_id()
    create(
        desk,
        QuietPeriod(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=loan.id,
            until_on=day,
            reason_cipher=desk.cipher.encrypt_optional(QuietPeriod.reason_cipher, row_id, why),
            by_id=desk.member.id,
            at=desk.now,
        ),
    )
    return Quiet(day, why)


async def end(desk: Desk, loan: Loan) -> None:
    """End the period of a locked loan, if there is one: it counts again."""
    present = await quiet_periods.current(desk.session, loan.id, desk.workspace_today)
    if present is not None:
        track(desk, present).ended_at = desk.now


async def quiet_of(desk: Desk, loan: Loan) -> Quiet | None:
    """Return until when the loan needs no call, and why, if that was recorded."""
    row = await quiet_periods.current(desk.session, loan.id, desk.workspace_today)
    return Quiet(row.until_on, unreadable.read(desk, QuietPeriod.reason_cipher, row)) if row else None


async def _record(desk: Desk, loan: Loan, until: date, why: str) -> QuietBegun:
    quiet = await begin(desk, loan, until, why)
    open_rows = await follow_ups.open_of_loan(desk.session, loan.id)
    cancelled = rule_plans.cancel_of_stage(desk, open_rows, loan.stage)
    desk.audit("nothing_needed", loan_id=loan.id, until=until.isoformat())
    await desk.session.flush()
    undo_id = offer_undo(desk, "nothing_needed", loan_id=loan.id)
    return QuietBegun(await loan_view(desk, loan), quiet, len(cancelled), undo_id)
