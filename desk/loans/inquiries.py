"""Open inquiries: a borrower asks for a loan, which gets a number of the desk's own."""

from dataclasses import field
from uuid import UUID

from desk.core import drafts
from desk.core.changes import create, offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import finds_followers_of, takes_back
from desk.core.values import NAME_LIMIT
from desk.follow_ups import rule_plans
from desk.follow_ups.lifecycle import check_note
from desk.follow_ups.next_steps import NextSteps, offer_next_steps
from desk.loans import borrowers
from desk.loans.lists import LoanRow, loan_rows
from desk.loans.lookup import find_visible
from desk.loans.stages import add_stage_change
from desk.loans.views import LoanView, PlannedView, loan_view, planned_view
from desk.rules.contacts import clean_name, without_extension
from storage.engine.types import new_id
from storage.queries.follow_ups import follow_ups
from storage.queries.loans.loans import number_key
from storage.queries.people import workspaces
from storage.tables import Loan, Undo

KNOWN_SHOWN = 5
"""How many loans with the same phone are shown."""


@dataclass(frozen=True, slots=True)
class NewInquiry:
    """An opened inquiry. `phone_is_wrong`: its number is marked as wrong on another loan, and so on this one. `planned` is the
    call that a rule planned; `next_steps` offers other times for it, or a first call."""

    loan: LoanView
    name: str = field(repr=False)
    note: str = field(repr=False)
    phone_is_wrong: bool
    next_steps: NextSteps | None
    undo_id: UUID
    planned: PlannedView | None = None


@dataclass(frozen=True, slots=True)
class KnownPhone:
    """Nothing is opened yet because loans with this phone exist. `draft_id` is for the button that opens it anyway."""

    loans: tuple[LoanRow, ...]
    more: bool
    draft_id: UUID


async def open_inquiry(desk: Desk, *, name: str, phone: str, note: str = "") -> NewInquiry | KnownPhone:
    """Open an inquiry, owned by the acting member if they make calls. `phone` is E.164 with its extension.

    Raises NotAllowed (`role_missing`), Invalid (`name_missing`, `name_too_long`, `note_too_long`).
    """
    require_role(desk, "open_inquiry")
    name = check_name(name)
    check_note(note)
    known = await find_visible(desk, [without_extension(phone)], limit=KNOWN_SHOWN + 1)
    if not known:
        return await _open(desk, name, phone, note)
    draft_id = await drafts.save_for_confirmation(desk, {"name": name, "phone": phone, "note": note})
    return KnownPhone(await loan_rows(desk, known[:KNOWN_SHOWN]), len(known) > KNOWN_SHOWN, draft_id)


async def confirm_inquiry(desk: Desk, draft_id: UUID) -> NewInquiry:
    """Open an inquiry whose phone is known, once the member has confirmed it.

    Raises NotAllowed (`role_missing`), NotFound (`draft_gone`: used, too old, or another member's).
    """
    require_role(desk, "open_inquiry")
    draft = await drafts.take_confirmed(desk, draft_id)
    return await _open(desk, draft["name"], draft["phone"], draft["note"])


@takes_back(Loan)
async def take_back_inquiry(desk: Desk, loan: Loan) -> None:
    """End a loan as withdrawn because the act that opened it is undone."""
    loan.stage, loan.stage_since = "withdrawn", desk.now


@finds_followers_of("new_loan")
async def has_plan(desk: Desk, undo: Undo) -> bool:
    """Whether a member planned something on the new loan since; that does not change the loan's own row."""
    if undo.loan_id is None:
        return False
    return any(row.rule is None for row in await follow_ups.open_of_loan(desk.session, undo.loan_id))


def check_name(name: str) -> str:
    """Return the name without what nobody sees. Raise Invalid (`name_missing`; `name_too_long`, with both counts)."""
    name = clean_name(name)
    if not name:
        raise Invalid("name_missing", part="name", given="")
    if len(name) > NAME_LIMIT:
        raise Invalid("name_too_long", length=len(name), limit=NAME_LIMIT)
    return name


async def _open(desk: Desk, name: str, phone: str, note: str) -> NewInquiry:
    number = await workspaces.take_loan_number(desk.session, desk.workspace)
    borrower = borrowers.new_borrower(desk, name=name, phone=phone)
    borrower.phone_wrong_at = (await borrowers.wrong_since(desk, [phone])).get(phone)
    loan = create(
        desk,
        Loan(
            id=new_id(),
            workspace_id=desk.workspace.id,
            borrower_id=borrower.id,
            number=number,
            number_key=number_key(number),
            minted=True,
            stage="inquiry",
            stage_since=desk.now,
            owner_id=desk.member.id,
            owner_set_at=desk.now,
            currency=desk.workspace.currency,
            created_at=desk.now,
        ),
    )
    add_stage_change(desk, loan, "inquiry", note, from_stage=None)
    planned = (await rule_plans.plan_for_stage(desk, loan)).planned
    desk.audit("new_loan", loan_id=loan.id)
    return NewInquiry(
        loan=await loan_view(desk, loan),
        name=name,
        note=note,
        phone_is_wrong=borrower.phone_wrong_at is not None,
        next_steps=await offer_next_steps(desk, loan, beside=planned),
        undo_id=offer_undo(desk, "new_loan", loan_id=loan.id),
        planned=planned_view(desk, loan, planned[0]) if planned else None,
    )
