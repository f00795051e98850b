"""Enter, list and decide what persons ask about their own data (PIPL art. 44–50, GDPR art. 12–22)."""

from datetime import date, timedelta
from uuid import UUID

from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import NAME_LIMIT, LoanRef, PersonRef
from desk.follow_ups.contact_states import restrict, withdraw_consents_of
from desk.follow_ups.lifecycle import check_note
from desk.loans import lookup
from desk.messages.person_requests import PersonRequestView, request_view, request_views, tell_compliance
from desk.people.members import find_member
from desk.rules.person_requests import due_on, extended_due_on, request_rules
from storage.engine.types import new_id
from storage.queries.loans import related
from storage.queries.rights import erasure, person_requests
from storage.tables import Loan, PersonRequest

PAGE = 8
"""Requests of a page."""

OLDEST = timedelta(days=400)
"""How long ago a request can have been received."""


@dataclass(frozen=True, slots=True)
class RequestEntry:
    """What is known of a request when it is entered. `loan` and `member` say of whom; neither: of a person who is only named."""

    kind: str
    way: str
    proof: str
    received_on: date
    words: str
    name: str = ""
    loan: LoanRef | None = None
    person_id: UUID | None = None
    member: PersonRef | None = None


@dataclass(frozen=True, slots=True)
class RequestChanged:
    """A request that was entered (`act`: entered), put off, answered or refused.

    `settled`: how many consents the answer ended, or on how many loans it restricted the use of the data.
    """

    request: PersonRequestView
    act: str
    undo_id: UUID
    settled: int = 0


@dataclass(frozen=True, slots=True)
class RequestPage:
    """A page of open requests, the first due at the beginning, or of closed ones. `exports`: the desk has a page of files, which
    opens an export."""

    rows: tuple[PersonRequestView, ...]
    is_open: bool
    offset: int
    more: bool
    exports: bool


async def enter_request(desk: Desk, entry: RequestEntry) -> RequestChanged:
    """Enter what a person asks, with the last day that the law of the workspace's country leaves for the answer.

    Raises NotAllowed (`role_missing`), Invalid (`request_date`, `request_name_missing`, `name_too_long`, `note_too_long`),
    NotFound (`unknown_person`), and as `lookup.resolve` and `find_member` do.
    """
    require_role(desk, "enter_request")
    today, rules = desk.workspace_today, request_rules()
    if not today - OLDEST <= entry.received_on <= today:
        raise Invalid("request_date", given=entry.received_on, today=today)
    check_note(entry.words)
    if len(entry.name) > NAME_LIMIT:
        raise Invalid("name_too_long", length=len(entry.name), limit=NAME_LIMIT)
    loan = (await lookup.resolve(desk, entry.loan)).loan if entry.loan else None
    member = await find_member(desk, entry.member) if entry.member else None
    if loan is None and member is None and not entry.name:
        raise Invalid("request_name_missing")
    if entry.person_id is not None and (
        loan is None or entry.person_id not in await related.of_loan(desk.session, loan.id)
    ):
        raise NotFound("unknown_person")
    law, row_id = rules.law_of(desk.workspace.country), new_id()
    row = create(
        desk,
        PersonRequest(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=loan.id if loan else None,
            person_id=entry.person_id,
            member_id=member.id if member else None,
            kind=rules.kinds[entry.kind].code,
            law=law.code,
            way=rules.ways[entry.way].code,
            proof=rules.proofs[entry.proof].code,
            received_on=entry.received_on,
            due_on=due_on(law, entry.received_on),
            name_cipher=desk.cipher.encrypt_optional(PersonRequest.name_cipher, row_id, entry.name),
            words_cipher=desk.cipher.encrypt_optional(PersonRequest.words_cipher, row_id, entry.words),
            by_id=desk.member.id,
            at=desk.now,
        ),
    )
    desk.audit("enter_request", loan_id=row.loan_id, subject_id=row.id, kind=row.kind, due=row.due_on.isoformat())
    await desk.session.flush()
    await tell_compliance(desk, row, "entered")
    return await _changed(desk, row, "enter_request", act="entered")


async def list_requests(desk: Desk, *, is_open: bool = True, offset: int = 0) -> RequestPage:
    """Return a page of requests. Raises NotAllowed (`role_missing`)."""
    require_role(desk, "answer_request")
    found = await person_requests.page(desk.session, desk.workspace.id, is_open=is_open, offset=offset, limit=PAGE + 1)
    desk.discloses = "requests"
    rows = await request_views(desk, found[:PAGE])
    return RequestPage(rows, is_open, offset, len(found) > PAGE, exports=desk.files is not None)


async def request_to_answer(desk: Desk, request_id: UUID) -> PersonRequestView:
    """Return a request of the workspace. Raises NotAllowed (`role_missing`), NotFound (`request_gone`)."""
    require_role(desk, "answer_request")
    row = await desk.session.get(PersonRequest, request_id)
    if row is None or row.workspace_id != desk.workspace.id or row.undone_at is not None:
        raise NotFound("request_gone")
    return await request_view(desk, row)


async def answer_request(desk: Desk, request_id: UUID, version: int, *, proof: str, answer: str) -> RequestChanged:
    """Record that the request was answered, and how. What shows or changes data needs proof of who asks.

    An answer to a withdrawal ends the consents given; one to a restriction bars contact on the person's loans.

    Raises NotAllowed (`role_missing`), NotFound (`request_gone`), Conflict (`request_changed`), Invalid (`request_unproven`,
    `note_too_long`).
    """
    row = await _to_decide(desk, request_id, version)
    check_note(answer)
    if not request_rules().proofs[proof].proven:
        raise Invalid("request_unproven")
    track(desk, row).state, row.proof = "answered", proof
    _close(desk, row, answer)
    desk.audit("answer_request", loan_id=row.loan_id, subject_id=row.id, kind=row.kind, late=_is_late(desk, row))
    return await _changed(desk, row, "answer_request", act="answered", settled=await _settle(desk, row))


async def refuse_request(desk: Desk, request_id: UUID, version: int, *, ground: str, answer: str) -> RequestChanged:
    """Record that the request was refused, on a ground that its law knows, and what the person was told.

    Raises as `answer_request` does, and Invalid (`request_ground`, `request_answer_missing`).
    """
    row = await _to_decide(desk, request_id, version)
    check_note(answer)
    if ground not in {each.code for each in request_rules().grounds_of(row.law)}:
        raise Invalid("request_ground")
    if not answer:
        raise Invalid("request_answer_missing")
    track(desk, row).state, row.ground = "refused", ground
    _close(desk, row, answer)
    desk.audit("refuse_request", loan_id=row.loan_id, subject_id=row.id, kind=row.kind, ground=ground)
    return await _changed(desk, row, "answer_request", act="refused")


async def extend_request(desk: Desk, request_id: UUID, version: int, *, why: str) -> RequestChanged:
    """Put the answer off as far as the law lets it be, once, before its last day is over.

    Raises as `answer_request` does, and Invalid (`request_not_extendable`, `request_answer_missing`), Conflict
    (`request_extended`, `request_late`).
    """
    row = await _to_decide(desk, request_id, version)
    check_note(why)
    last = extended_due_on(request_rules().laws[row.law], row.received_on)
    if last is None:
        raise Invalid("request_not_extendable", due=row.due_on)
    if row.extended_at is not None:
        raise Conflict("request_extended", due=row.due_on)
    if _is_late(desk, row):
        raise Conflict("request_late", due=row.due_on)
    if not why:
        raise Invalid("request_answer_missing")
    track(desk, row).extended_at, row.due_on = desk.now, last
    row.extension_cipher = desk.cipher.encrypt(PersonRequest.extension_cipher, row.id, why)
    desk.audit("extend_request", loan_id=row.loan_id, subject_id=row.id, due=last.isoformat())
    return await _changed(desk, row, "answer_request", act="extended")


async def _to_decide(desk: Desk, request_id: UUID, version: int) -> PersonRequest:
    require_role(desk, "answer_request")
    row = await person_requests.lock(desk.session, request_id)
    if row is None or row.workspace_id != desk.workspace.id or row.undone_at is not None:
        raise NotFound("request_gone")
    if row.state != "open" or row.version != version:
        raise Conflict("request_changed")
    return row


async def _settle(desk: Desk, row: PersonRequest) -> int:
    """Do what was asked where that is a consent or a bar on contact, and return how many there were."""
    loan = await desk.session.get(Loan, row.loan_id) if row.loan_id else None
    if loan is None:
        return 0
    if row.kind == "withdrawal" and row.person_id is None:
        return await withdraw_consents_of(desk, loan)
    if row.kind != "restriction":
        return 0
    if row.person_id is not None:
        return await restrict(desk, [loan], row.person_id)
    return await restrict(desk, await erasure.loans_of(desk.session, desk.workspace.id, loan.borrower_id))


def _close(desk: Desk, row: PersonRequest, answer: str) -> None:
    row.closed_at, row.closed_by_id = desk.now, desk.member.id
    row.answer_cipher = desk.cipher.encrypt_optional(PersonRequest.answer_cipher, row.id, answer)


def _is_late(desk: Desk, row: PersonRequest) -> bool:
    return row.due_on < desk.workspace_today


async def _changed(desk: Desk, row: PersonRequest, undoes: str, *, act: str, settled: int = 0) -> RequestChanged:
    await desk.session.flush()
    undo_id = offer_undo(desk, undoes, loan_id=row.loan_id)
    return RequestChanged(await request_view(desk, row), act, undo_id, settled)
