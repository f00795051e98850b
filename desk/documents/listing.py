"""The documents of a loan as lists: open, settled, missing, and those with which an act is possible."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import NotFound
from desk.core.permissions import allows
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.documents.documents import POSSIBLE
from desk.documents.files import FileView, files_of_items
from desk.documents.names import DocumentName
from desk.documents.views import ItemView, is_expired, item_views, words_of
from desk.follow_ups.check_plans import product_of
from desk.loans import borrowers, lookup
from desk.loans.views import LoanView, loan_view
from desk.people.offers import Offers, offers_on
from desk.rules.stages import needed_at
from storage.queries.documents import documents
from storage.queries.loans import terms
from storage.tables import DocumentItem, DocumentRequest, Loan

Items = Sequence[tuple[DocumentItem, DocumentRequest]]
"""Documents of a loan with their requests."""

TO_BRING = documents.TO_BRING
"""The states of a document that has still to be brought."""


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


async def names_of(desk: Desk, loan: Loan, item_ids: Collection[UUID]) -> tuple[DocumentName, ...]:
    """Return the names of these documents of the loan. Raises NotFound (`unknown_loan_pressed`) for one of another loan."""
    if not item_ids:
        return ()
    there = {item.id: item for item, _ in await documents.items_of_loan(desk.session, loan.id)}
    if not there.keys() >= set(item_ids):
        raise NotFound("unknown_loan_pressed")
    return tuple(DocumentName(there[each].document, words_of(desk, there[each])) for each in item_ids)


async def documents_to_bring(desk: Desk, loan: Loan) -> tuple[DocumentName, ...]:
    """Return the documents of a loan that were requested and have not arrived, and those that its stage needs besides."""
    there = await documents.items_of_loan(desk.session, loan.id)
    known, _vehicle = await terms.of_loan(desk.session, loan.id)
    return to_bring(desk, loan, there, await product_of(desk, known))


def to_bring(desk: Desk, loan: Loan, there: Items, product: str | None) -> tuple[DocumentName, ...]:
    """Return the same of documents and a product that were read already."""
    asked = [DocumentName(item.document, words_of(desk, item)) for item, _ in there if item.state in documents.TO_BRING]
    lacking = (DocumentName(code) for code in _lacking(desk, loan, there, product))
    return tuple(dict.fromkeys((*asked, *lacking)))


async def _missing(desk: Desk, loan: Loan, there: Items) -> tuple[str, ...]:
    known, _vehicle = await terms.of_loan(desk.session, loan.id)
    return _lacking(desk, loan, there, await product_of(desk, known))


def _lacking(desk: Desk, loan: Loan, there: Items, product: str | None) -> tuple[str, ...]:
    """Return what a loan's stage needs and does not have. One that has expired is missing until the new one, for which the desk
    itself asked, is there."""
    expired = {item.document for item, _ in there if is_expired(desk, item)}
    has = {
        item.document
        for item, _ in there
        if item.state in documents.WANTED
        and not is_expired(desk, item)
        and not (item.document in expired and item.state == "requested" and item.changed_by_id is None)
    }
    return tuple(code for code in needed_at(loan.stage, product) if code not in has)


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
        offers=await offers_on(desk, loan.owner_id),
        missing=await _missing(desk, loan, there),
        files=await files_of_items(desk, [view.id for view in views]) if _may(desk, "open_file") else {},
        takes_files=_may(desk, "send_file"),
    )


def _may(desk: Desk, act: str) -> bool:
    """Return whether the desk keeps files, and the acting member may do that with them."""
    return desk.files is not None and allows(desk.member, act)
