"""Resolve the tokens of a candidate to the due time that they mean together."""

from collections.abc import Iterator
from datetime import UTC, date, time, timedelta

from desk.core.values import Due
from handlers.grammar.due.candidates import Candidate
from handlers.grammar.due.dates import YEARS_AHEAD, ReferenceTime, add_months, dates_of
from handlers.grammar.due.times import clock_times, due_at, future_dues, next_occurrence
from handlers.grammar.due.tokens import (
    BareDigits,
    BareNumber,
    ClockTime,
    DateToken,
    DayOfMonth,
    DayPart,
    DayPartName,
    DaysAhead,
    EndOfDay,
    MinutesAhead,
    MinutesOrMonths,
    Refusal,
    RefusedError,
    TimeToken,
    Token,
    Weekday,
)


def resolve(tokens: tuple[Token, ...], ref: ReferenceTime) -> Due:
    """Return the due time that the tokens mean; raise `RefusedError` if there is none or more than one."""
    first = tokens[0]
    if isinstance(first, MinutesAhead):
        return _minutes_from_now(first.minutes, ref)
    if isinstance(first, MinutesOrMonths):
        in_months = Due(add_months(ref.today, first.count))
        raise RefusedError("due_ambiguous", (_minutes_from_now(first.count, ref), in_months))
    on = _dates(tokens, ref)
    time_token = next((token for token in tokens if isinstance(token, TimeToken)), None)
    parts = tuple(_parts(tokens))
    if time_token is None:
        return _date_only(on, parts, ref)
    try:
        return _with_time(on, clock_times(time_token, parts), ref)
    except RefusedError as refused:
        if refused.code == "due_past":
            raise RefusedError("due_past", _next_time(tokens, clock_times(time_token, parts), ref)) from None
        if refused.code in ("due_midnight", "due_contradiction"):
            raise RefusedError(refused.code, _time_alternatives(refused.code, on, time_token, ref)) from None
        raise


def readings(tokens: tuple[Token, ...], ref: ReferenceTime) -> tuple[Due, ...]:
    """Return the due time that the tokens mean, or all readings of an ambiguous one. Raise `RefusedError` if there is none."""
    try:
        return (resolve(tokens, ref),)
    except RefusedError as refused:
        if refused.code == "due_ambiguous" and refused.offers:
            return refused.offers
        raise


def alternatives(candidate: Candidate, ref: ReferenceTime) -> tuple[Due, ...]:
    """Return what a refused candidate may have meant: the due times within it, or its bare number as an hour."""
    tokens = candidate.tokens
    if isinstance(tokens[-1], BareNumber):
        tokens = (*tokens[:-1], ClockTime(tokens[-1].hour, tokens[-1].minute, padded=tokens[-1].hour > 12))
        return _readings_or_none(tokens, ref)
    if isinstance(tokens[-1], BareDigits):
        return _readings_or_none((*tokens[:-1], *_as_time(tokens[-1])), ref)
    dates = [token for token in tokens[:-1] if isinstance(token, DateToken)]
    first = next(filter(None, (_readings_or_none(tokens[:end], ref) for end in range(len(tokens), 0, -1))), ())
    last = _readings_or_none((*(token for token in dates if not isinstance(tokens[-1], DateToken)), tokens[-1]), ref)
    return tuple(dict.fromkeys(due for due in (*first, *(last if len(last) == 1 else ()))))


def _as_time(digits: BareDigits) -> tuple[ClockTime, ...]:
    if digits.hour is None:
        return ()
    return (ClockTime(digits.hour, digits.minute, padded=digits.padded or digits.hour > 12),)


def _readings_or_none(tokens: tuple[Token, ...], ref: ReferenceTime) -> tuple[Due, ...]:
    if any(isinstance(token, BareNumber | BareDigits | Refusal) for token in tokens):
        return ()
    try:
        return readings(tokens, ref)
    except RefusedError:
        return ()


def _parts(tokens: tuple[Token, ...]) -> Iterator[DayPart]:
    for token in tokens:
        if isinstance(token, DaysAhead | ClockTime | DayPartName) and token.part:
            yield token.part


def _minutes_from_now(minutes: int, ref: ReferenceTime) -> Due:
    """Return the instant, rounded up to a whole minute so that it never comes early."""
    if minutes > YEARS_AHEAD * 365 * 24 * 60:
        raise RefusedError("due_too_far")
    at = ref.now.astimezone(UTC) + timedelta(minutes=minutes)
    if at.second or at.microsecond:
        at = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return Due(at.astimezone(ref.zone).date(), at)


def _dates(tokens: tuple[Token, ...], ref: ReferenceTime) -> tuple[date, ...]:
    """Return the date that all date tokens agree on, all readings of an ambiguous one, or nothing if no date was given.

    A weekday next to another date only confirms it (`Fri 27 Nov`).
    """
    dates = [token for token in tokens if isinstance(token, DateToken)]
    if not dates:
        return (ref.today,) if any(isinstance(token, EndOfDay) for token in tokens) else ()
    if len(dates) == 1:
        return dates_of(dates[0], ref)
    naming = next((token for token in dates if not isinstance(token, Weekday)), dates[0])
    found = dates_of(naming, ref)
    for token in dates:
        if isinstance(token, Weekday) and token.week is None and token is not naming:
            agrees = all(on.weekday() == token.day for on in found)
        else:
            agrees = dates_of(token, ref) == found
        if not agrees:
            confirming = isinstance(token, Weekday) and not isinstance(naming, Weekday)
            raise RefusedError("due_contradiction" if confirming else "due_two_times", tuple(Due(on) for on in found))
    return found


def _date_only(on: tuple[date, ...], parts: tuple[DayPart, ...], ref: ReferenceTime) -> Due:
    if parts:
        tomorrow = ref.today + timedelta(days=1)
        raise RefusedError(
            "due_part_of_day", future_dues(on or [ref.today, tomorrow], [time(parts[0].typical_hour)], ref)
        )
    if len(on) != 1:
        raise RefusedError("due_ambiguous", tuple(Due(each) for each in on))
    return Due(on[0])


def _with_time(on: tuple[date, ...], times: tuple[time, ...], ref: ReferenceTime) -> Due:
    if len(times) == 1 and not on:
        return next_occurrence(times[0], ref)
    if len(times) == 1 and len(on) == 1:
        return due_at(on[0], times[0], ref)
    if on:
        raise RefusedError("due_ambiguous", future_dues(on, times, ref))
    raise RefusedError("due_ambiguous", _next_of_each(times, ref))


def _next_of_each(times: tuple[time, ...], ref: ReferenceTime) -> tuple[Due, ...]:
    both = [ref.today, ref.today + timedelta(days=1)]
    found = (future_dues(both, [each], ref)[:1] for each in times)
    return tuple(sorted((due for each in found for due in each), key=lambda due: str(due.at)))


def _next_time(tokens: tuple[Token, ...], times: tuple[time, ...], ref: ReferenceTime) -> tuple[Due, ...]:
    """Return the given times on the next day that the same words could mean."""
    token = next((token for token in tokens if isinstance(token, DateToken)), None)
    if isinstance(token, DaysAhead):
        return future_dues([ref.today + timedelta(days=1)], times, ref)
    if isinstance(token, Weekday):
        return future_dues([ref.today + timedelta(days=7)], times, ref)
    if isinstance(token, DayOfMonth):
        return future_dues([add_months(ref.today, 1)], times, ref)
    return ()


def _time_alternatives(code: str, on: tuple[date, ...], token: TimeToken, ref: ReferenceTime) -> tuple[Due, ...]:
    """Return both midnights of the day if midnight was named, otherwise the time as it reads on a 24-hour clock."""
    day = on[0] if on else ref.today
    both = [day, day + timedelta(days=1)]
    minute = token.minute if isinstance(token, ClockTime) else 0
    if code == "due_midnight" or not isinstance(token, ClockTime):
        return future_dues(both, [time(0, minute)], ref)
    if token.hour <= 6:
        return future_dues(both, [time(token.hour, minute)], ref)
    return future_dues([day] if on else both, [time(token.hour, minute)], ref)
