"""`/loan-follow`: plans a follow-up, finishes or cancels one, or moves one to another time."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from desk.core.errors import Invalid
from desk.core.values import Due, LoanRef, PersonRef
from handlers.grammar.due import correct_spelling
from handlers.grammar.reader import Asked, Reader, take_about
from handlers.grammar.terms import PURPOSES, Terms, is_chinese, keyword
from handlers.grammar.text import Line

_ACTS = Terms(
    (
        keyword(
            "done", "完成", "已完成", "完成了", "办完", "办完了", "搞定", "finish", "finished", "complete", "completed"
        ),
        keyword("cancel", "取消", "已取消", "取消了", "作废", "cancelled", "canceled"),
        keyword(
            "move",
            "改期",
            "改期到",
            "改期至",
            "改到",
            "改至",
            "改约",
            "改约到",
            "延期",
            "延期到",
            "延到",
            "推迟",
            "推迟到",
            "移到",
            "move to",
            "moved",
            "moved to",
            "reschedule",
            "reschedule to",
            "postpone",
            "postpone to",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Assign:
    """`<loan> [@who] <due> [purpose] [note]`: a new follow-up. `who` None is whoever the desk chooses."""

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


def parse(line: Line, now: datetime, zone: ZoneInfo) -> FollowRequest | Asked:
    """Raises Invalid: `loan_missing`, `due_missing`, `due_unknown`, `who_behind_due`, `not_understood`, and what the due
    grammar refuses, with `part="due"`."""
    reader = Reader(line, now, zone)
    if asked := reader.asked():
        return asked
    loan = reader.take_loan(_ACTS, due_behind=True)
    act = reader.take_word(_ACTS)
    if act is None:
        return _assign(reader, loan)
    if act.code == "move":
        return _move(reader, loan)
    return Finish(loan=loan, kind="done" if act.code == "done" else "cancelled", why=reader.take_note())


def _assign(reader: Reader, loan: LoanRef) -> Assign:
    who = reader.take_person()
    start = reader.at
    due = _take_due(reader, acts=who is None)
    _refuse_who_behind_due(reader, start)
    purpose, note = take_about(reader)
    return Assign(loan=loan, who=who, due=due, purpose=purpose, note=note)


def _move(reader: Reader, loan: LoanRef) -> Move:
    reader.take_colon()
    start = reader.at
    due = _take_due(reader, acts=False)
    said = reader.line.trimmed(start, reader.at)
    reader.expect_end("due", f"改期 {said}" if is_chinese(said) else f"move {said}")
    return Move(loan=loan, due=due)


def _take_due(reader: Reader, *, acts: bool) -> Due:
    chinese = is_chinese(reader.norm)
    examples = ("明天10:00", "周五下午3点") if chinese else ("tomorrow 10:00", "fri 3pm")
    if reader.done:
        reader.refuse("due_missing", "due", examples)
    due = reader.take_due()
    if due is None:
        if spelled := correct_spelling(reader.line, reader.at, reader.now, reader.zone):
            raise Invalid("due_unknown", part="due", given=spelled[0], nearest=(spelled[1],))
        _refuse_purpose_first(reader)
        near = _ACTS.nearest(reader.norm, reader.at) if acts else ()
        reader.refuse("due_unknown", "due", (*examples, *near))
    return due


def _refuse_purpose_first(reader: Reader) -> None:
    """`核实收入 明天` is shown turned round."""
    probe = reader.probe(reader.at)
    if probe.take_word(PURPOSES) is None:
        return
    due_start = probe.at
    if probe.reads_due():
        purpose, due = reader.line.trimmed(reader.at, due_start), reader.line.trimmed(due_start, probe.at)
        given = reader.line.trimmed(reader.at, probe.at)
        raise Invalid("due_unknown", part="due", given=given, nearest=(f"{due} {purpose}",))


def _refuse_who_behind_due(reader: Reader, due_start: int) -> None:
    """Somebody named behind the due time is surely meant to make the call; to note a name there, a colon begins it."""
    due_end = reader.at
    if reader.take_person() is not None:
        due, who = reader.line.trimmed(due_start, due_end), reader.line.trimmed(due_end, reader.at)
        raise Invalid("who_behind_due", part="who", given=who, nearest=(f"{who} {due}", f"{due}: {who}"))
