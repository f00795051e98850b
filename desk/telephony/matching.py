"""Whose call it was: the agent by extension or e-mail, the borrower or another person around a loan by the number."""

from collections.abc import Sequence
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.permissions import has_role_for
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.loans import borrowers, lookup
from desk.people.members import is_at_desk, today_of
from desk.rules.call_records import CallRecord
from desk.rules.contacts import without_extension
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import loans, related
from storage.queries.telephony import phone_calls
from storage.tables import Loan, Member, PhoneRing, RelatedPhone


@dataclass(frozen=True, slots=True)
class Match:
    """Whose call it was. What is missing is None, and `why` says it, as a code."""

    agent: Member | None = None
    loan: Loan | None = None
    person_id: UUID | None = None
    why: str | None = None


async def match_call(desk: Desk, record: CallRecord) -> Match:
    """Return whose call this was. One that the desk asked for comes back with its token, the surest link."""
    if (asked := await _asked_for(desk, record.token)) is not None:
        return asked
    agent = await _agent(desk, record)
    found = await _called(desk, record, agent)
    if found.loan is None:
        return Match(agent, None, None, found.why)
    if agent is None:
        return Match(None, found.loan, found.person_id, "agent_unknown")
    return await checked(desk, Match(agent, found.loan, found.person_id))


async def checked(desk: Desk, match: Match) -> Match:
    """Return the match, with the reason if its agent may not log calls on the loan."""
    assert match.agent is not None
    assert match.loan is not None
    if not has_role_for(match.agent, "log_call"):
        return Match(match.agent, match.loan, match.person_id, "agent_makes_no_calls")
    if not await lookup.may_see_as(desk, match.agent, match.loan.id):
        return Match(match.agent, match.loan, match.person_id, "agent_sees_no_loan")
    return match


async def _asked_for(desk: Desk, token: str) -> Match | None:
    try:
        ring = await desk.session.get(PhoneRing, UUID(token)) if token else None
    except ValueError:
        return None
    if ring is None or ring.workspace_id != desk.workspace.id:
        return None
    agent = await desk.session.get(Member, ring.member_id)
    loan = await desk.session.get(Loan, ring.loan_id)
    if agent is None or loan is None or not is_at_desk(agent):
        return None
    phone = await desk.session.get(RelatedPhone, ring.phone_id) if ring.phone_id else None
    return await checked(desk, Match(agent, loan, phone.person_id if phone else None))


async def _agent(desk: Desk, record: CallRecord) -> Member | None:
    found = await phone_calls.members_of(
        desk.session, desk.workspace.id, extension=record.agent_extension, email=record.agent_email.casefold()
    )
    return found[0] if len(found) == 1 else None


async def _called(desk: Desk, record: CallRecord, agent: Member | None) -> Match:
    """Return the loan, and the person if it was not the borrower. If two people share the number, it is neither's call."""
    number = without_extension(record.number)
    digest = borrowers.phone_digest(desk, number)
    rows = await loans.borrowers_with(desk.session, desk.workspace.id, [digest])
    known = [(row, borrowers.contact(desk, row)) for row in rows]
    same = [(row, each.name) for row, each in known if without_extension(each.phone) == number]
    if len({name for _, name in same}) > 1:
        return Match(why="several_borrowers")
    if same:
        found = await phone_calls.loans_of_borrowers(desk.session, [row.id for row, _ in same])
        loan = await _nearest(desk, found, agent)
        return Match(loan=loan, why=None if loan else "number_unknown")
    people = await phone_calls.people_with(desk.session, desk.workspace.id, digest)
    phones = await related.phones_of_people(desk.session, [each.id for each in people])
    having = [each for each in people if number in {_number(desk, phone) for phone in phones.get(each.id, ())}]
    if not having:
        return Match(why="number_unknown")
    if len(having) > 1:
        return Match(why="several_borrowers")
    return Match(loan=await desk.session.get_one(Loan, having[0].loan_id), person_id=having[0].id)


async def _nearest(desk: Desk, found: Sequence[Loan], agent: Member | None) -> Loan | None:
    """Return which of a borrower's loans the call was about: one on which the agent has a call due, one of theirs, the newest."""
    live = [loan for loan in found if VOCABULARY.stage(loan.stage).live] or list(found)
    if agent is None or len(live) < 2:
        return live[0] if live else None
    today = today_of(desk, agent)
    for loan in live:
        for row in await follow_ups.open_of_loan(desk.session, loan.id):
            if row.assignee_id == agent.id and row.due_on <= today:
                return loan
    return next((loan for loan in live if loan.owner_id == agent.id), live[0])


def _number(desk: Desk, phone: RelatedPhone) -> str:
    return without_extension(unreadable.read(desk, RelatedPhone.phone_cipher, phone, unreadable.PHONE))
