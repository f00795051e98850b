"""Reasons why a file, or a row of it, was not imported."""

import shlex
from collections.abc import Callable

from desk.core.errors import DeskError
from desk.importing.reading.headings import shapes
from handlers.messages.block_kit.elements import stage
from handlers.messages.block_kit.translator import Translator
from handlers.messages.refusals.money_rows import MONEY_ROW

Explanation = Callable[[Translator, DeskError], str]

FILE: dict[str, Explanation] = {
    "import_unreadable": lambda t, e: t("I can't read {given}: {why}.", **e.params),
    "import_not_text": lambda t, e: t(
        "{given} isn't a CSV file. Save the sheet as CSV (UTF-8 or Excel's own encoding) and try again.", **e.params
    ),
    "import_encoding_unknown": lambda t, e: t("{given} is no encoding that I know. Try one of these:", **e.params),
    "import_encoding": lambda t, e: _encoding(
        t,
        t("Line {line} is neither UTF-8 nor surely GB18030: {bytes}.", **e.params),
        e,
    ),
    "import_encoding_wrong": lambda t, e: _encoding(
        t, t("Line {line} isn't in the encoding {encoding}: {bytes}.", **e.params), e
    ),
    "import_encodings_mixed": lambda t, e: _encoding(
        t,
        t("Some lines are UTF-8, and line {line} isn't: {bytes}. Save the whole file in one encoding.", **e.params),
        e,
    ),
    "import_quotes": lambda t, e: t(
        "In the row that begins in line {line}, a quotation mark is in the wrong place or isn't closed, or a cell has more than "
        "{limit} characters.",
        **e.params,
    ),
    "import_not_csv": lambda t, e: t("This isn't a table of loans: the first line must name the columns."),
    "import_empty_file": lambda t, e: t("{given} is empty.", **e.params),
    "import_other_form": lambda t, e: t(
        "{given} is {form}, which I can't read. Save the table as XLSX or CSV and try again.", **e.params
    ),
    "import_password": lambda t, e: t(
        "{given} is protected with a password. Save it without one and try again.", **e.params
    ),
    "import_macros": lambda t, e: t("{given} has macros. Save it as XLSX, which has none, and try again.", **e.params),
    "import_broken": lambda t, e: t(
        "{given} is damaged: I can't open it as a workbook. Open it in your spreadsheet program, save it again as XLSX and "
        "try again.",
        **e.params,
    ),
    "import_unpacked": lambda t, e: t(
        "{given} unpacks to more than {size}. Save the table as CSV and try again.",
        given=e.params["given"],
        size=_size(e.params["limit"]),
    ),
    "import_too_big": lambda t, e: t(
        "{given} is larger than {size}. Split it into several files.",
        given=e.params["given"],
        size=_size(e.params["limit"]),
    ),
    "import_rows": lambda t, e: (
        t("The sheet has more than {limit} rows. Save it as CSV, which may have a million.", limit=e.params["limit"])
        if e.params["form"] == "sheet"
        else t("The file has more than {limit} rows. Split it into several files.", limit=e.params["limit"])
    ),
    "import_columns": lambda t, e: t(
        "The table has {columns} columns or more; the most are {limit}. Delete those that aren't needed.", **e.params
    ),
    "import_sheets": lambda t, e: t(
        "Several sheets may be meant: {sheets}. Name the one to import: --sheet {first}",
        sheets=t(", ").join(e.params["sheets"]),
        first=shlex.quote(e.params["sheets"][0]),
    ),
    "import_unit": lambda t, e: t(
        "A line above the headings says that {heading} is in {unit}. Convert it to 元 or 万元, and correct that line.",
        **e.params,
    ),
    "import_no_sheets": lambda t, e: t(
        "{given} is a file of text, which has no sheets: leave out --sheet.", **e.params
    ),
    "import_sheet_unknown": lambda t, e: t("There is no sheet {given}. The sheets are:", given=e.params["given"]),
    "import_choice_form": lambda t, e: t("{given}: write heading=column, or heading=ignore.", given=e.params["given"]),
    "import_choice_column": lambda t, e: t(
        "{given} is no column that I import. The columns are: {columns}",
        given=e.params["given"],
        columns=t(", ").join(
            shapes()[e.params["kind"]].columns[name].label(t.language) for name in e.params["columns"]
        ),
    ),
    "import_choice_heading": lambda t, e: t(
        "The file has no column {given}. Its columns are:", given=e.params["given"]
    ),
    "import_refused_is_file": lambda t, e: t(
        "{given} is the file that is imported. Name another one for the refused rows.", **e.params
    ),
    "import_unwritable": lambda t, e: t("I can't write {given}: {why}.", **e.params),
    "import_questions": lambda t, e: _questions(t, e),
    "import_column_missing": lambda t, e: t("The column {column} is missing. Use one of these headings:", **e.params),
}

ROW: dict[str, Explanation] = {
    "import_cells": lambda t, e: t("{cells} cells, but the first line names {columns} columns", **e.params),
    "import_empty": lambda t, e: t("empty"),
    "import_nameless": lambda t, e: t("a phone without a name: fill in the name beside it"),
    "import_number_separated": lambda t, e: t(
        "{given}: a loan number can't contain spaces, commas or semicolons", **e.params
    ),
    "import_scientific": lambda t, e: t(
        "{given}: Excel turned this into a rounded number. Format the column as text and enter it again", **e.params
    ),
    "import_too_long": lambda t, e: t("{length} characters; the limit is {limit}", **e.params),
    "import_amount": lambda t, e: t(
        "{given} isn't an amount, written like 120000 or 120,000.50", given=e.params["given"]
    ),
    "import_error_cell": lambda t, e: t("{given}: the spreadsheet has an error in this cell", **e.params),
    "import_formula": lambda t, e: t(
        "{given}: a formula that was never calculated. Open the file in your spreadsheet program and save it again",
        **e.params,
    ),
    "import_narrow": lambda t, e: t(
        "{given}: the column was too narrow to show the value. Widen it and save the file again", **e.params
    ),
    "import_day_order": lambda t, e: t(
        "{given} may be {one} or {other}, and nothing in the column says which. Write the year first, like 2027-01-15",
        given=e.params["given"],
        one=t.date(e.params["days"][0]),
        other=t.date(e.params["days"][1]),
    ),
    "import_day_early": lambda t, e: t("{given} is before March 1900: a number, or a mistake", given=e.params["given"]),
    "import_term": lambda t, e: t("{given} isn't a number of months", **e.params),
    "import_rate": lambda t, e: t("{given}: write a rate with its percent sign, like 5.99%", **e.params),
    "import_choice": lambda t, e: t(
        "{given} isn't one of {words}",
        given=e.params["given"],
        words=t(", ").join(word.word(t.language) for word in e.params["nearest"]),
    ),
    "import_day": lambda t, e: t("{given} isn't a date, written like 2027-01-15", **e.params),
    "import_vin": lambda t, e: t("{given} isn't a VIN of 17 letters and digits", **e.params),
    "import_plate": lambda t, e: t("{given} isn't a plate", **e.params),
    "import_due_day": lambda t, e: t("{given} isn't a day of the month", **e.params),
    "import_yes_no": lambda t, e: t("{given} is neither yes nor no", **e.params),
    "import_date": lambda t, e: t(
        "{given} isn't a date up to today, written like {day}", day=e.params["nearest"][0], **e.params
    ),
    "import_owner_unknown": lambda t, e: t(
        "{given} isn't a member who can own a loan. Add them with /loan-team add, or correct the email address",
        **e.params,
    ),
    "import_damaged": lambda t, e: t(
        "{given}: characters were lost before the file came here. Export it from the lender's system again", **e.params
    ),
    "import_number_minted": lambda t, e: t(
        "{loan} is an inquiry of this desk with another name or phone. If it is the same loan, correct these with "
        "/loan edit {loan}; if it is another one, give the inquiry another number first: /loan edit {loan} number …",
        **e.params,
    ),
    "import_number_of_another": lambda t, e: t(
        "{given} has another name and another phone here. Correct its number with /loan edit {given} number …, or the file",
        **e.params,
    ),
    "import_number_corrected": lambda t, e: t(
        "{given} is what a loan is called here that this file also has by its earlier number. Correct one of the two",
        **e.params,
    ),
    "import_number_twice": lambda t, e: t(
        "{given} appears in this file more than once, also in line {others}",
        given=e.params["given"],
        others=t(", ").join(str(line) for line in e.params["lines"]),
    ),
    **MONEY_ROW,
    "import_moment": lambda t, e: t(
        "{given} isn't a date, or a date and time, written like 2026-11-20 14:30", **e.params
    ),
    "import_moment_future": lambda t, e: t("it hasn't happened yet"),
    "import_outcome": lambda t, e: t(
        "{given} isn't an outcome of a call; use one of {words}",
        given=e.params["given"],
        words=t(", ").join(word.word(t.language) for word in e.params["nearest"]),
    ),
    "import_purpose": lambda t, e: t(
        "{given} isn't what a call can be about; use one of {words}",
        given=e.params["given"],
        words=t(", ").join(word.word(t.language) for word in e.params["nearest"]),
    ),
    "import_minutes": lambda t, e: t("{given} isn't a number of minutes up to a day", **e.params),
    "import_member_unknown": lambda t, e: t(
        "{given} isn't a member who makes calls. Add them with /loan-team add, or correct the email address", **e.params
    ),
    "import_member_missing": lambda t, e: t("names nobody, and the loan has no owner: fill in the member"),
    "import_due_past": lambda t, e: t("this time has passed: nobody is reminded of what is past"),
    "import_due_unfit": lambda t, e: t("the member doesn't work then: choose another time"),
    "import_promise_unfit": lambda t, e: t("no promise belongs to this outcome"),
    "import_amount_unfit": lambda t, e: t("no amount belongs to this outcome"),
    "phone_invalid": lambda t, e: t("{given} isn't a valid phone number", given=e.params["given"]),
    "phone_several": lambda t, e: t("{given} is more than one number: keep the one to call", given=e.params["given"]),
    "unknown_stage": lambda t, e: t(
        "{given} isn't a stage; use one of {stages}",
        given=e.params["given"],
        stages=t(", ").join(stage(t, code) for code in e.params["nearest"]),
    ),
}


_ENCODINGS = frozenset({"import_encoding", "import_encoding_wrong", "import_encodings_mixed"})


def explain_file(t: Translator, error: DeskError) -> str:
    """Return why a file was not read."""
    reason = FILE[error.code](t, error)
    nearest = error.params.get("nearest")
    return f"{reason} {t(', ').join(nearest)}" if nearest else reason


def explain_sent_file(t: Translator, error: DeskError) -> str:
    """Return why a file was not read that a member sent, who can name no encoding but save it in another."""
    if error.code not in _ENCODINGS:
        return explain_file(t, error)
    shown = FILE[error.code](t, error).rpartition("\n")[0]
    return "\n".join([shown, t("Save the sheet as CSV UTF-8 and send it again.")])


def explain_row(t: Translator, error: DeskError) -> str:
    """Return why a row was refused, with the file's own heading of the column."""
    reason = ROW[error.code](t, error)
    heading = error.params.get("heading")
    return t("{heading}: {reason}", heading=heading, reason=reason) if heading else reason


def _size(count: int) -> str:
    return f"{count // 1024**2} MB"


def _questions(t: Translator, error: DeskError) -> str:
    """Say what is not certain about columns, and how to answer."""
    lines = [t("What are these columns? Say it once, and I remember it:")]
    for question in error.params["questions"]:
        column = shapes()[error.params["kind"]].columns[question.columns[0]].label(t.language)
        said = shlex.quote(f"{question.heading}={column}")
        if question.why == "twice":
            words = t(
                "  {heading}: {column}, as {others} may be: --map {said}",
                heading=question.heading,
                column=column,
                others=t(", ").join(question.others),
                said=said,
            )
        else:
            words = t(
                "  {heading}: {column}, or something else: --map {said}",
                heading=question.heading,
                column=column,
                said=said,
            )
        lines.append(words)
    lines.append(
        t(
            "For a column that isn't to be imported: --map {said}",
            said=shlex.quote(t("{heading}=ignore", heading=error.params["questions"][0].heading)),
        )
    )
    return "\n".join(lines)


def _encoding(t: Translator, seen: str, error: DeskError) -> str:
    """Add how the bytes would read, and how to name the encoding."""
    lines = [seen]
    lines += [t("  as {encoding}: {reading}", encoding=name, reading=text) for name, text in error.params["readings"]]
    example = next((name for name, _ in error.params["readings"]), "cp1252")
    lines.append(t("Name the file's encoding: loandesk import FILE --dry-run --encoding {encoding}", encoding=example))
    return "\n".join(lines)
