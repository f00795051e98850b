"""Missed calls: the owner of a loan is asked to call back when nobody took a call about it."""

from datetime import datetime, timedelta
from uuid import UUID

from desk.calls.reported import missed_again_key, missed_key
from desk.core.dataclass import dataclass
from desk.core.dialling import Dialling, dialling_of
from desk.core.transaction import Desk
from desk.loans import borrowers
from desk.loans.views import LoanView, loan_view
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.members import acting_for, today_of
from desk.rules.call_records import CallRecord
from desk.telephony.matching import match_call
from storage.queries.loans import related
from storage.queries.messages import notices
from storage.queries.telephony import phone_calls
from storage.tables import Loan, Member, PhoneCall

FRESH = timedelta(hours=12)
"""A call that becomes known later changes no plan any more, and nobody is asked to call back."""


@dataclass(frozen=True, slots=True)
class MissedCall:
    """A call that nobody took, for the loan's owner (`reader`) or their cover. `party` is the role of who called, if not the
    borrower; `over`: a member has spoken with them since."""

    loan: LoanView
    masked: str
    reader: str
    at: datetime
    party: str
    over: bool
    dialling: Dialling


async def tell_missed(desk: Desk, row: PhoneCall, record: CallRecord) -> None:
    """Tell the owner of the loan, or who acts for them, once in an hour, and again after they called back.

    Nobody is told where the number fits no loan.
    """
    match = await match_call(desk, record)
    row.began_at, row.inbound = record.started or record.ended or desk.now, True
    if match.loan is None or match.loan.owner_id is None or desk.now - row.began_at > FRESH:
        return
    row.loan_id, row.person_id = match.loan.id, match.person_id
    if await phone_calls.has_later_call(desk.session, match.loan.id, row.began_at):
        return
    owner = await desk.session.get_one(Member, match.loan.owner_id)
    told = await _told_of(desk, missed_key(row))
    called_back = told is not None and await phone_calls.has_later_call(desk.session, match.loan.id, told)
    await queue_notice(
        desk,
        kind=kinds.MISSED_CALL,
        key=missed_again_key(row) if called_back else missed_key(row),
        to=await acting_for(desk, owner, today_of(desk, owner)),
        about_loan_id=match.loan.id,
        facts={"phone_call": str(row.id)},
    )


async def _told_of(desk: Desk, key: str) -> datetime | None:
    """Return when the missed call began that the message of that key is about; None without one."""
    notice = (await notices.by_keys(desk.session, desk.workspace.id, [key])).get(key)
    row = await desk.session.get(PhoneCall, UUID(notice.facts["phone_call"])) if notice is not None else None
    return row.began_at if row is not None else None


async def missed_call(desk: Desk, phone_call_id: UUID, reader: Member) -> MissedCall | None:
    """Return a call that nobody took as it is now; None where it is gone."""
    row = await desk.session.get(PhoneCall, phone_call_id)
    loan = await desk.session.get(Loan, row.loan_id) if row is not None and row.loan_id else None
    if row is None or loan is None or row.began_at is None:
        return None
    person = await related.present(desk.session, row.person_id) if row.person_id else None
    return MissedCall(
        loan=await loan_view(desk, loan),
        masked=(await borrowers.contact_of(desk, loan.borrower_id)).masked,
        reader=reader.slack_user_id,
        at=row.began_at,
        party=person.role if person else "",
        over=row.state != "none" or await phone_calls.has_later_call(desk.session, loan.id, row.began_at),
        dialling=dialling_of(desk, reader),
    )
