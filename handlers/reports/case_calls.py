"""The parts of a case file about calls: what happened, what was planned, said and recorded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from desk.loans.events import Event
from desk.loans.recordings import RecordingView
from handlers.messages.audit_trail import what_happened
from handlers.messages.block_kit.elements import outcome_and_amount, purpose
from handlers.messages.block_kit.translator import _
from handlers.messages.file_lines import playing_time
from handlers.messages.related_names import named_role
from handlers.messages.timelines import event_line
from handlers.reports.case_text import CaseText
from handlers.reports.report import Block, Heading, Paragraph

_OPEN_STATES = {
    "open": _("open"),
    "done": _("done"),
    "cancelled": _("cancelled"),
    "ended": _("ended with the loan"),
    "undone": _("undone"),
}


def timeline(case: CaseText, events: Sequence[Event]) -> Iterable[Block]:
    """Yield what happened, in the order of time."""
    t = case.t
    yield Heading(t("Timeline"))
    yield case.table(
        (t("Time"), t("Who"), t("What"), t("Words")), [_event(case, each) for each in events], (3, 2, 5, 6)
    )


def _event(case: CaseText, event: Event) -> tuple[str, ...]:
    t, currency = case.t, case.contents.currency
    # The line begins with the time and ends with who: both have columns of their own here.
    line = event_line(t, replace(event, who=None), currency, case.zone)[2:]
    words = [case.words(event.note)] if event.note else []
    for earlier in event.earlier:
        before = "" if earlier.outcome is None else outcome_and_amount(t, earlier.outcome, earlier.amount, currency)
        if earlier.party is not None:
            before += f" · {named_role(t, earlier.party)}"
        if earlier.minutes is not None:
            before += " · " + t.n("{n} minute", "{n} minutes", earlier.minutes)
        when = case.instant(earlier.at.isoformat())
        said = t("corrected {when} by {who}; before:", when=when, who=case.named(earlier.by))
        words.append(" ".join(each for each in (said, before, case.words(earlier.note)) if each))
    who = case.named(event.who) if event.who else t("the desk")
    return case.instant(event.at.isoformat()), who, case.words(case.plain(line)), "\n".join(words)


def planned_calls(case: CaseText) -> Iterable[Block]:
    """Yield the planned calls, and what changed about them."""
    t = case.t
    yield Heading(t("Planned calls"))
    rows: list[tuple[str, ...]] = []
    for each in case.rows("follow_up"):
        by = case.member(each["created_by_id"]) or t("the desk")
        if each["rule_trigger"]:
            by = t("the desk, by rule")
        due = case.instant(each["due_at"]) if each["due_at"] else each["due_on"]
        closed = [t(_OPEN_STATES[each["state"]])]
        if each["closed_at"]:
            closed += [case.instant(each["closed_at"]), case.member(each["closed_by_id"])]
            closed.append(case.words(each["closed_why"] or ""))
        rows.append(
            (
                f"/{each['number']}",
                purpose(t, each["purpose"]),
                f"{case.instant(each['created_at'])}\n{by}",
                due,
                case.member(each["assignee_id"]),
                "\n".join(filter(None, closed)),
                case.words(each["note"] or ""),
            )
        )
    head = (t("No."), t("Purpose"), t("Planned"), t("Due"), t("Assignee"), t("What became of it"), t("Note"))
    yield case.table(head, rows, (2, 3, 4, 4, 3, 4, 5))
    moved = [
        (
            case.instant(each["at"]),
            case.number_of(each["subject_id"]),
            what_happened(t, each["act"], ""),
            case.member(each["actor_id"]) or t("the desk"),
            _change(case, each["details"]),
        )
        for each in case.contents.audit
        if each["act"] in ("move", "snooze", "hold", "take_up", "contact_moved")
    ]
    if moved:
        yield Heading(t("Changes of planned calls"), 2)
        yield case.table((t("Time"), t("No."), t("What"), t("Who"), t("From and to")), moved, (4, 1, 4, 3, 5))


def _change(case: CaseText, details: Mapping[str, object]) -> str:
    """Return from when to when a call was moved; empty for moves before the audit trail said so."""
    parts = [str(details.get(name) or "") for name in ("was", "to", "until")]
    return " → ".join(case.moment(each) for each in parts if each)


def playbooks(case: CaseText) -> Iterable[Block]:
    """Yield what callers were shown to say; nothing if they were not."""
    t = case.t
    shown = [
        (case.instant(each["at"]), case.member(each["member_id"]), f"{each['code']} · {each['number']}")
        for each in case.rows("playbook_shown")
    ]
    if not shown:
        return
    yield Heading(t("What callers were shown to say"))
    yield case.table((t("Time"), t("Who"), t("Playbook and version")), shown, (4, 4, 4))
    for book in case.contents.playbooks:
        yield Heading(t("Playbook {code}, version {number}", code=book["code"], number=book["number"]), 2)
        script = book["scripts"].get(t.language) or next(iter(book["scripts"].values()), {})
        parts = ("\n".join(text) if isinstance(text, list | tuple) else str(text) for text in script.values())
        yield Paragraph("\n\n".join(filter(None, parts)))


def recordings(case: CaseText) -> Iterable[Block]:
    """Yield the recordings of calls; nothing if there are none."""
    t = case.t
    rows = case.contents.recordings[::-1]
    if not rows:
        return
    yield Heading(t("Recordings of calls"))
    listed = [
        (
            case.at(each.call_at) if each.call_at else t("no call named"),
            t("unknown") if each.seconds is None else playing_time(each.seconds),
            f"{case.at(each.at)}\n{case.named(each.added_by)}",
            _recording_state(case, each),
            "\n".join(f"{case.at(play.at)} {case.named(play.who)}" for play in each.listened),
            each.sha256,
        )
        for each in rows
    ]
    head = (t("Phone call"), t("Length"), t("Added"), t("State"), t("Who listened"), "SHA-256")
    yield case.table(head, listed, (3, 2, 3, 3, 4, 4), right=(1,))


def _recording_state(case: CaseText, each: RecordingView) -> str:
    t = case.t
    if each.discarded_at is not None:
        return t("discarded: {why}", why=case.words(each.why))
    return t("kept by the lender's recording system") if each.is_link else ""
