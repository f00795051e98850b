"""What members do about calls that the phone system reported: say how a conversation ended, assign a call that fits nobody."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Literal
from uuid import UUID

from desk.calls import calls
from desk.calls.corrections import CallCorrected, correct_reported
from desk.calls.reported import minutes_of, rewrite_question, settle
from desk.calls.views import CallLogged
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require, require_role, roles_of
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.loans import borrowers, lookup
from desk.loans.views import LoanView, loan_view, slack_ids
from desk.people.members import today_of
from desk.rules.contact_outcomes import said_of
from desk.rules.masking import phone_tail
from desk.telephony.applying import details_of, settle_match
from desk.telephony.matching import Match, checked
from desk.telephony.records import record_of
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import loans, related
from storage.queries.people import members
from storage.queries.telephony import phone_calls
from storage.tables import Call, Loan, Member, PhoneCall

LISTED = 10
"""How many calls that fit nobody are listed at once."""

_ASSIGNABLE = ("unmatched", "aside")


@dataclass(frozen=True, slots=True)
class PhoneQuestion:
    """A conversation of which its agent is asked how it ended. `outcomes` have a button; `logged` is the outcome once it is
    known, `over`: nothing is asked any more. `party` is the role of whom it was had with, if not the borrower."""

    id: UUID
    version: int
    loan: LoanView
    masked: str
    reader: str
    seconds: int
    began_at: datetime
    inbound: bool
    outcomes: tuple[str, ...]
    over: bool
    logged: str | None
    party: str = ""


@dataclass(frozen=True, slots=True)
class UnmatchedCall:
    """A call that fits nobody: `why` is a code; `tail` the last digits of its number, where there is one. `loan` and `agent` (a
    Slack id) are known of some."""

    id: UUID
    version: int
    source: str
    at: datetime
    inbound: bool
    seconds: int
    result: str
    why: str
    tail: str = field(repr=False)
    agent: str | None
    loan: str
    may_assign: bool


@dataclass(frozen=True, slots=True)
class UnmatchedCalls:
    """One page of the calls that fit nobody, the latest first."""

    rows: tuple[UnmatchedCall, ...]
    offset: int
    more: bool


@dataclass(frozen=True, slots=True)
class PhoneCallAssigned:
    """A call that was assigned. `who` is its agent's Slack id; `outcome` as which it was logged, None: its agent is asked."""

    loan: LoanView
    who: str
    outcome: str | None


async def question_of(desk: Desk, phone_call_id: UUID, reader: Member) -> PhoneQuestion | None:
    """Return the question as it is now; None where the call is gone."""
    row = await desk.session.get(PhoneCall, phone_call_id)
    loan = await desk.session.get(Loan, row.loan_id) if row is not None and row.loan_id else None
    if row is None or loan is None:
        return None
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    call = await desk.session.get(Call, row.call_id) if row.call_id else None
    person = await related.present(desk.session, row.person_id) if row.person_id else None
    asks = row.state == "asks" and row.agent_id == reader.id
    return PhoneQuestion(
        id=row.id,
        version=row.version,
        loan=await loan_view(desk, loan),
        masked=contact.masked,
        reader=reader.slack_user_id,
        seconds=row.talk_seconds,
        began_at=row.began_at or row.received_at,
        inbound=row.inbound,
        outcomes=await _outcomes(desk, loan, reader) if asks else (),
        over=not asks,
        logged=call.outcome if call is not None and not asks else None,
        party=person.role if person else "",
    )


async def _outcomes(desk: Desk, loan: Loan, agent: Member) -> tuple[str, ...]:
    """Return the outcomes of one tap of a conversation about what the agent has due, or else what the stage is about."""
    today = today_of(desk, agent)
    mine = [row for row in await follow_ups.open_of_loan(desk.session, loan.id) if row.assignee_id == agent.id]
    due = next((row.purpose for row in mine if row.due_on <= today), None)
    purpose = VOCABULARY.purpose(due or VOCABULARY.stage(loan.stage).purpose)
    found = VOCABULARY.one_tap_outcomes(purpose.kind, check=purpose.check)
    return tuple(each.code for each in found if said_of(each.code).answered)


async def answer_phone_call(
    desk: Desk, phone_call_id: UUID, version: int, outcome: str
) -> CallLogged | CallCorrected | None:
    """Log a reported conversation with that outcome, begun when it began and as long as it was. One that was logged as an attempt
    before its conversation was reported is corrected; None: it says that already.

    Raises NotFound (`unknown_phone_call`), NotAllowed (`call_not_yours`), Conflict (`phone_call_settled`), and as
    `calls.log_call` does.
    """
    require_role(desk, "log_call")
    row = await _locked(desk, phone_call_id)
    require(desk, "add_to_call", {"own"} if row.agent_id == desk.member.id else ())
    if row.state != "asks" or row.version != version or row.loan_id is None:
        raise Conflict("phone_call_settled")
    if not await lookup.may_see(desk, row.loan_id):
        raise NotFound("unknown_phone_call")
    loan = await loans.lock(desk.session, row.loan_id)
    minutes = minutes_of(row.talk_seconds)
    logged = await desk.session.get(Call, row.call_id) if row.call_id else None
    if logged is not None and logged.undone_at is None:
        corrected = await correct_reported(desk, logged, outcome=outcome, minutes=minutes)
        settle(desk, row, logged)
        await rewrite_question(desk, [row])
        return corrected
    return await calls.log_reported(desk, loan, outcome, details_of(row), settles=row)


async def list_unmatched(desk: Desk, offset: int = 0) -> UnmatchedCalls:
    """Return the calls that fit nobody, and those that were set aside: a manager sees all, others their own.

    Raises NotAllowed (`role_missing`).
    """
    require_role(desk, "assign_phone_call")
    whose = None if "manager" in roles_of(desk.member) else desk.member.id
    found = await phone_calls.in_states(
        desk.session, desk.workspace.id, _ASSIGNABLE, whose=whose, offset=offset, limit=LISTED + 1
    )
    shown = found[:LISTED]
    who = await slack_ids(desk, [row.agent_id for row in shown])
    about = await loans.by_ids(desk.session, {row.loan_id for row in shown if row.loan_id})
    seen = await lookup.visible_among(desk, about.values())
    numbers = {each: about[each].number for each in seen}
    return UnmatchedCalls(tuple(_unmatched(desk, row, who, numbers) for row in shown), offset, len(found) > LISTED)


def _unmatched(
    desk: Desk, row: PhoneCall, who: Mapping[UUID | None, str], numbers: Mapping[UUID, str]
) -> UnmatchedCall:
    record = record_of(desk, row)
    return UnmatchedCall(
        id=row.id,
        version=row.version,
        source=row.source,
        at=record.started or record.answered or record.ended or row.received_at,
        inbound=record.direction == "in",
        seconds=max(record.talk_seconds, 0),
        result=record.result,
        why=row.why or "",
        tail=phone_tail(record.number) if record.number_kind == "e164" else "",
        agent=who.get(row.agent_id) if row.agent_id else None,
        loan=numbers.get(row.loan_id, "") if row.loan_id else "",
        may_assign=_may_be_assigned(row),
    )


def _may_be_assigned(row: PhoneCall) -> bool:
    return row.state == "unmatched" or (row.why or "").startswith("number_")


async def phone_call_to_assign(desk: Desk, phone_call_id: UUID) -> tuple[PhoneCall, str, str]:
    """Return a call that the acting member may assign, the number of its loan and the Slack id of its agent, where known.

    Raises NotAllowed (`role_missing`, `phone_call_not_yours`), NotFound (`unknown_phone_call`), Conflict (`phone_call_settled`).
    """
    require_role(desk, "assign_phone_call")
    row = await _locked(desk, phone_call_id)
    own: Literal["own"] = "own"
    require(desk, "assign_phone_call", {own} if row.agent_id == desk.member.id else ())
    if row.state not in _ASSIGNABLE or not _may_be_assigned(row):
        raise Conflict("phone_call_settled")
    sees = row.loan_id is not None and await lookup.may_see(desk, row.loan_id)
    loan = await desk.session.get(Loan, row.loan_id) if row.loan_id and sees else None
    agent = await desk.session.get(Member, row.agent_id) if row.agent_id else None
    return row, loan.number if loan else "", agent.slack_user_id if agent else ""


async def assign_phone_call(
    desk: Desk, phone_call_id: UUID, version: int, *, loan: LoanRef, agent_slack_id: str
) -> PhoneCallAssigned:
    """Say on which loan, and by whom, a call was made that fits nobody. It is then logged, or its agent asked, as any other.

    Raises as `phone_call_to_assign` and `lookup.resolve` do, NotFound (`not_a_member_named`), Invalid (`phone_call_agent`: that
    member logs no calls, or not on that loan).
    """
    row, _number, _agent = await phone_call_to_assign(desk, phone_call_id)
    if row.version != version:
        raise Conflict("phone_call_settled")
    about = (await lookup.resolve(desk, loan)).loan
    agent = await members.by_slack_id(desk.session, desk.workspace.id, agent_slack_id)
    if agent is None or agent.removed_at is not None:
        raise NotFound("not_a_member_named", slack_id=agent_slack_id)
    match = await checked(desk, Match(agent, about))
    if match.why is not None:
        raise Invalid("phone_call_agent", who=agent.slack_user_id, loan=about.number)
    row.version += 1
    await settle_match(desk, row, record_of(desk, row), match)
    call = await desk.session.get(Call, row.call_id) if row.call_id else None
    desk.audit("assign_phone_call", loan_id=about.id, subject_id=row.id, agent=str(agent.id))
    return PhoneCallAssigned(await loan_view(desk, about), agent.slack_user_id, call.outcome if call else None)


async def _locked(desk: Desk, phone_call_id: UUID) -> PhoneCall:
    row = await phone_calls.lock(desk.session, desk.workspace.id, phone_call_id)
    if row is None:
        raise NotFound("unknown_phone_call")
    return row
