"""Due times as people type them, in Chinese and English: understood to the last character, or refused.

This package is a library of its own; the names below are its interface, and no other code imports its modules. It is a strict
grammar over the NFKC-normalised, case-folded text and never guesses. `parse_due` reads a whole text, `longest_due` a due time at
a place in a line, `next_weekday_readings` what follows the opener `next`, `due_end` tells how far a phrase about time
reaches, and `correct_spelling` suggests a correction.

A phrase that is not understood, has two readings or lies in the past raises `desk.core.errors.Invalid` with one of these codes:

- `due_not_understood`: not a due time, or followed by words that are not part of one (`tommorow`, `3万元`).
- `due_ambiguous`: more than one reading (`3点`, `2:30`, `3/4`, `3m`, today's own weekday); `readings` lists them.
- `due_past`: not after now (a date: before today), or its next occurrence is more than ten months away.
- `due_no_such_date`: `2月30日`. `due_no_such_time`: `25点`, or a time that the clocks skip that day.
- `due_range`: a period, a limit or an estimate (`下周`, `周末`, `周五前`, `3点到5点`, `about 3pm`), or a length of time (`3天`).
- `due_part_of_day`: a part of the day without a time (`明天下午`).
- `due_bare_number`: a number that may or may not be a time (`fri 2`, `fri 1500`, `3`), or a two-digit year.
- `due_midnight`: midnight by name (`今晚12点`, `12am`), which does not say which day's. `00:00` is the first minute of its day.
- `due_contradiction`: the weekday does not match the date, or the hour the part of the day (`上午15点`).
- `due_two_times`: two dates or two times (`周五或周六`, `明天 2小时后`).
- `due_too_far`: more than ten years ahead.

The params are `given` (as typed), `nearest` (forms that would be accepted at this moment), `meant` (the due times of those of
them that the phrase may have meant) and `readings` (a tuple of `Due`, possibly empty). A time must be later than now; a date
alone may be today. Weeks start on Monday. `docs/due-times.md` has the rules as users read them.
"""

from handlers.grammar.due.reading import (
    DueMatch,
    NextWeekday,
    correct_spelling,
    due_end,
    longest_due,
    next_weekday_readings,
    parse_due,
)

__all__ = [
    "DueMatch",
    "NextWeekday",
    "correct_spelling",
    "due_end",
    "longest_due",
    "next_weekday_readings",
    "parse_due",
]
