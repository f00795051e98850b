"""A manager allows a call at a time at which contact rules refuse one."""

from datetime import datetime
from uuid import UUID

from desk.core.changes import create, offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.follow_ups.contact_limits import limits_of
from desk.follow_ups.lifecycle import check_note
from desk.loans import lookup
from desk.loans.views import LoanView, loan_view
from desk.rules.contact_rules import Broken
from storage.engine.types import new_id
from storage.tables import ContactDecision


@dataclass(frozen=True, slots=True)
class TimeAllowed:
    """A time that was allowed on a loan, and the rules that refuse it."""

    loan: LoanView
    at: datetime
    broken: tuple[Broken, ...]
    undo_id: UUID


async def allow_time(desk: Desk, *, loan: LoanRef, at: datetime, reason: str) -> TimeAllowed:
    """Allow a call at a time at which contact rules refuse one, with a reason.

    Raises NotAllowed (`role_missing`), Invalid (`contact_reason_missing`, `note_too_long`, `nothing_refuses`), Conflict
    (`contact_fixed`: the borrower, a lawyer, a court or a law of relief has set it), and as `lookup.resolve` does.
    """
    require_role(desk, "override_contact")
    if not reason.strip():
        raise Invalid("contact_reason_missing")
    check_note(reason)
    named = (await lookup.resolve(desk, loan)).loan
    limits = await limits_of(desk, named)
    answer = limits.answer(at) if limits is not None else None
    if answer is None or answer.effect != "deny":
        raise Invalid("nothing_refuses", loan=named.number, at=at)
    if answer.fixed:
        raise Conflict("contact_fixed", loan=named.number)
    row_id, rules = new_id(), [each.rule.id for each in answer.broken]
    create(
        desk,
        ContactDecision(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=named.id,
            kind="overridden",
            rules=" ".join(rules),
            reason_cipher=desk.cipher.encrypt_optional(ContactDecision.reason_cipher, row_id, reason),
            moved_to=at,
            by_id=desk.member.id,
            at=desk.now,
        ),
    )
    desk.audit("override_contact", loan_id=named.id, subject_id=row_id, rules=rules, at=at.isoformat())
    await desk.session.flush()
    view, undo_id = await loan_view(desk, named), offer_undo(desk, "allow_time", loan_id=named.id)
    return TimeAllowed(view, at, answer.broken, undo_id)
