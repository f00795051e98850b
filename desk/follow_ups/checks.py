"""The results of checks: written when a call ends one, noted item by item in a form, and decided about by a manager."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import create, track
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY, CheckResult
from desk.follow_ups.lifecycle import check_note
from desk.rules.checks import CHECKS, undecided
from storage.engine.types import new_id
from storage.queries.calls import calls
from storage.queries.follow_ups import checks
from storage.queries.people import members
from storage.tables import Call, Check, FollowUp, Loan


@dataclass(frozen=True, slots=True)
class Findings:
    """What was compared: the answer on each item by its code, and the notes on them."""

    items: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item of a check: its code, its answer (None: not answered) and the note on it."""

    code: str
    answer: str | None
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check that ended or was begun. `who` and `decided_by` are Slack ids; `why` is the note of the call that ended it.

    `held`: it failed, and the loan waits until a manager decides.
    """

    id: UUID
    version: int
    purpose: str
    state: str
    at: datetime
    who: str
    items: tuple[ItemView, ...]
    why: str = field(repr=False)
    held: bool
    decision: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str = field(default="", repr=False)


async def record_result(
    desk: Desk, loan: Loan, call: Call, follow_up: FollowUp, findings: Findings | None = None
) -> None:
    """Write how the call ended a check. Without `findings`, a confirmed one has all its items matching."""
    result = VOCABULARY.outcome(call.outcome).result
    if result is None or not VOCABULARY.purpose(follow_up.purpose).check:
        return
    row = await _begun(desk, loan, follow_up)
    if findings is not None:
        _write(desk, row, findings)
    elif result == "confirmed":
        row.items = dict.fromkeys((item.code for item in CHECKS[follow_up.purpose]), "matches")
    row.state, row.call_id, row.by_id, row.at = result, call.id, desk.member.id, desk.now


async def save_findings(desk: Desk, loan: Loan, follow_up: FollowUp, findings: Findings) -> None:
    """Keep what was compared so far of a check that is still to end. Raises Invalid (`note_too_long`)."""
    row = await _begun(desk, loan, follow_up)
    _write(desk, row, findings)
    row.by_id, row.at = desk.member.id, desk.now


async def correct_result(desk: Desk, loan: Loan, call: Call, earlier: str, why: str) -> CheckResult | None:
    """Let the check that a call ended follow a correction of the call's outcome; return its new result if it changed. `why` is
    the note of the call, which a check that failed needs unless one of its items was found to differ.

    Raises Invalid (`check_why_missing`; `correction_ends_check`, `correction_opens_check`: a correction changes no follow-up).
    """
    before, after = VOCABULARY.outcome(earlier).result, VOCABULARY.outcome(call.outcome).result
    if before == after:
        return None
    row = (await checks.of_calls(desk.session, [call.id])).get(call.id)
    if row is None:
        answered = await desk.session.get(FollowUp, call.follow_up_id) if call.follow_up_id else None
        is_check = answered is not None and VOCABULARY.purpose(answered.purpose).check
        if after == "failed" or (after is not None and is_check):
            raise Invalid("correction_ends_check", outcome=call.outcome)
        return None
    if after is None:
        raise Invalid("correction_opens_check", purpose=row.purpose, outcome=earlier)
    if after == "failed" and not why.strip() and "differs" not in row.items.values():
        raise Invalid("check_why_missing", loan=loan.number, given=loan.number, purpose=row.purpose)
    track(desk, row).state = after
    return after


async def findings_of(desk: Desk, follow_up: FollowUp) -> Findings:
    """Return what was noted of a check that is still to end."""
    row = await checks.open_of(desk.session, follow_up.id)
    return Findings(row.items, _notes(desk, row)) if row is not None else Findings()


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """The check that a call found to have failed, and what a manager, by name, has decided about it."""

    id: UUID
    purpose: str
    decision: str | None
    decided_by: str | None


async def failed_checks(desk: Desk, rows: Collection[Check]) -> dict[UUID, FailedCheck]:
    """Return failed checks with what was decided about them, by id."""
    managers = await members.by_ids(desk.session, {row.decided_by_id for row in rows if row.decided_by_id})
    return {
        row.id: FailedCheck(
            row.id, row.purpose, row.decision, managers[row.decided_by_id].name if row.decided_by_id else None
        )
        for row in rows
    }


async def check_views(desk: Desk, rows: Sequence[Check]) -> tuple[CheckView, ...]:
    """Return the checks of a loan, which are in order of time, as a list shows them."""
    people = await members.by_ids(desk.session, {key for row in rows for key in (row.by_id, row.decided_by_id) if key})
    made = await calls.by_ids(desk.session, {row.call_id for row in rows if row.call_id})
    held = {row.id for row in undecided(rows)}
    found: list[CheckView] = []
    for row in rows:
        call = made.get(row.call_id) if row.call_id else None
        notes = _notes(desk, row)
        found.append(
            CheckView(
                id=row.id,
                version=row.version,
                purpose=row.purpose,
                state=row.state,
                at=row.at,
                who=people[row.by_id].slack_user_id,
                items=tuple(
                    ItemView(item.code, row.items.get(item.code), notes.get(item.code, ""))
                    for item in CHECKS[row.purpose]
                ),
                why=unreadable.read(desk, Call.note_cipher, call) if call else "",
                held=row.id in held,
                decision=row.decision,
                decided_by=people[row.decided_by_id].slack_user_id if row.decided_by_id else None,
                decided_at=row.decided_at,
                reason=unreadable.read(desk, Check.decision_cipher, row),
            )
        )
    return tuple(found)


def decide(desk: Desk, row: Check, decision: str, reason: str) -> None:
    """Write a manager's decision about a failed check, which may replace an earlier one."""
    track(desk, row)
    row.decision, row.decided_by_id, row.decided_at = decision, desk.member.id, desk.now
    row.decision_cipher = desk.cipher.encrypt_optional(Check.decision_cipher, row.id, reason)


async def _begun(desk: Desk, loan: Loan, follow_up: FollowUp) -> Check:
    """Return the row of a check that is still to end, tracked, or a new one."""
    row = await checks.open_of(desk.session, follow_up.id)
    if row is not None:
        return track(desk, row)
    return create(
        desk,
        Check(
            id=new_id(),
            workspace_id=desk.workspace.id,
            loan_id=loan.id,
            follow_up_id=follow_up.id,
            purpose=follow_up.purpose,
            by_id=desk.member.id,
            at=desk.now,
        ),
    )


def _write(desk: Desk, row: Check, findings: Findings) -> None:
    known = {item.code for item in CHECKS[row.purpose]}
    row.items = {code: answer for code, answer in findings.items.items() if code in known and answer}
    notes = {code: note.strip() for code, note in findings.notes.items() if code in known and note.strip()}
    for note in notes.values():
        check_note(note)
    text = json.dumps(notes, ensure_ascii=False) if notes else ""
    row.notes_cipher = desk.cipher.encrypt_optional(Check.notes_cipher, row.id, text)


def _notes(desk: Desk, row: Check) -> Mapping[str, str]:
    text = unreadable.read(desk, Check.notes_cipher, row)
    if text in unreadable.MARKS:
        return dict.fromkeys(row.items, text)
    return json.loads(text) if text else {}
