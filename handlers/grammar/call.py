"""`/loan-call <loan>[/n] <outcome> [purpose] [note] [next <due> [purpose] [note]]`."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.calls.matching import CallDetails
from desk.calls.outcomes import NextStep
from desk.core.errors import Invalid
from desk.core.values import Due, LoanRef
from handlers.grammar.due import correct_spelling, next_weekday_readings
from handlers.grammar.reader import HelpRequest, Reader, take_purpose_and_note, with_params
from handlers.grammar.terms import OUTCOMES, PURPOSES, example
from handlers.grammar.text import Line, splits_word

_OPENER = re.compile(r"next|下次|[-=]*>+")
_MAX_DUE_LENGTH = 60
_BRACKETED = re.compile(r"<[^<>\s]*$")
_BARE_NUMBER = re.compile(r"[01]?[0-9]|2[0-3]")


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A call to log, with the next step if one was typed."""

    loan: LoanRef
    outcome: str
    details: CallDetails
    next: NextStep | None


def parse(line: Line, now: datetime, zone: ZoneInfo) -> CallRequest | HelpRequest:
    """Parse the line.

    Raise `Invalid`: `loan_missing`, `outcome_missing`, `outcome_unknown`, `outcome_unclear`, `next_due_missing`,
    `next_weekday_ambiguous`, and the codes of due times with `part="next"`.
    """
    reader = Reader(line, now, zone)
    if request := reader.help_request():
        return request
    loan = reader.expect_loan(OUTCOMES)
    outcome = _expect_outcome(reader)
    end, step = _plan(line, reader.at, now, zone)
    return CallRequest(loan=loan, outcome=outcome, details=_take_details(reader, end), next=step)


def _expect_outcome(reader: Reader) -> str:
    if reader.done or reader.norm[reader.at] == ":":
        reader.refuse("outcome_missing", "outcome", OUTCOMES.display_forms(reader.norm))
    found = reader.find_word(OUTCOMES)
    if found is None:
        reader.refuse("outcome_unknown", "outcome", OUTCOMES.nearest(reader.norm, reader.at))
    reversal_end = OUTCOMES.reversal_end(reader.norm, found)
    if reversal_end is not None:
        given = reader.line.original(reader.at, reversal_end)
        nearest = example(given, f"已接通：{given}", f"reached: {given}")
        raise Invalid("outcome_unclear", part="outcome", given=given, nearest=(nearest,))
    reader.move(found.end)
    return found.word.code


def _take_details(reader: Reader, end: int) -> CallDetails:
    """Take `[purpose] [note]` up to `end`. A purpose word with words after it may also be the beginning of the note."""
    start = reader.at
    found = reader.find_word(PURPOSES) if start < end else None
    whole = reader.take_note(end)
    if found is None or found.end > end:
        return CallDetails(note=whole)
    reader.move(found.end)
    certain = reader.at >= end or reader.norm[reader.at] == ":"
    return CallDetails(found.word.code, reader.take_note(end), None if certain else whole)


def _plan(line: Line, start: int, now: datetime, zone: ZoneInfo) -> tuple[int, NextStep | None]:
    """Return where the note about the call ends, and the next step: the last opener followed by a due time.

    An opener followed by a refused due time refuses the line, unless a later opener has a valid one. A `next` within the due
    time of an earlier opener is part of that due time (`> 3pm next fri`).
    """
    openers = _openers(line, start)
    for at, opener in reversed(list(enumerate(openers))):
        reader = Reader(line, now, zone)
        if at and opener[0] == "next" and _extends_past(reader.probe(openers[at - 1].end()), opener.start()):
            continue
        reader.move(opener.end())
        reader.take_colon()
        _refuse_unfinished(reader, opener, start)
        due = _take_next_due(reader, opener)
        if due is not None:
            purpose, note = take_purpose_and_note(reader)
            return opener.start(), NextStep(due=due, purpose=purpose, note=note)
        _refuse_misspelled(reader, opener)
    return len(line.norm), None


def _openers(line: Line, start: int) -> list[re.Match[str]]:
    """Return the openers from `start` on. A `next` directly after another opener is part of the due time (`> next fri`)."""
    openers: list[re.Match[str]] = []
    in_mentions = {at for start, end in line.reference_spans() for at in range(start, end)}
    for match in _OPENER.finditer(line.norm, start):
        if match.start() in in_mentions or any(splits_word(line.norm, at) for at in match.span()):
            continue
        if openers and match[0] == "next" and line.skip(openers[-1].end()) == match.start():
            continue
        openers.append(match)
    return openers


def _extends_past(reader: Reader, at: int) -> bool:
    """Return whether the due time after an opener extends past `at`."""
    reader.take_colon()
    return at - reader.at < _MAX_DUE_LENGTH and reader.skip_due() and reader.at > at


def _refuse_unfinished(reader: Reader, opener: re.Match[str], start: int) -> None:
    """Refuse a final opener (`未接 >`, `未接 下次`, `na > 3`), unless it is part of the note (`will tell us next`, `<x>`)."""
    directly = opener.start() == start
    if reader.done and (directly or (opener[0].endswith(">") and not _closes_bracket(reader, opener))):
        given = reader.line.original(*opener.span())
        nearest = example(reader.norm, f"{given} 明天10:00", f"{given} tomorrow 10:00")
        raise Invalid("next_due_missing", part="next", given=given, nearest=(nearest,))
    number = _BARE_NUMBER.match(reader.norm, reader.at) if directly else None
    if number and reader.line.skip(number.end()) >= len(reader.norm):
        reader.refuse("due_bare_number", "next", (f"{number[0]:0>2}:00",))


def _refuse_misspelled(reader: Reader, opener: re.Match[str]) -> None:
    """Refuse `> tommorow 3pm`: as a note, it would let the desk plan the call for another time than was typed."""
    if correction := correct_spelling(reader.line, reader.at, reader.now, reader.zone, strict=True):
        sign = opener[0] if opener[0] != "next" else ">"
        raise Invalid("due_unknown", part="next", given=correction[0], nearest=(f"{sign} {correction[1]}",))


def _closes_bracket(reader: Reader, opener: re.Match[str]) -> bool:
    return _BRACKETED.search(reader.norm, max(0, opener.start() - _MAX_DUE_LENGTH), opener.start()) is not None


def _take_next_due(reader: Reader, opener: re.Match[str]) -> Due | None:
    if opener[0] != "next":
        return reader.take_due(part="next")
    try:
        readings = next_weekday_readings(reader.line, reader.at, reader.now, reader.zone)
    except Invalid as refusal:
        raise _with_opener(refusal, opener[0]) from None
    if readings is None:
        return reader.take_due(part="next")
    due, *others = readings.readings
    if others:
        given = reader.line.original(opener.start(), readings.end)
        weekday = reader.line.original(reader.at, readings.end)
        alone = weekday if reader.probe(reader.at).skip_due() else due.on.isoformat()
        nearest = (f"> {alone}", f"> {given}")
        raise Invalid("next_weekday_ambiguous", part="next", given=given, readings=readings.readings, nearest=nearest)
    reader.move(readings.end)
    return due


def _with_opener(refusal: Invalid, opener: str) -> Invalid:
    """Complete a refusal of a phrase that includes `next` (`next week`): the forms it suggests need another opener."""
    if not refusal.params["given"].casefold().startswith(opener):
        return with_params(refusal, part="next")
    return with_params(refusal, part="next", nearest=tuple(f"> {form}" for form in refusal.params["nearest"]))
