"""Erase what the desk holds of a person because they ask for it; what a law or a hold wants kept stays, and is not used.

PIPL art. 47, GDPR art. 17. What must stay is kept and nothing else (PIPL art. 47(2), GDPR art. 18): ended loans get the state
`restricted`. A loan that lives is needed for the contract.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import field
from typing import Any, Literal
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.contact_states import restrict
from desk.loans import borrowers
from desk.loans.keeping import Kept, kept_because
from desk.loans.related_views import name_of
from desk.messages.person_requests import PersonRequestView, request_view
from desk.retention.deleting import delete_loans, kinds_of, note_erased
from desk.rules.contacts import without_extension
from desk.rules.person_requests import request_rules
from storage.engine.cipher import UnreadableError
from storage.queries.loans import loans
from storage.queries.people import workspaces
from storage.queries.rights import erasure, person_requests
from storage.tables import Draft, Loan, LoanCorrection, PersonRequest, ProcessedDelivery, RelatedPerson, RelatedPhone

REQUESTED = "request"
"""Why a row was deleted, in the list of erased records."""

Of = Literal["borrower", "person", "nobody"]

_SHORTEST = 7
"""Fewer digits in a row are no phone number."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A loan of the borrower, or the one around which the person is. `reasons`: why it stays; none: it goes.

    `restricts`: it stays, has ended, and is not used any more.
    """

    loan_id: UUID
    number: str
    reasons: tuple[Kept, ...]
    restricts: bool


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure would delete, or has deleted. `shown` identifies what was shown, so that nothing else is deleted."""

    request: PersonRequestView
    of: Of
    subjects: tuple[Subject, ...]
    shown: str


@dataclass(frozen=True, slots=True)
class _Found:
    of: Of
    loans: Sequence[Loan]
    person: RelatedPerson | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Traces:
    words: tuple[re.Pattern[str], ...] = field(repr=False)
    phones: tuple[str, ...] = field(repr=False)


async def preview(desk: Desk, request_id: UUID) -> Erasure:
    """Return what goes, and what stays and why.

    Raises NotAllowed (`role_missing`), NotFound (`request_gone`), Invalid (`erasure_member`), Conflict (`request_changed`,
    `erasure_other_open`).
    """
    require_role(desk, "erase_person")
    row = _checked(desk, await desk.session.get(PersonRequest, request_id))
    return await _erasure(desk, row, await _find(desk, row))


async def erase_person(desk: Desk, request_id: UUID, shown: str, *, proof: str) -> Erasure:
    """Delete what goes, restrict what stays, and close the request, all at once; nothing of it can be undone.

    Raises as `preview` does, and Invalid (`request_unproven`), Conflict (`erasure_changed`: it is no longer what was shown).
    """
    require_role(desk, "erase_person")
    known = _checked(desk, await desk.session.get(PersonRequest, request_id))
    await workspaces.keep_holds_out(desk.session, desk.workspace.id)
    found = await _find(desk, known)
    await loans.lock_all(desk.session, [loan.id for loan in found.loans], may_delete=True)
    row = _checked(desk, await person_requests.lock(desk.session, request_id))
    if not request_rules().proofs[proof].proven:
        raise Invalid("request_unproven")
    planned = await _erasure(desk, row, await _find(desk, row))
    if planned.shown != shown:
        raise Conflict("erasure_changed")
    going = [each.loan_id for each in planned.subjects if not each.reasons]
    staying = [loan for loan in found.loans if loan.id not in going]
    if going:
        await _forget_typed(desk, await _traces(desk, found, going))
    others = await _closed_requests(desk, found, going)
    if found.person is not None and going:
        await _erase_related(desk, found.person)
    elif found.of == "borrower":
        await delete_loans(desk, await kinds_of(desk, going), why=REQUESTED, rewrites=True, request=str(row.id))
    restricted = {each.loan_id for each in planned.subjects if each.restricts}
    about = found.person.id if found.person else None
    await restrict(desk, [loan for loan in staying if loan.id in restricted], about)
    await _close(desk, row, proof, is_gone=row.loan_id in going, others=others)
    kept = sorted({reason.why for each in planned.subjects for reason in each.reasons})
    desk.audit("erase_person", subject_id=row.id, deleted=len(going), kept=kept, restricted=len(restricted))
    await desk.session.flush()
    return Erasure(await request_view(desk, row), planned.of, planned.subjects, planned.shown)


def _checked(desk: Desk, row: PersonRequest | None) -> PersonRequest:
    if row is None or row.workspace_id != desk.workspace.id or row.undone_at is not None or row.kind != "erasure":
        raise NotFound("request_gone")
    if row.state != "open":
        raise Conflict("request_changed")
    if row.member_id is not None:
        raise Invalid("erasure_member")
    return row


async def _find(desk: Desk, row: PersonRequest) -> _Found:
    loan = await desk.session.get(Loan, row.loan_id) if row.loan_id else None
    if loan is None:
        return _Found("nobody", ())
    if row.person_id is not None:
        if await erasure.open_of_person(desk.session, row.person_id, but=row.id):
            raise Conflict("erasure_other_open")
        person = await desk.session.get_one(RelatedPerson, row.person_id, populate_existing=True)
        return _Found("person", (loan,), person)
    found = await erasure.loans_of(desk.session, desk.workspace.id, loan.borrower_id)
    if await erasure.open_of_loans(desk.session, [each.id for each in found], but=row.id):
        raise Conflict("erasure_other_open")
    return _Found("borrower", found)


async def _erasure(desk: Desk, row: PersonRequest, found: _Found) -> Erasure:
    why = await kept_because(desk, [loan.id for loan in found.loans])
    subjects: list[Subject] = []
    for loan in found.loans:
        reasons = tuple(each for each in why[loan.id] if each.is_duty and _binds(each, found.person))
        ended = VOCABULARY.stage(loan.stage).ended
        subjects.append(Subject(loan.id, loan.number, reasons, restricts=bool(reasons) and ended))
    seen = [row.version, *((str(each.loan_id), repr(each.reasons)) for each in subjects)]
    seen += [loan.version for loan in found.loans] + ([found.person.version] if found.person else [])
    shown = desk.cipher.digest("erasure", json.dumps(seen)).hex()[:32]
    return Erasure(await request_view(desk, row), found.of, tuple(subjects), shown)


def _binds(reason: Kept, person: RelatedPerson | None) -> bool:
    """Return whether a reason keeps the data: of a person who is not liable for the debt only a hold keeps any."""
    return person is None or reason.why == "hold" or VOCABULARY.related_role(person.role).liable


async def _closed_requests(desk: Desk, found: _Found, going: Collection[UUID]) -> list[UUID]:
    """Return the closed and undone requests of the person, whose texts go with their data."""
    people = [found.person.id] if found.person and going else []
    rows = await erasure.requests_of(desk.session, [] if found.person else going, people)
    return [each.id for each in rows if each.state != "open" or each.undone_at is not None]


async def _erase_related(desk: Desk, person: RelatedPerson) -> None:
    """Delete a person around a loan, and their name in the corrections of the loan. What notes say of them stays with it."""
    name = name_of(desk, person)
    for row in await erasure.person_corrections(desk.session, person.loan_id):
        if unreadable.read(desk, LoanCorrection.before_cipher, row).endswith(name):
            row.before_cipher = None
            desk.add(row)
    await desk.session.flush()
    await erasure.erase_related(desk.session, person)
    await note_erased(desk, "related_person", [person.id], REQUESTED)


async def _close(desk: Desk, row: PersonRequest, proof: str, *, is_gone: bool, others: Collection[UUID]) -> None:
    """Close the request, and empty its texts and those of the person's other closed requests."""
    if is_gone:  # it is no longer about the loan: the person is not on file
        row.loan_id = row.person_id = None
    row.state, row.proof = "answered", proof
    row.closed_at, row.closed_by_id = desk.now, desk.member.id
    row.version += 1
    desk.add(row)
    await desk.session.flush()
    await erasure.clear_texts(desk.session, [row.id, *others])


async def _traces(desk: Desk, found: _Found, going: Collection[UUID]) -> _Traces:
    """Return by what a text is known to be about what goes: ids, numbers, the name and the digits of phones."""
    if found.person is not None:
        phones = await erasure.all_phones_of(desk.session, found.person.id)
        read = [unreadable.read(desk, RelatedPhone.phone_cipher, each, "") for each in phones]
        return _traces_of([str(found.person.id), name_of(desk, found.person)], read)
    gone = [loan for loan in found.loans if loan.id in going]
    known = [text for loan in gone for text in (str(loan.id), loan.number)]
    if len(gone) < len(found.loans):
        return _traces_of(known, [])
    contact = await borrowers.contact_of(desk, gone[0].borrower_id)
    return _traces_of([*known, contact.name], [contact.phone])


def _traces_of(words: Sequence[str], phones: Sequence[str]) -> _Traces:
    digits = [_digits(each) for each in phones]
    return _Traces(tuple(_pattern(each) for each in words if len(each) > 1), tuple(each for each in digits if each))


async def _forget_typed(desk: Desk, traces: _Traces) -> None:
    """Delete drafts, and empty kept answers, that have one of these traces. They are an hour old at most."""
    for draft in await erasure.drafts_of(desk.session, desk.workspace.id):
        if _has_trace(_opened(desk, Draft.body_cipher, draft), traces):
            await desk.session.delete(draft)
    for delivery in await erasure.answers_of(desk.session, desk.workspace.id):
        if _has_trace(_opened(desk, ProcessedDelivery.answer_cipher, delivery), traces):
            delivery.answer_cipher = desk.cipher.encrypt(ProcessedDelivery.answer_cipher, delivery.id, "null")
            desk.add(delivery)


def _opened(desk: Desk, column: Any, row: Any) -> str:
    try:
        return desk.cipher.decrypt(column, row)
    except UnreadableError:
        return ""


def _has_trace(text: str, traces: _Traces) -> bool:
    digits = re.sub(r"[^0-9\"]", "", text)
    return any(each in digits for each in traces.phones) or any(each.search(text) for each in traces.words)


def _pattern(words: str) -> re.Pattern[str]:
    """Return what finds these words in JSON, but not as a part of a longer word or number."""
    spelled = "|".join(re.escape(each) for each in {words, json.dumps(words)[1:-1]})
    return re.compile(rf"(?<![A-Za-z0-9-])(?:{spelled})(?![A-Za-z0-9-])")


def _digits(phone: str) -> str:
    """Return the last digits of a number, which all its spellings have; empty: it is too short to tell."""
    digits = re.sub(r"\D", "", without_extension(phone))[-8:]
    return digits if len(digits) >= _SHORTEST else ""
