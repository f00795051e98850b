"""`/loan-call <loan>[/n] [role] <outcome> [purpose] [note] [next <due> [purpose] [note]]`."""

import re
from dataclasses import replace
from datetime import datetime
from typing import NoReturn
from zoneinfo import ZoneInfo

from desk.calls.matching import CallDetails
from desk.calls.outcomes import NextStep
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.values import Amount, Due, LoanRef
from desk.core.vocabulary import Outcome
from handlers.grammar.amounts import AmountMatch, amount_at
from handlers.grammar.due import correct_spelling, due_end, next_weekday_readings
from handlers.grammar.inexact_amounts import inexact_amount_end
from handlers.grammar.reader import HelpRequest, Reader, take_purpose_and_note, with_params
from handlers.grammar.terms import OUTCOMES, PURPOSES, RELATED_ROLES, example
from handlers.grammar.text import Line, splits_word

_OPENER = re.compile(r"next|下次|[-=]*>+")
_MAX_DUE_LENGTH = 60
_MOST_OPENERS = 20
"""How many openers are tried, from the end of the line, so that a long line does not take long."""
_BRACKETED = re.compile(r"<[^<>\s]*$")
_BARE_NUMBER = re.compile(r"[01]?[0-9]|2[0-3]")
_DIGITS_BEHIND_DATE = re.compile(r"(?P<date>.*[^0-9,.])(?P<digits>[0-9][0-9,.]{2,})", re.DOTALL)
_SEVERAL_MEANINGS = ("due_ambiguous", "due_range", "due_bare_number", "due_part_of_day", "next_weekday_ambiguous")


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A call to log, with the next step if one was typed. `noted` are the times that the note may begin with, to be offered."""

    loan: LoanRef
    outcome: str
    details: CallDetails
    next: NextStep | None
    noted: tuple[Due, ...] = ()


def parse(line: Line, now: datetime, zone: ZoneInfo) -> CallRequest | HelpRequest:
    """Parse the line.

    Raise `Invalid`: `loan_missing`, `outcome_missing`, `outcome_unknown`, `outcome_unclear`, `amount_unclear`,
    `next_due_missing`, `next_weekday_ambiguous`, `due_or_amount`, and the codes of due times with `part="next"`.
    """
    reader = Reader(line, now, zone)
    if request := reader.help_request():
        return request
    loan = reader.expect_loan(OUTCOMES, RELATED_ROLES)
    party = _take_party(reader)
    outcome = _expect_outcome(reader)
    begin = reader.at
    inexact = outcome.takes_amount and _take_inexact_amount(reader)
    amount = _take_amount(reader, outcome) if outcome.takes_amount and not inexact else None
    try:
        plan = _plan(reader, outcome)
    except Invalid as refusal:
        raise _or_amount(refusal, reader, amount) if outcome.takes_amount else refusal from None
    step = plan.step
    if outcome.takes_amount and not inexact and amount is None and step is not None:
        amount, step = _amount_behind(step)
    if inexact:
        reader.move(begin)
        details = CallDetails(note=reader.take_note(plan.note_end))
    else:
        details = replace(_take_details(reader, plan.note_end), amount=amount)
    return CallRequest(loan, outcome.code, replace(details, party=party), step, plan.noted)


def _take_party(reader: Reader) -> str:
    """Take whom the call reached instead of the borrower, where an outcome stands behind it: `spouse reached`."""
    found = None if reader.find_word(OUTCOMES) else reader.find_word(RELATED_ROLES)
    if found is None or reader.probe(reader.line.skip_parts(found.end)).find_word(OUTCOMES) is None:
        return ""
    reader.move_past(found.end)
    return found.word.code


def _amount_behind(step: NextStep) -> tuple[Amount | None, NextStep]:
    """Return the amount in a named currency that stands behind the day of a promise (`周五 3000元`), and the step without it."""
    line = Line.plain(step.note)
    try:
        found = amount_at(line, 0)
    except Invalid:
        return None, step
    if found is None or not found.amount.currencies or step.purpose is not None:
        return None, step
    return found.amount, replace(step, note=line.trimmed(line.skip_parts(found.end)))


def _take_inexact_amount(reader: Reader) -> bool:
    """Move past an amount that is not exact (`about 3000`), which is part of the note; return whether there was one."""
    end = inexact_amount_end(reader.line, reader.at)
    if end:
        reader.move_past(end)
    return bool(end)


def _expect_outcome(reader: Reader) -> Outcome:
    if reader.done or reader.norm[reader.at] == ":":
        note = reader.probe(reader.at).take_note()
        forms = OUTCOMES.display_forms(reader.line)
        reader.refuse("outcome_missing", "outcome", forms, fill={"note": note} if note else {})
    found = reader.find_word(OUTCOMES)
    if found is None:
        reader.refuse("outcome_unknown", "outcome", OUTCOMES.nearest(reader.line, reader.at))
    reversal_end = OUTCOMES.reversal_end(reader.norm, found)
    if reversal_end is not None:
        _refuse_unclear(reader, found.word, reader.line.original(reader.at, reversal_end), found.end)
    reader.move_past(found.end)
    return found.word


def _refuse_unclear(reader: Reader, outcome: Outcome, given: str, end: int) -> NoReturn:
    """Refuse `paid half`, which is not paid. An instalment of which a part was paid may be meant."""
    like = given if reader.line.chinese is None else reader.line
    nearest = (example(like, f"已接通：{given}", f"reached: {given}"),)
    further: tuple[str, ...] = ()
    if outcome.settles_instalment and inexact_amount_end(reader.line, reader.line.skip(end)):
        further = (example(like, f"部分还款，明天：{given}", f"part paid tomorrow: {given}"),)
    more = {"further": further, "ref": reader.loan, "fill": {"note": reader.line.trimmed(reader.at)}}
    raise Invalid("outcome_unclear", part="outcome", given=given, nearest=nearest, **more)


def _take_amount(reader: Reader, outcome: Outcome) -> Amount | None:
    """Take an amount, unless a due time begins with its number and is as long or longer (`promised 5 dec`).

    An amount behind a colon, which begins the note, is recorded and stays in the note: a payment of an amount must not count as
    the whole instalment.
    """
    if reader.norm.startswith(":", reader.at):
        return _amount_in_note(reader.probe(reader.at))
    try:
        found = amount_at(reader.line, reader.at)
    except Invalid:
        if due_end(reader.line, reader.at):
            return None
        raise
    if found is None or _is_due(reader, outcome, found):
        return None
    reader.move_past(found.end)
    return found.amount


def _amount_in_note(reader: Reader) -> Amount | None:
    """Return the amount with which a note begins; no note is refused."""
    reader.take_colon()
    if inexact_amount_end(reader.line, reader.at):
        return None
    try:
        found = amount_at(reader.line, reader.at)
    except Invalid:
        return None
    return found.amount if found and _due_end(reader.line, reader.at, found) <= found.end else None


def _due_end(line: Line, start: int, found: AmountMatch) -> int:
    """Return where a due time ends that begins with the amount's number, 0 if none does. `800 周五` is an amount and a day, and
    not 800 weeks: the day behind the number is longer."""
    end = due_end(line, start)
    behind = due_end(line, line.skip(found.end))
    return 0 if found.end < end < behind else end


def _is_due(reader: Reader, outcome: Outcome, found: AmountMatch) -> bool:
    """Return whether the number begins a due time. One with decimals (`3.01`) is an amount where no due time can be, and where
    another one follows (`promised 12.5 fri`)."""
    end = _due_end(reader.line, reader.at, found)
    if end < found.end or not found.decimals:
        return end >= found.end
    if end == found.end and outcome.next != "must":
        return False
    followed = reader.probe(found.end).skip_due() or bool(_openers(reader.line, found.end))
    return not followed or reader.probe(reader.at).skip_due()


def _take_details(reader: Reader, end: int) -> CallDetails:
    """Take `[purpose] [note]` up to `end`. A purpose word with words after it may also be the beginning of the note."""
    start = reader.at
    found = reader.find_word(PURPOSES) if start < end else None
    whole = reader.take_note(end)
    if found is None or found.end > end:
        return CallDetails(note=whole)
    reader.move_past(found.end)
    certain = reader.at >= end or reader.norm[reader.at] == ":"
    return CallDetails(found.word.code, reader.take_note(end), None if certain else whole)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the note about the call ends, the next step, and the times that the note may begin with."""

    note_end: int
    step: NextStep | None = None
    noted: tuple[Due, ...] = ()


def _plan(reader: Reader, outcome: Outcome) -> _Plan:
    """Return the next step: behind the last opener followed by a due time, or directly behind an outcome that needs one.

    An opener followed by a refused due time refuses the line, unless a later opener has a valid one. A `next` within the due
    time of an earlier opener, or of the time directly behind the outcome, is part of that due time (`> 3pm next fri`). Behind
    a colon, which begins the note, an opener counts only when a due time is all that follows it.
    """
    line, start = reader.line, reader.at
    if reader.done:
        return _Plan(start)
    colon = _colon(reader)
    openers = _openers(line, start)
    direct = outcome.next == "must"
    noted: tuple[Due, ...] = ()
    for at, opener in reversed(list(enumerate(openers))):
        if colon is not None and opener.start() > colon:
            whole, meant = _in_note(reader.probe(opener.end()), outcome, opener)
            if whole:
                return _Plan(opener.start(), NextStep(due=meant[0]))
            noted = noted or meant
            continue
        before = openers[at - 1].end() if at else start if direct else len(line.norm)
        if (
            opener[0] == "next"
            and line.skip(before) < opener.start()
            and _extends_past(reader.probe(before), opener.start())
        ):
            continue
        behind = reader.probe(opener.end())
        behind.take_colon()
        _refuse_unfinished(behind, opener, start)
        if due := _take_next_due(behind, outcome, opener):
            purpose, note = take_purpose_and_note(behind)
            return _Plan(opener.start(), NextStep(due=due, purpose=purpose, note=note))
        _refuse_misspelled(behind, opener)
    if direct and colon is None and (step := _step_behind_outcome(reader.probe(start), outcome)):
        return _Plan(start, step)
    if colon is not None and not noted:
        whole, noted = _in_note(reader.probe(colon), outcome)
        if direct and whole:
            return _Plan(start, NextStep(due=noted[0]))
    return _Plan(len(line.norm), noted=noted)


def _colon(reader: Reader) -> int | None:
    """Return the offset of the colon that begins the note, directly behind the outcome or its purpose, or None."""
    if reader.norm.startswith(":", reader.at):
        return reader.at
    purpose = reader.find_word(PURPOSES)
    at = reader.line.skip(purpose.end) if purpose else len(reader.norm)
    return at if reader.norm.startswith(":", at) else None


def _step_behind_outcome(reader: Reader, outcome: Outcome) -> NextStep | None:
    """Return the next step directly behind an outcome that needs one."""
    due = _take_due(reader, outcome)
    if due is None:
        return None
    purpose, note = take_purpose_and_note(reader)
    return NextStep(due=due, purpose=purpose, note=note)


def _take_due(reader: Reader, outcome: Outcome) -> Due | None:
    """Take a due time. Money that is promised by a day is asked about on that day."""
    return reader.take_limit(part="next") if outcome.takes_amount else reader.take_due(part="next")


def _in_note(reader: Reader, outcome: Outcome, opener: re.Match[str] | None = None) -> tuple[bool, tuple[Due, ...]]:
    """Return whether one due time is all that is left of a note, and the due times that its words may begin with."""
    reader.take_colon()
    try:
        due = _take_next_due(reader, outcome, opener) if opener else _take_due(reader, outcome)
    except Invalid as refusal:
        several = refusal.code in _SEVERAL_MEANINGS
        return False, refusal.params.get("readings") or refusal.params.get("meant", ()) if several else ()
    return due is not None and reader.done, (due,) if due else ()


def _or_amount(refusal: Invalid, reader: Reader, amount: Amount | None) -> Invalid:
    """Complete the refusal of bare digits behind a date (`promised, next fri 3000`): they may be the amount."""
    given = refusal.params["given"]
    digits = _DIGITS_BEHIND_DATE.fullmatch(given)
    if refusal.code != "due_bare_number" or digits is None or amount is not None:
        return refusal
    typed = reader.line.original(reader.at)
    before, given = typed[: typed.rindex(given)], typed[: typed.rindex(given) + len(given)]
    money = f"{digits['digits']} {before}{digits['date'].rstrip()}"
    times = tuple(f"{before}{form}" for form in refusal.params["nearest"] if ":" in form)
    return Invalid("due_or_amount", part="next", given=given, nearest=(money, *times))


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
    return openers[-_MOST_OPENERS:]


def _extends_past(reader: Reader, at: int) -> bool:
    """Return whether the due time after an opener extends past `at`."""
    reader.take_colon()
    return at - reader.at < _MAX_DUE_LENGTH and reader.skip_due() and reader.at > at


def _refuse_unfinished(reader: Reader, opener: re.Match[str], start: int) -> None:
    """Refuse a final opener (`未接 >`, `未接 下次`, `na > 3`), unless it is part of the note (`will tell us next`, `<x>`)."""
    directly = opener.start() == start
    if reader.done and (directly or (opener[0].endswith(">") and not _closes_bracket(reader, opener))):
        given = reader.line.original(*opener.span())
        nearest = example(reader.line, f"{given} 明天10:00", f"{given} tomorrow 10:00")
        raise Invalid("next_due_missing", part="next", given=given, nearest=(nearest,), ref=reader.loan)
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


def _take_next_due(reader: Reader, outcome: Outcome, opener: re.Match[str]) -> Due | None:
    if opener[0] != "next":
        return _take_due(reader, outcome)
    try:
        readings = next_weekday_readings(reader.line, reader.at, reader.now, reader.zone)
    except Invalid as refusal:
        raise _with_opener(refusal, opener[0]) from None
    if readings is None:
        return _take_due(reader, outcome)
    due, *others = readings.readings
    if others:
        given = reader.line.original(opener.start(), readings.end)
        weekday = reader.line.original(reader.at, readings.end)
        alone = weekday if reader.probe(reader.at).skip_due() else due.on.isoformat()
        nearest = (f"> {alone}", f"> {given}")
        raise Invalid("next_weekday_ambiguous", part="next", given=given, readings=readings.readings, nearest=nearest)
    reader.move_past(readings.end)
    return due


def _with_opener(refusal: Invalid, opener: str) -> Invalid:
    """Complete a refusal of a phrase that includes `next` (`next week`): the forms it suggests need another opener."""
    if not refusal.params["given"].casefold().startswith(opener):
        return with_params(refusal, part="next")
    return with_params(refusal, part="next", nearest=tuple(f"> {form}" for form in refusal.params["nearest"]))
