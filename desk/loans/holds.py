"""Legal holds: nothing of a borrower is deleted while one is in force on a loan of theirs. Compliance places and lifts them."""

from collections.abc import Sequence
from dataclasses import field
from datetime import date, datetime, timedelta
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import has_role_for, require_role
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.follow_ups.lifecycle import check_note
from desk.loans import lookup
from desk.loans.views import LoanView, loan_view, slack_ids
from storage.engine.types import new_id
from storage.queries.loans import keeping
from storage.queries.people import workspaces
from storage.tables import LegalHold, Loan

PAGE = 10
"""Holds per page."""

LONGEST = timedelta(days=20 * 366)
"""How far off the last day of a hold may be."""


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold. `by` is a Slack id; `until` None: until it is lifted. `why` is empty for a reader who does not keep holds."""

    id: UUID
    version: int
    loan: str
    since: datetime
    by: str
    until: date | None
    why: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """A hold that was placed or lifted."""

    loan: LoanView
    hold: HoldView
    lifted: bool


@dataclass(frozen=True, slots=True)
class HoldList:
    """A page of the holds in force, those that end first first."""

    holds: tuple[HoldView, ...]
    offset: int
    more: bool


async def place_hold(desk: Desk, *, loan: LoanRef, why: str, until: date | None = None) -> HoldChanged:
    """Place a loan, and so all records of its borrower, under a legal hold. A loan may have several.

    Raises NotAllowed (`role_missing`), Invalid (`hold_reason_missing`, `note_too_long`, `hold_past`, `hold_too_long`), and as
    `lookup.resolve` does.
    """
    require_role(desk, "keep_holds")
    if not why.strip():
        raise Invalid("hold_reason_missing")
    check_note(why)
    if until is not None and until < desk.workspace_today:
        raise Invalid("hold_past", given=until)
    if until is not None and until > desk.workspace_today + LONGEST:
        raise Invalid("hold_too_long", given=until, latest=desk.workspace_today + LONGEST)
    await workspaces.keep_holds_out(desk.session, desk.workspace.id)  # what is being deleted is deleted first
    named = (await lookup.resolve(desk, loan)).loan
    row_id = new_id()
    row = LegalHold(
        id=row_id,
        workspace_id=desk.workspace.id,
        loan_id=named.id,
        reason_cipher=desk.cipher.encrypt_optional(LegalHold.reason_cipher, row_id, why),
        until_on=until,
        by_id=desk.member.id,
        at=desk.now,
    )
    desk.add(row)
    desk.audit("place_hold", loan_id=named.id, subject_id=row.id, until=until.isoformat() if until else None)
    await desk.session.flush()
    return HoldChanged(await loan_view(desk, named), (await _views(desk, [(row, named)]))[0], lifted=False)


async def lift_hold(desk: Desk, hold_id: UUID, version: int) -> HoldChanged:
    """Lift a hold. Raises NotAllowed (`role_missing`), NotFound (`hold_gone`), Conflict (`hold_over`)."""
    require_role(desk, "keep_holds")
    row, loan = await lookup.lock_with_loan(desk, LegalHold, hold_id, "hold_gone")
    if row.lifted_at is not None or row.version != version:
        raise Conflict("hold_over", loan=loan.number)
    row.lifted_at, row.lifted_by_id = desk.now, desk.member.id
    row.version += 1
    desk.add(row)
    desk.audit("lift_hold", loan_id=loan.id, subject_id=row.id)
    await desk.session.flush()
    return HoldChanged(await loan_view(desk, loan), (await _views(desk, [(row, loan)]))[0], lifted=True)


async def holds(desk: Desk, *, offset: int = 0) -> HoldList:
    """Return a page of the holds in force. Raises NotAllowed (`role_missing`)."""
    require_role(desk, "keep_holds")
    found = await keeping.holds_in_force(
        desk.session, desk.workspace.id, desk.workspace_today, offset=offset, limit=PAGE + 1
    )
    return HoldList(await _views(desk, found[:PAGE]), offset, len(found) > PAGE)


async def holds_of(desk: Desk, loan: Loan) -> tuple[HoldView, ...]:
    """Return the holds in force on a loan that the reader sees, also those on another loan of its borrower."""
    found = await keeping.holds_on(desk.session, loan.id, desk.workspace_today)
    return await _views(desk, [(row, loan) for row in found])


async def _views(desk: Desk, rows: Sequence[tuple[LegalHold, Loan]]) -> tuple[HoldView, ...]:
    names = await slack_ids(desk, (row.by_id for row, _ in rows))
    keeps = has_role_for(desk.member, "keep_holds")
    return tuple(
        HoldView(
            id=row.id,
            version=row.version,
            loan=loan.number,
            since=row.at,
            by=names[row.by_id],
            until=row.until_on,
            why=unreadable.read(desk, LegalHold.reason_cipher, row) if keeps else "",
        )
        for row, loan in rows
    )
