"""The lists of compliance in their Home, each with buttons that open the entries of the audit trail behind it."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from desk.messages.compliance_home import ComplianceLists, DueRequest, Override, Refusals, Unusual
from desk.rules.person_requests import request_rules
from handlers.messages.block_kit.elements import form_button
from handlers.messages.block_kit.message import Bold, Button, Inline
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def write_compliance(t: Translator, writer: Writer, view: ComplianceLists, zone: ZoneInfo) -> None:
    """Write unusual days, refused attempts, overridden rules, holds that end and requests to answer."""
    since = view.since.isoformat()
    writer.heading(t("Compliance: the last 7 days"))
    _write(writer, t("Unusually many phone numbers:"), [_unusual(t, each) for each in view.unusual])
    writer.buttons(*(_day_button(t, each) for each in view.unusual))
    _write(writer, t("Refused attempts:"), [_refused(t, each) for each in view.refused])
    writer.buttons(*(_refused_button(each, since) for each in view.refused if each.member_id))
    _write(writer, t("Contact rules overridden:"), [_overridden(t, each, zone) for each in view.overridden])
    writer.buttons(*(_loan_button(each) for each in view.overridden))
    _write(
        writer,
        t("Legal holds that end:"),
        [[f"{each.loan} · {t.date(each.until)}"] for each in view.ending if each.until],
    )
    _write(writer, t("Data requests, and the last day for the answer:"), [_request(t, each) for each in view.requests])
    if not (view.unusual or view.refused or view.overridden):
        writer.line(t("Nothing unusual, nothing refused, no rule overridden."))
    writer.buttons(
        Button(t("All refused attempts"), "audit.list", {"x": "refused", "a": since, **_OFFICE_DAYS}),
        Button(t("All overrides"), "audit.list", {"x": "overridden", "a": since, **_OFFICE_DAYS}),
        form_button(t("Search the audit trail"), "audit_filter"),
    )


def _write(writer: Writer, title: str, rows: list[list[Inline]]) -> None:
    if rows:
        writer.line(Bold(title)).bullets(rows)


def _unusual(t: Translator, each: Unusual) -> list[Inline]:
    words = t("{name}: {count}, usually {usual} a day", name=each.name, count=each.count, usual=each.usual)
    return [f"{t.short_date(each.day)} · {words}"]


def _refused(t: Translator, each: Refusals) -> list[Inline]:
    return [f"{each.name or t('people who are no members')}: {each.count}"]


def _overridden(t: Translator, each: Override, zone: ZoneInfo) -> list[Inline]:
    back = f" · {t('taken back')}" if each.taken_back else ""
    return [f"{t.minute(each.at, zone)} · {each.loan} · {each.name} · {each.reason}{back}"]


def _request(t: Translator, each: DueRequest) -> list[Inline]:
    kind = request_rules().kinds[each.kind].word(t.language)
    day = t.date(each.due_on)
    due = t("late: answer was due {date}", date=day) if each.is_late else t("answer by {date}", date=day)
    number = f" · {each.number}" if each.number else ""
    return [f"{kind}{number} · ", Bold(due) if each.is_late else due]


def _day_button(t: Translator, each: Unusual) -> Button:
    label = f"{each.name} · {t.short_date(each.day)}"
    return Button(label, "audit.list", {"x": "revealed", "m": str(each.member_id), **_on(each.day)})


_OFFICE_DAYS = {"z": 1}
"""The days of the lists are the workspace's, also where the reader is in another zone."""


def _on(day: date) -> dict[str, Any]:
    return {"a": day.isoformat(), "b": day.isoformat(), **_OFFICE_DAYS}


def _refused_button(each: Refusals, since: str) -> Button:
    return Button(
        f"{each.name} · {each.count}",
        "audit.list",
        {"x": "refused", "m": str(each.member_id), "a": since, **_OFFICE_DAYS},
    )


def _loan_button(each: Override) -> Button:
    return Button(each.loan, "audit.list", {"x": "overridden", "l": str(each.loan_id)})
