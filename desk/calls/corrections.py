"""Correct the content of a logged call, and whom it reached. Its effect on follow-ups stays; the mark of a wrong number and the
result of a check follow the correction."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require, require_role
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import checks
from desk.follow_ups.escalation_rules import follow_correction
from desk.follow_ups.lifecycle import check_note
from desk.loans import borrowers, lookup
from desk.loans.parties import Party, find_party, mark_their_phone, named, party_of, record_party
from desk.loans.related_views import RelatedName, people_of
from desk.loans.views import LoanView, loan_view
from desk.people.relations import authorship
from storage.engine.types import new_id
from storage.queries.loans import loans
from storage.tables import Borrower, Call, CallCorrection, Loan

_LATEST = 20
"""How many corrections of the loan are looked at for one of the phone number."""


@dataclass(frozen=True, slots=True)
class CallContent:
    """What a call says. `minutes` is its length, if given, `amount` what was promised or paid. `party` is whom it reached instead
    of the borrower: the id of a person around the loan, or a role; empty for the borrower."""

    outcome: str
    minutes: int | None
    note: str = field(repr=False)
    amount: Decimal | None = field(default=None, repr=False)
    party: str = ""


@dataclass(frozen=True, slots=True)
class CallToCorrect:
    """A call that the acting member may correct, with its version. `people` are those around the loan, by the code with which a
    correction names them, and the one whom the call reached."""

    loan: LoanView
    at: datetime
    version: int
    currency: str
    content: CallContent
    people: Mapping[str, RelatedName] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallCorrected:
    """The content of a call after and before a correction."""

    loan: LoanView
    at: datetime
    currency: str
    content: CallContent
    earlier: CallContent
    undo_id: UUID
    party: RelatedName | None = None
    earlier_party: RelatedName | None = None


async def call_to_correct(desk: Desk, call_id: UUID) -> CallToCorrect:
    """Return a call that the acting member may correct.

    Raises NotFound (`unknown_call`), NotAllowed (`role_missing`, `correction_not_yours`), Conflict (`call_undone`).
    """
    loan, call = await _correctable(desk, call_id)
    party = await party_of(desk, call.id)
    people = {str(each.id): RelatedName(each.role, each.name) for each in await people_of(desk, loan.id)}
    if party is not None:
        people.setdefault(party.code, named(desk, party))
    return CallToCorrect(
        await loan_view(desk, loan), call.at, call.version, loan.currency, _content(desk, call, party), people
    )


async def correct_call(desk: Desk, call_id: UUID, version: int, content: CallContent) -> CallCorrected:
    """Change the content of a call and keep the earlier content.

    A note that no key opens stays as it is stored until another one is entered. Raises as `call_to_correct` does, Conflict
    (`call_changed`), NotFound (`unknown_person`), Invalid (`nothing_changed_here`, `note_too_long`, `amount_not_taken`, and as
    `checks.correct_result` does).
    """
    check_note(content.note)
    loan, call = await _correctable(desk, call_id)
    if call.version != version:
        raise Conflict("call_changed")
    was = await party_of(desk, call.id)
    earlier = _content(desk, call, was)
    party = was if content.party == earlier.party else await find_party(desk, loan, content.party)
    content = replace(content, party=party.code if party else "")
    if earlier.note in unreadable.MARKS and not content.note:  # the form could not show it
        content = replace(content, note=earlier.note)
    if content == earlier:
        raise Invalid("nothing_changed_here")
    if content.amount is not None and not VOCABULARY.outcome(content.outcome).takes_amount:
        raise Invalid("amount_not_taken", outcome=content.outcome)
    return await _correct(desk, loan, call, earlier, content, was, party)


async def correct_reported(desk: Desk, call: Call, *, outcome: str, minutes: int | None) -> CallCorrected | None:
    """Correct a call by what the phone system says of it now; None: it says that already. The timeline keeps the earlier version.

    Raises as `checks.correct_result` does.
    """
    loan = await loans.lock(desk.session, call.loan_id)
    await desk.session.refresh(call)
    party = await party_of(desk, call.id)
    earlier = _content(desk, call, party)
    content = replace(earlier, outcome=outcome, minutes=minutes)
    if content == earlier or call.undone_at is not None:
        return None
    return await _correct(desk, loan, call, earlier, content, party, party)


async def _correct(
    desk: Desk,
    loan: Loan,
    call: Call,
    earlier: CallContent,
    content: CallContent,
    was: Party | None,
    party: Party | None,
) -> CallCorrected:
    row_id = new_id()
    create(
        desk,
        CallCorrection(
            id=row_id,
            workspace_id=desk.workspace.id,
            call_id=call.id,
            by_id=desk.member.id,
            outcome=earlier.outcome,
            minutes=earlier.minutes,
            amount=earlier.amount,
            note_cipher=desk.cipher.encrypt_optional(CallCorrection.note_cipher, row_id, earlier.note),
            role=was.role if was else None,
            person_id=was.person.id if was and was.person else None,
            at=desk.now,
        ),
    )
    track(desk, call)
    call.outcome, call.minutes, call.amount = content.outcome, content.minutes, content.amount
    if content.note != earlier.note:
        call.note_cipher = desk.cipher.encrypt_optional(Call.note_cipher, call.id, content.note)
    if content.party != earlier.party:
        await record_party(desk, call, party)
    await _correct_marks(desk, loan, call, earlier, content)
    await checks.correct_result(desk, loan, call, earlier.outcome, content.note)
    if content.outcome != earlier.outcome:
        await follow_correction(desk, loan, call, earlier.outcome)
    desk.audit("correct_call", loan_id=loan.id, subject_id=call.id, was=earlier.outcome, outcome=content.outcome)
    await desk.session.flush()
    undo_id = offer_undo(desk, "correct_call", loan_id=loan.id)
    return CallCorrected(
        await loan_view(desk, loan),
        call.at,
        loan.currency,
        content,
        earlier,
        undo_id,
        named(desk, party) if party else None,
        named(desk, was) if was else None,
    )


async def _correct_marks(desk: Desk, loan: Loan, call: Call, earlier: CallContent, content: CallContent) -> None:
    """Mark the number that was called as wrong, or remove the mark that this call set, when the correction says so."""
    before, now = (_whose_number_is_wrong(each) for each in (earlier, content))
    if before == now:
        return
    for code in (before, now):
        if code and (party := await find_party(desk, loan, code)) is not None:
            mark_their_phone(desk, party, call.at if code == now else None, unless_marked_at=call.at)
    if "" in (before, now):
        await _correct_mark(desk, loan, call, wrong=now == "")


def _whose_number_is_wrong(content: CallContent) -> str | None:
    """Return whom a call with a wrong number was meant for, empty for the borrower; None for other calls."""
    return content.party if VOCABULARY.outcome(content.outcome).marks_number_wrong else None


async def _correct_mark(desk: Desk, loan: Loan, call: Call, *, wrong: bool) -> None:
    since = await loans.corrections(desk.session, loan.id, limit=_LATEST)
    another = any(each.field == "phone" and each.at >= call.at for each in since)
    marked = (await desk.session.get_one(Borrower, loan.borrower_id)).phone_wrong_at
    if not another and (wrong or marked == call.at):
        await borrowers.mark_phone(desk, loan.borrower_id, wrong=wrong)


async def _correctable(desk: Desk, call_id: UUID) -> tuple[Loan, Call]:
    """Return the call and its loan, locked."""
    require_role(desk, "correct_call")
    call = await desk.session.get(Call, call_id)
    if call is None or not await lookup.may_see(desk, call.loan_id):
        raise NotFound("unknown_call")
    loan = await loans.lock(desk.session, call.loan_id)
    await desk.session.refresh(call)
    require(desk, "correct_call", authorship(desk, call.caller_id, call.at))
    if call.undone_at is not None:
        raise Conflict("call_undone", at=call.undone_at)
    return loan, call


def _content(desk: Desk, call: Call, party: Party | None) -> CallContent:
    note = unreadable.read(desk, Call.note_cipher, call)
    return CallContent(call.outcome, call.minutes, note, call.amount, party.code if party else "")
