"""Request documents, change their state, and plan and finish the calls that ask for them."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from desk.core.changes import create, offer_undo, track
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import Due, LoanRef
from desk.documents.steps import create_item, set_state
from desk.documents.views import ItemView, item_views, words_of
from desk.follow_ups import lifecycle, rule_plans
from desk.follow_ups.lifecycle import PlannedFollowUp, check_note
from desk.follow_ups.next_steps import NextSteps, offer_next_steps
from desk.follow_ups.rule_plans import assignee_of_next
from desk.loans import borrowers, lookup
from desk.loans.views import FollowUpView, LoanView, PlannedView, follow_up_views, loan_view, planned_view
from desk.people.members import may_act
from desk.rules.stages import needed_at
from storage.engine.types import new_id
from storage.queries.documents import documents
from storage.queries.follow_ups import follow_ups
from storage.queries.people import members
from storage.tables import DocumentItem, DocumentRequest, FollowUp, Loan, Member

WORDS_LIMIT = 100
"""The longest free name of a document, in characters."""

Act = Literal["got", "accept", "cancel", "reject"]

_LEADS_TO = {"got": "received", "accept": "accepted", "cancel": "cancelled", "reject": "rejected"}
_POSSIBLE: dict[str, tuple[Act, ...]] = {
    "requested": ("got", "cancel"),
    "rejected": ("got", "cancel"),
    "received": ("accept", "reject", "cancel"),
    "accepted": ("reject",),
    "cancelled": (),
    "ended": (),
}
"""What can be done with a document in each state; one that was cancelled or ended is requested again instead."""


@dataclass(frozen=True, slots=True)
class DocumentName:
    """A document as people name it: its code, and free words for `other`."""

    code: str
    words: str = field(default="", repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """Return what all names of the same document share."""
        return self.code, unicodedata.normalize("NFKC", self.words).casefold()


@dataclass(frozen=True, slots=True)
class DocumentRequestResult:
    """Documents requested now and `already` before, and the call about them.

    `planned` was planned or moved now, by the desk itself when `by_rule`; `existing` was left as it is. `undo_id` is None
    when nothing changed.
    """

    loan: LoanView
    name: str = field(repr=False)
    asked: tuple[ItemView, ...]
    already: tuple[ItemView, ...]
    planned: PlannedView | None
    by_rule: bool
    existing: FollowUpView | None
    undo_id: UUID | None


@dataclass(frozen=True, slots=True)
class DocumentChangeResult:
    """Documents that changed state, those still open, and the calls about them that were finished or planned."""

    loan: LoanView
    name: str = field(repr=False)
    changed: tuple[ItemView, ...]
    still_open: tuple[ItemView, ...]
    done: tuple[FollowUpView, ...]
    planned: PlannedView | None
    next_steps: NextSteps | None
    undo_id: UUID


@dataclass(frozen=True, slots=True)
class DocumentList:
    """The documents of a loan: the open ones, and the settled ones, newest first."""

    loan: LoanView
    name: str = field(repr=False)
    open: tuple[ItemView, ...]
    settled: tuple[ItemView, ...]


async def request_documents(
    desk: Desk, *, loan: LoanRef, wanted: Sequence[DocumentName], by: Due | None = None
) -> DocumentRequestResult:
    """Request documents that are not open yet, and plan the call about them: at `by`, or by rule.

    Raises NotAllowed (`role_missing`), Invalid (`document_words_too_long`), and what `lookup.resolve` and `lifecycle.plan`
    raise.
    """
    require_role(desk, "request_documents")
    for each in wanted:
        if len(each.words) > WORDS_LIMIT:
            raise Invalid("document_words_too_long", length=len(each.words), limit=WORDS_LIMIT)
    named = (await lookup.resolve(desk, loan)).loan
    open_items = {_key(desk, item): item for item in await documents.open_items(desk.session, named.id)}
    already = [open_items[each.key] for each in wanted if each.key in open_items]
    new = [each for each in wanted if each.key not in open_items]
    asking = await _asking_after(desk, named)
    planned = await _plan_asking(desk, named, asking, by) if by or asking is None else None
    follow_up = planned.follow_up if planned else asking
    if new and asking and not planned:
        track(desk, asking)  # so that Undo of what planned it conflicts: these would lose their call
    items = _write_request(desk, named, new, by, follow_up) if new else []
    if planned:
        await _link(desk, already, planned.follow_up, by)
    undo_id = None
    if new or planned:
        desk.audit("documents", loan_id=named.id, step="request", documents=[item.document for item in items])
        undo_id = offer_undo(desk, "documents", loan_id=named.id)
    existing = await follow_up_views(desk, named, [asking]) if asking and not planned else ()
    return DocumentRequestResult(
        loan=await loan_view(desk, named),
        name=(await borrowers.contact_of(desk, named.borrower_id)).name,
        asked=await _views(desk, items),
        already=await _views(desk, already),
        planned=planned_view(desk, named, planned) if planned else None,
        by_rule=planned is not None and by is None,
        existing=existing[0] if existing else None,
        undo_id=undo_id,
    )


async def change_documents(
    desk: Desk, *, loan: LoanRef, act: Act, which: Sequence[DocumentName], reason: str = ""
) -> DocumentChangeResult:
    """Change the state of the named documents, all or none.

    Raises NotAllowed (`role_missing`), NotFound (`document_not_requested`), Invalid (`document_impossible`,
    `note_too_long`), and what `lookup.resolve` raises.
    """
    require_role(desk, "change_documents")
    check_note(reason)
    named = (await lookup.resolve(desk, loan)).loan
    there = [item for item, _ in await documents.items_of_loan(desk.session, named.id)]
    items = {item.id: item for item in (_find(desk, named, there, each) for each in which)}
    return await _change(desk, named, list(items.values()), act, reason)


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
    return await _change(desk, loan, [item], act, "")


async def list_documents(desk: Desk, loan: LoanRef) -> DocumentList:
    """Return the documents of a loan. Raises what `lookup.resolve` raises."""
    return await _listed(desk, (await lookup.resolve(desk, loan)).loan)


async def list_documents_by_id(desk: Desk, loan_id: UUID) -> DocumentList:
    """Return the documents of a button's loan. Raises NotFound (`unknown_loan_pressed`)."""
    return await _listed(desk, await lookup.lock_by_id(desk, loan_id))


async def missing_documents(desk: Desk, loan: LoanRef) -> tuple[str, ...]:
    """Return the codes of documents that a loan's stage needs and that are neither open nor accepted.

    Raises what `lookup.resolve` raises.
    """
    named = (await lookup.resolve(desk, loan)).loan
    there = {
        item.document
        for item, _ in await documents.items_of_loan(desk.session, named.id)
        if item.state in (*documents.OPEN_STATES, "accepted")
    }
    return tuple(code for code in needed_at(named.stage) if code not in there)


async def _listed(desk: Desk, loan: Loan) -> DocumentList:
    views = await item_views(desk, await documents.items_of_loan(desk.session, loan.id))
    settled = sorted(
        (v for v in views if v.state not in documents.OPEN_STATES), key=lambda v: v.changed_at, reverse=True
    )
    return DocumentList(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        open=tuple(v for v in views if v.state in documents.OPEN_STATES),
        settled=tuple(settled),
    )


async def _change(desk: Desk, loan: Loan, items: Sequence[DocumentItem], act: Act, reason: str) -> DocumentChangeResult:
    for item in items:
        if act not in _POSSIBLE[item.state]:
            raise Invalid(
                "document_impossible",
                act=act,
                document=item.document,
                state=item.state,
                possible=_POSSIBLE[item.state],
                loan=loan.number,
            )
    for item in items:
        set_state(desk, item, _LEADS_TO[act], reason)
    requests = await documents.requests(desk.session, [item.request_id for item in items])
    planned = await _ask_again(desk, loan, requests) if act == "reject" else None
    done = await _finish_asking(desk, loan, requests)
    codes = [item.document for item in items]
    desk.audit("documents", loan_id=loan.id, subject_id=items[0].id, step=act, documents=codes)
    return DocumentChangeResult(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        changed=await _views(desk, items),
        still_open=await _views(desk, await documents.open_items(desk.session, loan.id)),
        done=await follow_up_views(desk, loan, done),
        planned=planned_view(desk, loan, planned) if planned else None,
        next_steps=await offer_next_steps(desk, loan),
        undo_id=offer_undo(desk, "documents", loan_id=loan.id),
    )


async def _asking_after(desk: Desk, loan: Loan) -> FollowUp | None:
    """Return the most urgent open call about documents that the acting member may move, their own first."""
    rows = await _open_document_calls(desk, loan)
    for row in sorted(rows, key=lambda f: f.assignee_id != desk.member.id):
        if await may_act(desk, "move_follow_up", row, loan):
            return row
    return None


async def _open_document_calls(desk: Desk, loan: Loan) -> list[FollowUp]:
    return [f for f in await follow_ups.open_of_loan(desk.session, loan.id) if f.purpose == "documents"]


async def _plan_asking(desk: Desk, loan: Loan, asking: FollowUp | None, by: Due | None) -> PlannedFollowUp | None:
    if by is None:
        return await rule_plans.plan_documents(desk, loan)
    if asking is None:
        assignee = await assignee_of_next(desk, loan, None)
        return await lifecycle.plan(desk, loan, purpose="documents", assignee=assignee, due=by)
    assignee = await desk.session.get_one(Member, asking.assignee_id)
    try:
        return await lifecycle.move(desk, asking, by, assignee=assignee)
    except Invalid as refused:
        if refused.code != "due_past" or by.at is not None:
            raise
        # The call's time of day has passed on that day, but the day has not.
        return await lifecycle.move(desk, asking, by, assignee=assignee, keeps_hour=False)


def _write_request(
    desk: Desk, loan: Loan, wanted: Sequence[DocumentName], by: Due | None, follow_up: FollowUp | None
) -> list[DocumentItem]:
    request = create(
        desk,
        DocumentRequest(
            id=new_id(),
            workspace_id=desk.workspace.id,
            loan_id=loan.id,
            requested_by_id=desk.member.id,
            follow_up_id=follow_up.id if follow_up else None,
            due_on=by.on if by else None,
            due_at=by.at if by else None,
            created_at=desk.now,
        ),
    )
    items: list[DocumentItem] = []
    for position, each in enumerate(wanted):
        row_id = new_id()
        item = DocumentItem(
            id=row_id,
            workspace_id=desk.workspace.id,
            request_id=request.id,
            loan_id=loan.id,
            document=each.code,
            position=position,
            words_cipher=desk.cipher.encrypt_optional(DocumentItem.words_cipher, row_id, each.words),
            changed_at=desk.now,
            changed_by_id=desk.member.id,
        )
        items.append(create_item(desk, item))
    return items


async def _link(desk: Desk, items: Sequence[DocumentItem], follow_up: FollowUp, by: Due | None) -> None:
    """Attach these documents' earlier requests to this call, due at `by` when given."""
    for request in await documents.requests(desk.session, [item.request_id for item in items]):
        track(desk, request).follow_up_id = follow_up.id
        if by is not None:
            request.due_on, request.due_at = by.on, by.at


async def _ask_again(desk: Desk, loan: Loan, requests: Sequence[DocumentRequest]) -> PlannedFollowUp | None:
    """Attach requests without an open call to the open call about documents, else plan one by rule."""
    there = {f.id: f for f in await follow_ups.open_of_loan(desk.session, loan.id)}
    left = [request for request in requests if request.follow_up_id not in there]
    if not left:
        return None
    asking = next((f for f in there.values() if f.purpose == "documents"), None)
    planned = await rule_plans.plan_documents(desk, loan) if asking is None else None
    follow_up = planned.follow_up if planned else asking
    for request in left:
        track(desk, request).follow_up_id = follow_up.id if follow_up else None
    return planned


async def _finish_asking(desk: Desk, loan: Loan, requests: Sequence[DocumentRequest]) -> list[FollowUp]:
    """Finish the calls about these requests that no longer ask for an open document."""
    asking = await _open_document_calls(desk, loan)
    waiting = {request.follow_up_id for _, request in await documents.open_with_requests(desk.session, loan.id)}
    if waiting - {f.id for f in asking}:
        return []  # an open document has no call of its own any more: the others ask for it too
    finished = {request.follow_up_id for request in requests} - waiting
    done = [f for f in asking if f.id in finished]
    for follow_up in done:
        lifecycle.close(desk, follow_up, "done")
    return done


def _find(desk: Desk, loan: Loan, there: Sequence[DocumentItem], which: DocumentName) -> DocumentItem:
    """Return the open document of that name, else the one requested last."""
    same = [item for item in there if item.document == which.code]
    if which.words:
        same = [item for item in same if _key(desk, item) == which.key]
    still_open = [item for item in same if item.state in documents.OPEN_STATES]
    if len(still_open) > 1 and which.code == "other" and not which.words:
        raise Invalid("document_words_needed", loan=loan.number, nearest=tuple(words_of(desk, i) for i in still_open))
    if not same:
        asked = dict.fromkeys(item.document for item in there if item.state in documents.OPEN_STATES)
        raise NotFound("document_not_requested", loan=loan.number, document=which.code, documents=tuple(asked))
    return (still_open or same)[-1]


def _key(desk: Desk, item: DocumentItem) -> tuple[str, str]:
    return DocumentName(item.document, words_of(desk, item)).key


async def _views(desk: Desk, items: Sequence[DocumentItem]) -> tuple[ItemView, ...]:
    requests = {r.id: r for r in await documents.requests(desk.session, [item.request_id for item in items])}
    return await item_views(desk, [(item, requests[item.request_id]) for item in items])
