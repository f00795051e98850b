"""The documents of a loan as lists: open, settled, missing, and those with which an act is possible."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.permissions import allows
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.documents.documents import POSSIBLE, WANTED
from desk.documents.files import FileView, files_of_items
from desk.documents.names import DocumentName
from desk.documents.views import ItemView, is_expired, item_views
from desk.follow_ups.check_plans import product_of
from desk.loans import borrowers, lookup
from desk.loans.views import LoanView, loan_view
from desk.people.offers import Offers, offers_on
from desk.rules.stages import needed_at
from storage.queries.documents import documents
from storage.queries.loans import terms
from storage.tables import DocumentItem, DocumentRequest, Loan


@dataclass(frozen=True, slots=True)
class DocumentList:
    """The documents of a loan: the open ones, the settled ones, newest first, and the codes of those `missing` at its stage."""

    loan: LoanView
    name: str = field(repr=False)
    open: tuple[ItemView, ...]
    settled: tuple[ItemView, ...]
    offers: Offers
    missing: tuple[str, ...]
    files: Mapping[UUID, tuple[FileView, ...]]
    takes_files: bool


async def list_documents(desk: Desk, loan: LoanRef) -> DocumentList:
    """Return the documents of a loan. Raises what `lookup.resolve` raises."""
    return await _listed(desk, (await lookup.resolve(desk, loan)).loan)


async def list_documents_by_id(desk: Desk, loan_id: UUID) -> DocumentList:
    """Return the documents of a button's loan. Raises NotFound (`unknown_loan_pressed`)."""
    return await _listed(desk, await lookup.lock_by_id(desk, loan_id))


async def documents_open_to(desk: Desk, loan: Loan, act: str) -> tuple[ItemView, ...]:
    """Return the documents of a loan with which `act` can be done."""
    views = await item_views(desk, await documents.items_of_loan(desk.session, loan.id))
    return tuple(view for view in views if act in POSSIBLE[view.state])


async def documents_open_to_reject(desk: Desk, loan: LoanRef) -> tuple[DocumentName, ...]:
    """Return the documents of a loan that can be sent back. Raises what `lookup.resolve` raises."""
    found = await documents_open_to(desk, (await lookup.resolve(desk, loan)).loan, "reject")
    return tuple(dict.fromkeys(DocumentName(item.code, item.words) for item in found))


async def missing_documents(desk: Desk, loan: LoanRef) -> tuple[str, ...]:
    """Return the codes of documents that a loan's stage needs and that are neither open nor accepted.

    Raises what `lookup.resolve` raises.
    """
    named = (await lookup.resolve(desk, loan)).loan
    return await _missing(desk, named, await documents.items_of_loan(desk.session, named.id))


async def _missing(desk: Desk, loan: Loan, items: Sequence[tuple[DocumentItem, DocumentRequest]]) -> tuple[str, ...]:
    known, _vehicle = await terms.of_loan(desk.session, loan.id)
    there = {item.document for item, _ in items if item.state in WANTED and not is_expired(desk, item)}
    wanted = needed_at(loan.stage, await product_of(desk, known))
    return tuple(code for code in wanted if code not in there)


async def _listed(desk: Desk, loan: Loan) -> DocumentList:
    there = await documents.items_of_loan(desk.session, loan.id)
    views = await item_views(desk, there)
    settled = sorted(
        (v for v in views if v.state not in documents.OPEN_STATES), key=lambda v: v.changed_at, reverse=True
    )
    return DocumentList(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        open=tuple(v for v in views if v.state in documents.OPEN_STATES),
        settled=tuple(settled),
        offers=offers_on(desk, loan.owner_id),
        missing=await _missing(desk, loan, there),
        files=await files_of_items(desk, [view.id for view in views]) if _may(desk, "open_file") else {},
        takes_files=_may(desk, "send_file"),
    )


def _may(desk: Desk, act: str) -> bool:
    """Return whether the desk keeps files, and the acting member may do that with them."""
    return desk.files is not None and allows(desk.member, act)
