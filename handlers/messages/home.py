"""The App Home. Only its owner sees it, so it names borrowers in full."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.follow_ups.due_lists import DueRow
from desk.loans.lists import LoanRow
from desk.messages.home import PAGE, HomeView
from desk.messages.overview import OpenDocuments
from handlers.messages.appointments import OF_DAY, write_day
from handlers.messages.arrears import next_call_button
from handlers.messages.block_kit import elements
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Mention
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import HOME, VIEW_BLOCKS, View
from handlers.messages.block_kit.writer import Writer, phrase
from handlers.messages.compliance_home import write_compliance
from handlers.messages.contact import states_words
from handlers.messages.digests import write_loads
from handlers.messages.documents import brief_papers
from handlers.messages.escalations import write_waiting
from handlers.messages.figures import write_at_home
from handlers.messages.file_imports import write_imports
from handlers.messages.loans import next_stages
from handlers.messages.playbooks import write_playbooks
from handlers.messages.webhooks import write_failing

_OPENABLE = 5
"""How many calls have a button that logs them; the others are logged from the loan's card."""


def home(t: Translator, view: HomeView, zone: ZoneInfo) -> View:
    """Render the day's calls, the member's loans and documents, and the team for a manager."""
    writer = Writer(most_blocks=VIEW_BLOCKS)
    if view.page.first_visit:
        _first_visit(t, writer, view)
    offers = view.offers
    writer.buttons(
        *([elements.form_button(t("Log a call"), "call")] if offers.log_call else ()),
        *_next_calls(t, view),
        *([elements.form_button(t("Assign a follow-up"), "follow_up")] if offers.plan_follow_up else ()),
        *([elements.form_button(t("Request documents"), "documents")] if offers.request_documents else ()),
        *([elements.form_button(t("Documents arrived"), "arrival")] if offers.change_documents else ()),
        *([Button(t("Recordings that wait"), "recording.waiting")] if offers.send_file else ()),
        *([Button(t("Calls that fit nobody"), "phone.unmatched")] if view.reports_calls else ()),
        *([elements.form_button(t("New inquiry"), "inquiry")] if offers.open_inquiry else ()),
        *([Button(t("Without an owner"), "loan.pool", {"o": 0})] if view.sees_unowned else ()),
        *([elements.form_button(t("Change the stage"), "stage")] if offers.change_stage else ()),
        elements.form_button(t("Find a loan"), "find"),
        elements.form_button(t("My settings"), "settings"),
        *([elements.form_button(t("Reassign"), "reassign")] if view.team is not None else ()),
        *([elements.form_button(t("Move a member's calls"), "move_calls")] if view.team is not None else ()),
        *([elements.form_button(t("Import"), "import")] if view.imports is not None else ()),
        *([elements.form_button(t("What stages need"), "stage_rules")] if offers.change_stage_rules else ()),
        *([elements.form_button(t("Team settings"), "team")] if view.is_admin else ()),
        *([elements.form_button(t("Language and country"), "workspace")] if view.is_admin else ()),
        *([Button(t("Playbooks"), "playbook.list")] if offers.edit_playbook else ()),
        *([elements.form_button(t("Rules of calls"), "cadence")] if offers.change_cadence else ()),
        *([elements.form_button(t("Buckets, promises"), "arrears_scale")] if offers.change_cadence else ()),
        *([elements.form_button(t("Compliance"), "compliance")] if offers.change_compliance else ()),
        *([elements.form_button(t("Monthly proof"), "proof")] if offers.export_proof else ()),
        *([Button(t("Who saw what"), "audit.list", {"x": "seen"})] if offers.see_audit else ()),
        *([Button(t("Refused attempts"), "audit.list", {"x": "refused"})] if offers.see_audit else ()),
        *([Button(t("Legal holds"), "retention.holds", {"o": 0})] if offers.keep_holds else ()),
        *([Button(t("Retention"), "retention.policies")] if offers.change_retention else ()),
        *([elements.form_button(t("Contact rules"), "contact_rules")] if offers.choose_contact_rules else ()),
        *([Button(t("Data requests"), "person_request.list", {"s": "open"})] if offers.answer_request else ()),
    )
    if view.compliance is not None:
        write_compliance(t, writer, view.compliance, zone)
    write_failing(t, writer, view.webhooks, zone)
    write_waiting(t, writer, view.escalations, zone)
    _today(t, writer, view, zone)
    _loans(t, writer, view)
    _waiting(t, writer, view)
    write_imports(t, writer, view.imports or (), zone)
    if view.team is not None:
        writer.divider()
        write_loads(t, writer, view.team)
    if view.figures is not None:
        write_at_home(t, writer, view.figures)
    return View(form=HOME, title="", close="", blocks=writer.message().blocks, private=_private(view))


def _next_calls(t: Translator, view: HomeView) -> list[Button]:
    """Return the buttons that take the first of the reader's queues; the second says which it is."""
    labels = {"arrears": t("Next call"), "checks": t("Next check") if len(view.queues) > 1 else t("Next call")}
    return [next_call_button(t, kind, labels[kind]) for kind in view.queues]


def _first_visit(t: Translator, writer: Writer, view: HomeView) -> None:
    first = (
        phrase(
            t, "Log a call with the button below, or type {command}.", command=Code(t("/loan-call L-1042 no answer"))
        )
        if view.offers.log_call
        else phrase(t, "Find a loan with the button below, or type {command}.", command=Code(t("/loan find wang")))
    )
    writer.line(Bold(t("Welcome to the desk. Three things to know:")))
    writer.bullets(
        [
            first,
            phrase(
                t, "Everything due is listed here, and {command} shows it anywhere in Slack.", command=Code("/loan-due")
            ),
            phrase(t, "For help, type {command} or message me.", command=Code("/loan help")),
        ]
    )
    writer.buttons(Button(t("Got it"), "home.show", {**_private(view), "w": 0}))
    writer.divider()


def _today(t: Translator, writer: Writer, view: HomeView, zone: ZoneInfo) -> None:
    writer.heading(t("Today"))
    if not view.total:
        writer.line(t("Nothing is due today."))
    else:
        counted = t.n("{n} follow-up", "{n} follow-ups", view.total)
        late = t.n("{n} of them late", "{n} of them late", view.late_total)
        writer.line(Bold(counted), f" · {late}" if view.late_total else "")
    sections = ((t("Late"), view.late), (t("Now"), view.now), (t("Later today"), view.later))
    for title, rows in sections:
        if rows:
            writer.line(Bold(title))
            writer.bullets(_row(t, row, view.reader) for row in rows)
    listed = [row for _, rows in sections for row in rows]
    writer.buttons(*(_open(t, row) for row in listed[:_OPENABLE]))
    numbers = {row.loan_id: row.follow_up.loan_number for row in listed}
    writer.buttons(*(_card(t, loan_id, number) for loan_id, number in numbers.items()))
    if view.offers.see_playbook:
        calls = [(row.loan_id, row.follow_up.loan_number, row.follow_up.purpose) for row in listed]
        write_playbooks(t, writer, calls)
    writer.buttons(*_pages(t, view), *_kinds(t, view), *_late(t, view))
    write_day(t, writer, view.appointments, zone, view.reader)
    cards = {each.loan_id: each.number for each in view.appointments[:OF_DAY] if each.loan_id not in numbers}
    writer.buttons(*(_card(t, loan_id, number) for loan_id, number in cards.items()))


def _row(t: Translator, row: DueRow, reader: str) -> list[Inline]:
    follow_up = row.follow_up
    when = elements.brief_when(t, follow_up.due, ZoneInfo(follow_up.zone))
    tail = elements.phone_ending(t, row.tail)
    words: list[Inline] = [
        Code(elements.follow_up_name(follow_up)),
        " ",
        Bold(row.name),
        f" · {tail} · {elements.purpose_and_promise(t, follow_up.purpose, row.promise)} · {when}",
    ]
    words += states_words(t, row.states)
    if row.asks_for:
        words += [" · ", brief_papers(t, row.asks_for)]
    if follow_up.attempts:
        words += [" · ", t.n("{n} attempt", "{n} attempts", follow_up.attempts)]
    if follow_up.assignee != reader:
        words += [" · ", Mention(follow_up.assignee)]
    return words


def _card(t: Translator, loan_id: UUID, number: str) -> Button:
    return Button(t("Card {number}", number=number), "card.open", {"l": str(loan_id)})


def _open(t: Translator, row: DueRow) -> Button:
    follow_up = row.follow_up
    label = t("Log {name}", name=f"{follow_up.loan_number}/{follow_up.number} {row.name}")
    return elements.form_button(label, "call", loan=follow_up.loan_id, follow_up=follow_up.number)


def _pages(t: Translator, view: HomeView) -> list[Button]:
    value = {"k": view.page.kind or "", **_newcomer(view)}
    buttons: list[Button] = []
    if view.page.offset:
        buttons.append(Button(t("Previous page"), "home.show", {**value, "o": max(0, view.page.offset - PAGE)}))
    if view.more > 0:
        label = t.n("{n} more", "{n} more", view.more)
        buttons.append(Button(label, "home.show", {**value, "o": view.page.offset + PAGE}))
    return buttons


def _kinds(t: Translator, view: HomeView) -> list[Button]:
    labels = {"": t("All follow-ups"), "verification": t("Verification"), "repayment": t("Repayment")}
    present = view.page.kind or ""
    return [
        Button(label, "home.show", {"k": kind, "o": 0, **_newcomer(view)})
        for kind, label in labels.items()
        if kind != present
    ]


def _late(t: Translator, view: HomeView) -> list[Button]:
    """Return the button that lists the late calls."""
    if not view.late_total:
        return []
    value = {"p": "late", **({"k": view.page.kind} if view.page.kind else {})}
    return [Button(t("{n} late", n=view.late_total), "due.list", value)]


def _loans(t: Translator, writer: Writer, view: HomeView) -> None:
    writer.heading(t("My borrowers"))
    if not view.by_stage:
        writer.line(t("You don't own any loans yet."))
    writer.buttons(
        *(
            Button(f"{elements.stage(t, stage)} {count}", "loan.mine", {"s": stage, "o": 0})
            for stage, count in view.by_stage
        )
    )
    if view.movable:
        writer.line(Bold(t("Before payout, the longest in their stage:")))
        writer.bullets(_in_stage(t, row) for row in view.movable)
        writer.buttons(*next_stages(t, view.movable))
    if view.unplanned:
        words = t.n("{n} loan has nothing planned.", "{n} loans have nothing planned.", view.unplanned)
        writer.line(words).buttons(Button(t("Show them"), "due.list", {"p": "unplanned"}))
    if view.arrears:
        words = t.n("{n} loan is in arrears.", "{n} loans are in arrears.", view.arrears)
        writer.line(words).buttons(Button(t("Show arrears"), "due.list", {"p": "arrears"}))


def _in_stage(t: Translator, row: LoanRow) -> list[Inline]:
    since = t("since {day}", day=t.short_date(row.since))
    named: list[Inline] = [Code(row.number), " ", Bold(row.name), f" · {elements.stage(t, row.stage)} · {since}"]
    return named + states_words(t, row.states)


def _waiting(t: Translator, writer: Writer, view: HomeView) -> None:
    if view.to_accept or view.documents:
        writer.heading(t("Waiting for me"))
    if view.to_accept:
        words = t.n(
            "{n} document has arrived and needs a review.",
            "{n} documents have arrived and need a review.",
            view.to_accept,
        )
        writer.line(words).buttons(Button(t("Review them"), "documents.waiting", {"s": "received"}))
    if view.documents:
        writer.line(Bold(t("Open documents:")))
        writer.buttons(
            *(Button(_documents_of(t, each), "documents.list", {"l": str(each.loan.id)}) for each in view.documents),
            Button(t("All documents {n}", n=view.documents_total), "documents.waiting", {"s": "open"}),
        )


def _documents_of(t: Translator, each: OpenDocuments) -> str:
    label = f"{each.loan.number} {each.loan.name} · {each.count}"
    return t("{documents}, {n} late", documents=label, n=each.late) if each.late else label


def _private(view: HomeView) -> dict[str, Any]:
    return {"k": view.page.kind or "", "o": view.page.offset, **_newcomer(view)}


def _newcomer(view: HomeView) -> dict[str, int]:
    return {"w": 1} if view.page.first_visit else {}
