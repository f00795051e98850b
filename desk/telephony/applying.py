"""Apply what the phone system reported: log a call that nobody answered, ask the agent of a conversation, correct a logged one.

The worker does it, call by call, in the agent's name and with `phone` as the door. The same report twice, late or out of order
changes nothing twice: the row of the call says what was done.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from desk.calls import calls
from desk.calls.corrections import correct_reported
from desk.calls.matching import CallDetails
from desk.calls.reported import BY_HAND_AFTER, minutes_of, notice_key, rewrite_question
from desk.core.transaction import Desk, Origin
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.rules.call_records import CallRecord, fault_of, fault_of_number
from desk.rules.call_results import is_missed, outcome_of
from desk.telephony.matching import Match, match_call
from desk.telephony.missed import FRESH, tell_missed
from desk.telephony.recordings import expect_recordings_of
from desk.telephony.records import record_of
from storage.queries.loans import loans
from storage.queries.telephony import phone_calls
from storage.tables import Call, Loan, Member, PhoneCall

DOOR = "phone"
"""The door of what the phone system reported, in the audit trail."""

_BATCH = 50
FORGOTTEN_AFTER = timedelta(days=30)
"""How long calls that fit nobody are listed."""


async def phone_calls_due(desk: Desk) -> Sequence[Sequence[UUID]]:
    """Return the calls of which reports are to be applied, one by one."""
    return [[each] for each in await phone_calls.due_ids(desk.session, desk.workspace.id, desk.now, limit=_BATCH)]


async def apply_phone_calls(desk: Desk, only: Collection[UUID] | None = None) -> bool:
    """Apply the next call of which a report came. Return whether there was one."""
    row = await phone_calls.take_next(desk.session, desk.workspace.id, desk.now, only=only)
    if row is None:
        return False
    row.apply_at = None
    desk.add(row)
    await apply(desk, row)
    return True


async def forget_phone_calls(desk: Desk) -> bool:
    """Delete the next calls that were listed for long enough, or never ended. Return whether there may be more."""
    states, before = ("pending", "unmatched", "aside", "none"), desk.now - FORGOTTEN_AFTER
    return await phone_calls.forget(desk.session, desk.workspace.id, states, before, limit=_BATCH) == _BATCH


async def apply(desk: Desk, row: PhoneCall) -> None:
    """Bring the desk to what the record of a locked call says now."""
    record = record_of(desk, row)
    if row.state == "logged":
        await _correct(desk, row, record)
        await expect_recordings_of(desk, row, record)
        return
    fault = fault_of(record, row.changed_at)
    if fault is None and record.direction != "internal":
        fault = fault_of_number(record)
    if fault is not None:
        _leave(desk, row, "aside", fault)
        return
    spoke, outcome = record.result == "connected", outcome_of(record)
    if record.result == "unknown":
        _leave(desk, row, "unmatched", "result_unknown")
    elif not spoke and outcome is None:
        _leave(desk, row, "none", record.result)
        await rewrite_question(desk, [row])
        if is_missed(record):
            await tell_missed(desk, row, record)
    else:
        await _settle(desk, row, record)


async def _settle(desk: Desk, row: PhoneCall, record: CallRecord) -> None:
    await settle_match(desk, row, record, await _known(desk, row) or await match_call(desk, record))


async def settle_match(desk: Desk, row: PhoneCall, record: CallRecord, match: Match) -> None:
    """Log a locked call as that of the match, or ask its agent; without one, leave it to be assigned."""
    row.agent_id = match.agent.id if match.agent else None
    row.loan_id, row.person_id = match.loan.id if match.loan else None, match.person_id
    row.inbound, row.talk_seconds = record.direction == "in", record.talk_seconds
    row.began_at = record.started or record.answered or record.ended
    if match.why is not None or match.agent is None or match.loan is None:
        _leave(desk, row, "unmatched", match.why or "number_unknown")
        return
    outcome = outcome_of(record)
    as_agent = acting(desk, match.agent, record)
    loan = await loans.lock(desk.session, match.loan.id)
    if (logged := await _logged_by_hand(desk, row, record, match.agent)) is not None:
        _link(as_agent, row, logged)
        await rewrite_question(desk, [row])
    elif outcome is not None:
        await log_attempt(as_agent, row, loan, outcome)
    else:
        await _ask(as_agent, row, match.agent)


async def _known(desk: Desk, row: PhoneCall) -> Match | None:
    """Return whose call it is where that was settled before: by the first report, or by a member."""
    if row.agent_id is None or row.loan_id is None or row.state == "unmatched":
        return None
    agent, loan = await desk.session.get(Member, row.agent_id), await desk.session.get(Loan, row.loan_id)
    return Match(agent, loan, row.person_id) if agent is not None and loan is not None else None


def acting(desk: Desk, agent: Member, record: CallRecord) -> Desk:
    """Return the same transaction with the agent acting, through the phone system."""
    return replace(desk, actor=agent, origin=Origin(DOOR, record.source))


async def log_attempt(desk: Desk, row: PhoneCall, loan: Loan, outcome: str) -> None:
    """Log a call that did not reach who was called, by the acting agent: the attempt counts, and its follow-up moves by rule."""
    began = row.began_at or desk.now
    late = desk.now - began > FRESH or await phone_calls.has_later_call(desk.session, loan.id, began)
    await calls.log_reported(desk, loan, outcome, details_of(row), settles=row, counts_only=late)
    row.why = outcome


def details_of(row: PhoneCall) -> CallDetails:
    """Return whom a reported call was had with, and which way it went."""
    return CallDetails(party=str(row.person_id) if row.person_id else "", route="inbound" if row.inbound else "")


async def _ask(desk: Desk, row: PhoneCall, agent: Member) -> None:
    """Ask the agent for the outcome of a conversation, in one message that is kept current."""
    if row.state != "asks":
        row.state, row.why, row.changed_at, row.version = "asks", None, desk.now, row.version + 1
    desk.add(row)
    asked = await queue_notice(
        desk,
        kind=kinds.PHONE_CALL,
        key=notice_key(row),
        to=agent,
        about_loan_id=row.loan_id,
        facts={"phone_call": str(row.id)},
    )
    if asked is None or row.inbound:  # of an incoming one its owner may have read that nobody took it
        await rewrite_question(desk, [row])


async def _correct(desk: Desk, row: PhoneCall, record: CallRecord) -> None:
    """Correct the logged call where the record now says another thing. What a member said of a conversation stays; its length
    follows the record."""
    call = await desk.session.get(Call, row.call_id) if row.call_id else None
    agent = await desk.session.get(Member, row.agent_id) if row.agent_id else None
    if call is None or agent is None or call.undone_at is not None or fault_of(record, row.changed_at) is not None:
        return
    as_agent, talked_before = acting(desk, agent, record), row.talk_seconds
    row.talk_seconds = record.talk_seconds
    if record.result == "connected" and not talked_before:
        await _ask(as_agent, row, agent)  # it was logged as an attempt; the answer corrects that call
        return
    outcome, was = outcome_of(record) or call.outcome, row.why
    if was is None or call.outcome != was:
        outcome = call.outcome  # what a member said stays
    elif outcome != was:
        row.why = outcome
    minutes = minutes_of(record.talk_seconds) if record.talk_seconds != talked_before else call.minutes
    await correct_reported(as_agent, call, outcome=outcome, minutes=minutes)


async def _logged_by_hand(desk: Desk, row: PhoneCall, record: CallRecord, agent: Member) -> Call | None:
    began, ended = row.began_at, record.ended or row.began_at
    if began is None or ended is None or row.loan_id is None:
        return None
    return await phone_calls.logged_by_hand(desk.session, row.loan_id, agent.id, began, ended + BY_HAND_AFTER)


def _link(desk: Desk, row: PhoneCall, call: Call) -> None:
    """Record that the call was logged by hand already; it gets its length."""
    row.state, row.why, row.call_id, row.changed_at = "logged", None, call.id, desk.now
    row.version, row.apply_at = row.version + 1, desk.now
    desk.add(row)
    if call.minutes is None and row.talk_seconds:
        call.minutes, call.version = minutes_of(row.talk_seconds), call.version + 1
        desk.add(call)


def _leave(desk: Desk, row: PhoneCall, state: str, why: str) -> None:
    if (row.state, row.why) != (state, why):
        row.state, row.why, row.changed_at, row.version = state, why, desk.now, row.version + 1
    desk.add(row)
