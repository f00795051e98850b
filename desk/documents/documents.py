"""Request documents, change their state, and plan and finish the calls that ask for them."""

from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from desk.core.changes import offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import Due, LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.documents import calls
from desk.documents.calls import PlacedCall
from desk.documents.names import DocumentName, check_words, key_of
from desk.documents.requests import write_items, write_request
from desk.documents.steps import set_state
from desk.documents.views import ItemView, is_expired, item_views, words_of
from desk.follow_ups import chasing
from desk.follow_ups.chasing import Paper, due_of
from desk.follow_ups.lifecycle import check_note
from desk.follow_ups.next_steps import NextSteps, offer_next_steps
from desk.follow_ups.verification_notices import report_papers
from desk.loans import borrowers, lookup
from desk.loans.views import FollowUpView, LoanView, PlannedView, follow_up_views, loan_view, planned_view
from storage.queries.documents import documents
from storage.queries.people import members
from storage.tables import DocumentItem, DocumentRequest, Loan, StoredFile

Act = Literal["got", "accept", "cancel", "reject"]

_LEADS_TO = {"got": "received", "accept": "accepted", "cancel": "cancelled", "reject": "rejected"}
POSSIBLE: dict[str, tuple[Act, ...]] = {
    "requested": ("got", "cancel"),
    "rejected": ("got", "cancel"),
    "received": ("accept", "reject", "cancel"),
    "accepted": ("reject",),
    "cancelled": (),
    "ended": (),
}
"""What can be done with a document in each state; one that was cancelled or ended is requested again instead."""


@dataclass(frozen=True, slots=True)
class RedatedDocument:
    """A document with a new date, and the one that it had before."""

    item: ItemView
    before: Due | None


@dataclass(frozen=True, slots=True)
class DocumentRequestResult:
    """Documents requested now, those with a new date (`redated`) and those that stay as they were (`already`), and the call
    about them. `date_unused`: some of these have arrived, so the given date is not theirs.

    `planned` was planned or moved now, by the desk itself when `by_rule`; `existing` was left as it is; `asks_for` is what
    that call asks for. `undo_id` is None when nothing changed.
    """

    loan: LoanView
    name: str = field(repr=False)
    asked: tuple[ItemView, ...]
    redated: tuple[RedatedDocument, ...]
    already: tuple[ItemView, ...]
    date_unused: bool
    planned: PlannedView | None
    by_rule: bool
    existing: FollowUpView | None
    asks_for: tuple[Paper, ...]
    undo_id: UUID | None


@dataclass(frozen=True, slots=True)
class DocumentChangeResult:
    """Documents that changed state, those still open, and the calls about them that were finished, or planned or moved
    (`placed`). `unasked` are the ids of those that arrived without having been requested."""

    loan: LoanView
    name: str = field(repr=False)
    changed: tuple[ItemView, ...]
    unasked: frozenset[UUID]
    still_open: tuple[ItemView, ...]
    done: tuple[FollowUpView, ...]
    placed: tuple[PlacedCall, ...]
    next_steps: NextSteps | None
    undo_id: UUID

    @property
    def planned(self) -> PlannedView | None:
        """Return the first call that was planned or moved."""
        return self.placed[0].planned if self.placed else None


async def request_documents(
    desk: Desk, *, loan: LoanRef, wanted: Sequence[DocumentName], by: Due | None = None
) -> DocumentRequestResult:
    """Request documents that are not open yet, give those that are still to be brought the date `by`, and place the call.

    Every other document keeps its own date. The call is placed at the earliest date, or without one by rule. Raises
    NotAllowed (`role_missing`), Invalid (`document_words_too_long`), and what `lookup.resolve` and `lifecycle.plan` raise.
    """
    require_role(desk, "request_documents")
    for each in wanted:
        check_words(each)
    named = (await lookup.resolve(desk, loan)).loan
    there = await documents.open_with_requests(desk.session, named.id)
    open_items = {key_of(desk, item): (item, request) for item, request in there}
    already = [open_items[each.key] for each in wanted if each.key in open_items]
    new = [each for each in wanted if each.key not in open_items]
    redated = [each for each in already if by is not None and _takes_date(*each, by)]
    already = [each for each in already if each not in redated]
    if not new and not redated:
        return await _nothing_requested(desk, named, already, by)
    placed = await calls.place_call(desk, named, by)
    request = write_request(desk, named, by, placed.call)
    items = write_items(desk, request, new)
    for item, _ in redated:
        track(desk, item).request_id = request.id
    planned = placed.planned
    if planned is None and placed.call is not None:
        planned = await chasing.put_off(desk, named, placed.call)
    moved = [item for item, _ in redated]
    desk.audit("documents", loan_id=named.id, step="request", documents=[item.document for item in (*items, *moved)])
    existing = await follow_up_views(desk, named, [placed.call]) if placed.call and not planned else ()
    return DocumentRequestResult(
        loan=await loan_view(desk, named),
        name=(await borrowers.contact_of(desk, named.borrower_id)).name,
        asked=await _views(desk, items),
        redated=tuple(
            RedatedDocument(view, due_of(before))
            for view, (_, before) in zip(await _views(desk, moved), redated, strict=True)
        ),
        already=await _views(desk, [item for item, _ in already]),
        date_unused=by is not None and _any_arrived(already),
        planned=planned_view(desk, named, planned) if planned else None,
        by_rule=planned is not None and by is None,
        existing=existing[0] if existing else None,
        asks_for=await chasing.papers_of(desk, named, placed.call) if placed.call else (),
        undo_id=offer_undo(desk, "documents", loan_id=named.id),
    )


async def change_documents(
    desk: Desk,
    *,
    loan: LoanRef,
    act: Act,
    which: Sequence[DocumentName],
    reason: str = "",
    valid_until: date | None = None,
) -> DocumentChangeResult:
    """Change the state of the named documents, all or none. A document that arrives without having been requested is taken, as
    is a new one in place of one that has expired. `valid_until` is the last day on which they are valid.

    Raises NotAllowed (`role_missing`), NotFound (`document_not_requested`), Invalid (`document_impossible`,
    `document_expired`, `document_words_too_long`, `note_too_long`), and what `lookup.resolve` raises.
    """
    require_role(desk, "change_documents")
    check_note(reason)
    if valid_until is not None and valid_until < desk.workspace_today:
        raise Invalid("document_expired", day=valid_until)
    named = (await lookup.resolve(desk, loan)).loan
    there = [item for item, _ in await documents.items_of_loan(desk.session, named.id)]
    unasked = [each for each in which if act == "got" and _is_unasked(desk, there, each)]
    items = {item.id: item for item in (_find(desk, named, there, each, act) for each in which if each not in unasked)}
    _require_possible(named, items.values(), act)
    arrived = _take_unasked(desk, named, unasked)
    return await _change(desk, named, list(items.values()), act, reason, arrived=arrived, valid_until=valid_until)


async def receive_files(
    desk: Desk, loan: Loan, which: DocumentName, rows: Sequence[StoredFile]
) -> DocumentChangeResult:
    """Receive files of a document of a locked loan, which is received by that if it is still to be brought. One that has been
    received or accepted keeps its state; one that was not requested is taken.

    Raises NotAllowed (`role_missing`) and Invalid (`document_words_too_long`).
    """
    require_role(desk, "change_documents")
    there = [item for item, _ in await documents.items_of_loan(desk.session, loan.id)]
    if _is_unasked(desk, there, which):
        [item] = arrived = _take_unasked(desk, loan, [which])
        changed: list[DocumentItem] = []
    else:
        item, arrived = _find(desk, loan, there, which, "got"), []
        changed = [item] if "got" in POSSIBLE[item.state] else []
    for row in rows:
        track(desk, row)
        row.state, row.loan_id, row.document_item_id = "filed", loan.id, item.id
    unchanged = [] if changed or arrived else [item]
    return await _change(desk, loan, changed, "got", "", arrived=arrived, unchanged=unchanged)


async def change_document_on(desk: Desk, item_id: UUID, version: int, act: Act) -> DocumentChangeResult:
    """Change the state of a button's document, unless it was changed since the button was shown.

    Raises as `change_documents` does, NotFound (`unknown_loan_pressed`) and Conflict (`document_changed`).
    """
    require_role(desk, "change_documents")
    item = await desk.session.get(DocumentItem, item_id)
    if item is None:
        raise NotFound("unknown_loan_pressed")
    loan = await lookup.lock_by_id(desk, item.loan_id)
    await desk.session.refresh(item)
    if item.version != version:
        who = await members.by_ids(desk.session, [item.changed_by_id] if item.changed_by_id else [])
        raise Conflict(
            "document_changed",
            document=item.document,
            state=item.state,
            who=next((m.slack_user_id for m in who.values()), None),
            at=item.changed_at,
        )
    _require_possible(loan, [item], act)
    return await _change(desk, loan, [item], act, "")


def _require_possible(loan: Loan, items: Iterable[DocumentItem], act: Act) -> None:
    for item in items:
        if act not in POSSIBLE[item.state]:
            raise Invalid(
                "document_impossible",
                act=act,
                document=item.document,
                state=item.state,
                possible=POSSIBLE[item.state],
                loan=loan.number,
            )


def _set_validity(desk: Desk, item: DocumentItem, act: Act, valid_until: date | None) -> None:
    """Set the last day of a document: as it was typed, or of one that has come now, by its kind."""
    days, before = VOCABULARY.document(item.document).valid_days, item.valid_until
    if valid_until is not None:
        item.valid_until = valid_until
    elif act == "got" and days is not None:
        item.valid_until = desk.workspace_today + timedelta(days=days)
    if item.valid_until != before:
        item.expiry_seen_at = None


def _is_unasked(desk: Desk, there: Sequence[DocumentItem], which: DocumentName) -> bool:
    """Return whether a document that has arrived is none of those that were requested and not settled; an `other` one is known
    by its words."""
    if which.code == "other" and not which.words:
        return False
    same = [item for item in there if item.document == which.code and key_of(desk, item) == which.key]
    return not any(item.state in documents.WANTED and not is_expired(desk, item) for item in same)


def _take_unasked(desk: Desk, loan: Loan, which: Sequence[DocumentName]) -> list[DocumentItem]:
    """Write documents that have arrived without having been requested; no call asks for them."""
    if not which:
        return []
    for each in which:
        check_words(each)
    return write_items(desk, write_request(desk, loan, None, None), which, state="received")


async def _change(
    desk: Desk,
    loan: Loan,
    items: Sequence[DocumentItem],
    act: Act,
    reason: str,
    *,
    arrived: Sequence[DocumentItem] = (),
    unchanged: Sequence[DocumentItem] = (),
    valid_until: date | None = None,
) -> DocumentChangeResult:
    """Change the state of these documents, of which it was checked that it is possible; `arrived` are there already, and
    `unchanged` keep their state."""
    for item in items:
        set_state(desk, item, _LEADS_TO[act], reason)
    for item in (*items, *arrived):
        _set_validity(desk, item, act, valid_until)
    items = [*items, *arrived, *unchanged]
    requests = await documents.requests(desk.session, [item.request_id for item in items])
    planned = await calls.ask_again(desk, loan, requests) if act == "reject" else []
    done = await calls.finish_asking(desk, loan, requests)
    if act != "reject":
        planned = await calls.put_off(desk, loan, requests)
    if act == "got":
        await report_papers(desk, loan, items)
    codes = [item.document for item in items]
    desk.audit("documents", loan_id=loan.id, subject_id=items[0].id, step=act, documents=codes)
    return DocumentChangeResult(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        changed=await _views(desk, items),
        unasked=frozenset(item.id for item in arrived),
        still_open=await _views(desk, await documents.open_items(desk.session, loan.id)),
        done=await follow_up_views(desk, loan, done),
        placed=tuple([await calls.placed_call(desk, loan, each) for each in planned]),
        next_steps=await offer_next_steps(desk, loan),
        undo_id=offer_undo(desk, "documents", loan_id=loan.id),
    )


def _takes_date(item: DocumentItem, request: DocumentRequest, by: Due) -> bool:
    """Return whether `by` is a new date for a document that is still to be brought."""
    return item.state in documents.TO_BRING and (request.due_on, request.due_at) != (by.on, by.at)


def _any_arrived(already: Sequence[tuple[DocumentItem, DocumentRequest]]) -> bool:
    return any(item.state not in documents.TO_BRING for item, _ in already)


async def _nothing_requested(
    desk: Desk, loan: Loan, already: Sequence[tuple[DocumentItem, DocumentRequest]], by: Due | None
) -> DocumentRequestResult:
    asking = {request.follow_up_id for _, request in already}
    calls = [row for row in await chasing.open_calls(desk, loan) if row.id in asking]
    existing = await follow_up_views(desk, loan, calls[:1])
    return DocumentRequestResult(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        asked=(),
        redated=(),
        already=await _views(desk, [item for item, _ in already]),
        date_unused=by is not None and _any_arrived(already),
        planned=None,
        by_rule=False,
        existing=existing[0] if existing else None,
        asks_for=await chasing.papers_of(desk, loan, calls[0]) if calls else (),
        undo_id=None,
    )


def _find(desk: Desk, loan: Loan, there: Sequence[DocumentItem], which: DocumentName, act: Act) -> DocumentItem:
    """Return the open document of that name, else the one requested last."""
    same = [item for item in there if item.document == which.code]
    if which.words:
        same = [item for item in same if key_of(desk, item) == which.key]
    still_open = [item for item in same if item.state in documents.OPEN_STATES]
    if len(still_open) > 1 and which.code == "other" and not which.words:
        raise Invalid("document_words_needed", loan=loan.number, nearest=tuple(words_of(desk, i) for i in still_open))
    if not same:
        asked = dict.fromkeys(item.document for item in there if item.state in documents.OPEN_STATES)
        known = {"loan": loan.number, "document": which.code, "documents": tuple(asked)}
        raise NotFound("document_not_requested", act=act, **known)
    return (still_open or same)[-1]


async def _views(desk: Desk, items: Sequence[DocumentItem]) -> tuple[ItemView, ...]:
    requests = {r.id: r for r in await documents.requests(desk.session, [item.request_id for item in items])}
    return await item_views(desk, [(item, requests[item.request_id]) for item in items])
