"""Calls that the phone system reported and of which their agents are asked the outcome. One logged by hand is that call."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from desk.core.changes import track
from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.core.vocabulary import VOCABULARY
from desk.rules.contact_outcomes import said_of
from storage.queries.messages import notices
from storage.queries.people import workspaces
from storage.queries.telephony import phone_calls
from storage.tables import Call, Loan, PhoneCall

ASKED_FOR = timedelta(hours=4)
"""For how long a call that its agent logs by hand may be the one of which they were asked."""

BY_HAND_AFTER = timedelta(minutes=15)
"""How long after a call its agent may log it by hand, whether the report comes before or later."""

_TO_THE_HOUR = timedelta(hours=1)


def minutes_of(seconds: int) -> int:
    """Return the length of a call in minutes, as a call keeps it: begun ones count."""
    return -(-seconds // 60)


def time_of(row: PhoneCall | None, minutes: int | None) -> tuple[datetime | None, int | None]:
    """Return when a call that is being logged began, if it was reported, and its length: as was said, or else as reported."""
    if row is None:
        return None, minutes
    return row.began_at, minutes_of(row.talk_seconds) if minutes is None else minutes


def notice_key(row: PhoneCall) -> str:
    """Return the key of the message that asks the agent."""
    return f"phone_call:{row.id}"


def missed_key(row: PhoneCall) -> str:
    """Return the key of the message about a missed call: one for each loan and hour."""
    began = row.began_at or row.received_at
    return f"missed_call:{row.loan_id}:{began:%Y-%m-%dT%H}"


def missed_again_key(row: PhoneCall) -> str:
    """Return the key of the message about a missed call after which the one of that hour was called back already."""
    return f"missed_call:{row.id}"


async def note_reporting(desk: Desk) -> None:
    """Note in the workspace, to the hour, that calls are reported: only then is one logged by hand looked up among them."""
    if desk.workspace.phone_calls_at is None or desk.now - desk.workspace.phone_calls_at > _TO_THE_HOUR:
        desk.workspace = await workspaces.remember_phone_calls(desk.session, desk.workspace.id, desk.now)


async def asked_about(desk: Desk, loan: Loan, outcome: str) -> PhoneCall | None:
    """Return the reported conversation of which the acting member is asked, if what they are logging by hand is that."""
    last = desk.workspace.phone_calls_at
    if last is None or desk.now - last > ASKED_FOR + _TO_THE_HOUR or not said_of(outcome).answered:
        return None
    return await phone_calls.asked_of(desk.session, loan.id, desk.member.id, desk.now - ASKED_FOR)


async def reported_attempt(desk: Desk, loan: Loan, outcome: str) -> Call | None:
    """Return the attempt just made by the acting member that is logged because the phone system reported it, if what they are
    logging by hand is an attempt too."""
    last = desk.workspace.phone_calls_at
    if last is None or desk.now - last > BY_HAND_AFTER + _TO_THE_HOUR or VOCABULARY.outcome(outcome).ends:
        return None
    return await phone_calls.reported_attempt(desk.session, loan.id, desk.member.id, desk.now - BY_HAND_AFTER)


def settle(desk: Desk, row: PhoneCall, call: Call) -> None:
    """Record as which call a reported one is logged. The worker looks at it once more, for its recordings."""
    track(desk, row)
    row.state, row.why, row.call_id, row.changed_at = "logged", None, call.id, desk.now
    row.apply_at = desk.now


@recomputes_after(PhoneCall)
async def rewrite_question(desk: Desk, rows: Sequence[PhoneCall]) -> None:
    """Have the messages rewritten that ask for the outcomes of these calls, or say that they were missed."""
    keys = [key for row in rows for key in (notice_key(row), *(_missed_keys(row) if row.inbound else ()))]
    await _rewrite(desk, keys)


@recomputes_after(Call)
async def rewrite_missed(desk: Desk, logged: Sequence[Call]) -> None:
    """Have the messages rewritten that ask to call back where nobody took a call: with these calls that was done, or with their
    Undo it was not."""
    if desk.workspace.phone_calls_at is None or not logged:
        return
    missed = await phone_calls.missed_before(desk.session, logged)
    await _rewrite(desk, [key for row in missed for key in _missed_keys(row)])


def _missed_keys(row: PhoneCall) -> tuple[str, str]:
    return missed_key(row), missed_again_key(row)


async def _rewrite(desk: Desk, keys: Sequence[str]) -> None:
    told = await notices.ids_of_keys(desk.session, desk.workspace.id, keys)
    await notices.touch(desk.session, list(told.values()), desk.now)
