"""What the report of an import says of how a file was read, of its columns, and of rows that people should look at."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from desk.core.unreadable import PHONE
from desk.importing.new_loan_notices import NewLoansView
from desk.importing.reading.headings import IGNORED, shapes
from desk.importing.reading.tables import LEFT_OUT_NAMED, Reading
from desk.importing.rows import UnknownColumn
from desk.importing.updating import Remark
from desk.rules.contacts import format_phone
from desk.rules.moves import NEEDS, Need, NeedKind
from handlers.messages.block_kit.elements import stage, write_more
from handlers.messages.block_kit.message import Button, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.checks import lacks
from handlers.messages.unreadable import text_in_words

_SAYINGS: Mapping[str, Callable[[Translator, Remark], str]] = {
    "kept": lambda t, r: t(
        "was corrected here to {present}, and the file says {new}. The correction stays until the file says something else.",
        **_values(t, r),
    ),
    "replaced": lambda t, r: t(
        "is now {new}, as the file says. It was corrected here to {present} before.", **_values(t, r)
    ),
    "stage_kept": lambda t, r: t(
        "is {present} here, and the file says {new}. The stage that was typed here stays.", **_values(t, r)
    ),
    "stage_back": lambda t, r: t("went back from {present} to {new}, as the file says.", **_values(t, r)),
    **dict.fromkeys(
        (f"lacks_{kind}" for kind in NEEDS),
        lambda t, r: t("taken for {stage}, but missing: {what}", stage=stage(t, r.params["stage"]), what=_lacks(t, r)),
    ),
    "owner_kept": lambda t, r: t("{new} in the file. The owner who was chosen here stays.", **r.params),
    "person_kept": lambda t, r: t(
        "{new} in the file. {present}, entered or corrected here, stays.",
        new=r.params["new"],
        present=t(", ").join(r.params["present"]),
    ),
    "owner_left": lambda t, r: t(
        "{name} has left the desk, and the loan is open again. Give it an owner: /loan-reassign {loan} @name",
        loan=r.number,
        **r.params,
    ),
    "same_phone": lambda t, r: t(
        "same phone as {other} {name}, not joined. If they are one loan: /loan edit {other} number {loan}",
        loan=r.number,
        **r.params,
    ),
}
"""What is said behind the column's heading, by the remark's code."""


def explain_remark(t: Translator, remark: Remark) -> str:
    """Return what people should know of a row that was imported, with the file's own heading of its column."""
    reason = text_in_words(t, _SAYINGS[remark.code](t, remark))
    return t("{heading}: {reason}", heading=remark.heading, reason=reason)


def loans_imported(t: Translator, view: NewLoansView, *, name: str | None) -> Message:
    """Render the notice to who owns loans that a file brought. `name` is theirs, where others read the notice too."""
    writer = Writer()
    if name is None:
        writer.line(
            t.n("{n} new loan of yours came with a file.", "{n} new loans of yours came with a file.", view.count)
        )
    else:
        writer.line(
            t.n(
                "{name}: {n} new loan came with a file.",
                "{name}: {n} new loans came with a file.",
                view.count,
                name=name,
            )
        )
    if view.numbers:
        writer.line(t(", ").join(view.numbers))
        write_more(t, writer, view.count - len(view.numbers))
    writer.small(t("Their first calls are planned: /loan-due lists them."))
    return writer.buttons(
        Button(t("Your loans") if name is None else t("My loans"), "loan.mine", {"s": "", "o": 0})
    ).message()


def reading_in_words(t: Translator, reading: Reading) -> Iterator[str]:
    """Yield how a file was read, where that is not plain to see: its sheet, what columns were taken for, rows left out."""
    if reading.sheet is not None:
        yield t("Sheet: {name}", name=reading.sheet)
    columns = shapes()[reading.kind].columns
    for each in reading.taken:
        if each.column == IGNORED:
            yield t("{heading}: not imported, as you said", heading=each.heading)
            continue
        label = columns[each.column].label(t.language)
        if each.why == "said":
            yield t("{heading}: {column}, as you said", heading=each.heading, column=label)
        else:
            yield t("{heading}: {column}, as its cells say", heading=each.heading, column=label)
    if reading.totals:
        yield t("Left out as totals: line {lines}", lines=_lines(t, reading.totals))
    if reading.repeated:
        yield t("Left out as headings that are repeated: line {lines}", lines=_lines(t, reading.repeated))


def _lines(t: Translator, lines: Sequence[int]) -> str:
    return t(", ").join(map(str, lines[:LEFT_OUT_NAMED])) + (" …" if len(lines) > LEFT_OUT_NAMED else "")


def unknown_columns(t: Translator, columns: Sequence[UnknownColumn]) -> str:
    """Return which columns of a file are not imported."""
    names = [column.heading or t("column {n} without a heading", n=column.place) for column in columns]
    return t("Columns that I don't know, not imported: {names}", names=t(", ").join(dict.fromkeys(names)))


def _lacks(t: Translator, remark: Remark) -> str:
    """Return what a loan lacks for the stage that the file gives it."""
    kind: NeedKind = next(each for each in NEEDS if remark.code == f"lacks_{each}")
    return lacks(t, Need(kind, remark.params["codes"]))


def _values(t: Translator, remark: Remark) -> dict[str, str]:
    return {name: _value(t, remark.column, remark.params[name]) for name in ("present", "new")}


def _value(t: Translator, column: str, value: str) -> str:
    if column == "phone" and value != PHONE:
        return format_phone(value)
    if column == "stage":
        return stage(t, value)
    return value or t("(empty)")
