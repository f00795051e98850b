"""`/loan-follow`: plan, finish, cancel or move a follow-up."""

from dataclasses import field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.values import Due, LoanRef, PersonRef
from handlers.grammar.due import correct_spelling
from handlers.grammar.reader import HelpRequest, Reader, take_purpose_and_note
from handlers.grammar.terms import PURPOSES, Terms, example, keyword
from handlers.grammar.text import Line

_ACTS = Terms(
    (
        keyword(
            "done", "完成", "已完成", "完成了", "办完", "办完了", "搞定", "finish", "finished", "complete", "completed"
        ),
        keyword("cancel", "取消", "已取消", "取消了", "作废", "cancelled", "canceled"),
        keyword(
            "move",
            *("改期", "改期到", "改期至", "改到", "改至", "改约", "改约到"),
            *("延期", "延期到", "延到", "推迟", "推迟到", "移到"),
            *("move to", "moved", "moved to", "reschedule", "reschedule to", "postpone", "postpone to"),
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Assign:
    """`<loan> [@who] <due> [purpose] [note]`: a new follow-up. With `who` None the desk chooses the assignee."""

    loan: LoanRef
    who: PersonRef | None
    due: Due
    purpose: str | None
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finish:
    """`<loan>[/n] done|cancel [why]`."""

    loan: LoanRef
    kind: Literal["done", "cancelled"]
    why: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Move:
    """`<loan>[/n] move <due>`."""

    loan: LoanRef
    due: Due


FollowRequest = Assign | Finish | Move


def parse(line: Line, now: datetime, zone: ZoneInfo) -> FollowRequest | HelpRequest:
    """Parse the line.

    Raise `Invalid`: `loan_missing`, `due_missing`, `due_unknown`, `who_behind_due`, `not_understood`, and the codes of due
    times with `part="due"`.
    """
    reader = Reader(line, now, zone)
    if request := reader.help_request():
        return request
    loan = reader.expect_loan(_ACTS, due_follows=True)
    start = reader.at
    act = reader.take_word(_ACTS)
    if act is None:
        return _assign(reader, loan)
    if act.code == "move":
        return _move(reader, loan, start)
    return Finish(loan=loan, kind="done" if act.code == "done" else "cancelled", why=reader.take_note())


def _assign(reader: Reader, loan: LoanRef) -> Assign:
    who = reader.take_person()
    start = reader.at
    fill = {"who": who.slack_id} if who and who.slack_id else {}
    due = _expect_due(reader, suggest_acts=who is None, fill=fill)
    _refuse_person_after_due(reader, start)
    purpose, note = take_purpose_and_note(reader)
    return Assign(loan=loan, who=who, due=due, purpose=purpose, note=note)


def _move(reader: Reader, loan: LoanRef, start: int) -> Move:
    reader.take_colon()
    due = _expect_due(reader, suggest_acts=False, asks="move")
    typed, replaced = reader.line.trimmed(start, reader.at), reader.line.trimmed(start)
    reader.expect_end("due", typed, replaced=replaced, asks="move")
    return Move(loan=loan, due=due)


def _expect_due(reader: Reader, *, suggest_acts: bool, **params: Any) -> Due:
    line = reader.line
    examples = (example(line, "明天10:00", "tomorrow 10:00"), example(line, "周五下午3点", "fri 3pm"))
    if reader.done:
        reader.refuse("due_missing", "due", examples, **params)
    due = reader.take_due()
    if due is None:
        if correction := correct_spelling(reader.line, reader.at, reader.now, reader.zone):
            raise Invalid("due_unknown", part="due", given=correction[0], nearest=(correction[1],))
        _refuse_purpose_first(reader)
        near = _ACTS.nearest(reader.line, reader.at) if suggest_acts else ()
        reader.refuse("due_unknown", "due", (*examples, *near), **params)
    return due


def _refuse_purpose_first(reader: Reader) -> None:
    """Refuse a purpose before the due time (`核实收入 明天`) and suggest the other order."""
    probe = reader.probe(reader.at)
    if probe.take_word(PURPOSES) is None:
        return
    due_start = probe.at
    if probe.skip_due():
        purpose, due = reader.line.trimmed(reader.at, due_start), reader.line.trimmed(due_start, probe.at)
        given = reader.line.trimmed(reader.at, probe.at)
        raise Invalid("due_unknown", part="due", given=given, nearest=(f"{due} {purpose}",))


def _refuse_person_after_due(reader: Reader, due_start: int) -> None:
    """Refuse a person after the due time, who is probably meant to make the call; a colon marks the name as a note."""
    due_end = reader.at
    if reader.take_person() is not None:
        due, who = reader.line.trimmed(due_start, due_end), reader.line.trimmed(due_end, reader.at)
        replaced = reader.line.trimmed(due_start, reader.at)
        nearest = (f"{who} {due}", f"{due}: {who}")
        raise Invalid("who_behind_due", part="who", given=who, nearest=nearest, replaced=replaced)
