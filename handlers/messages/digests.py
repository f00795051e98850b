"""Digests in a member's channel: masked names, most urgent first."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from desk.follow_ups.due_lists import DueRow
from desk.messages.digests import ROWS, AgentLoad, Digest, DigestSetting, TeamDigest
from desk.messages.figures import Figures
from desk.messages.worked import PAGE, WorkedList, WorkedRow
from handlers.messages.appointments import write_day
from handlers.messages.block_kit import elements, tables
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import TEXT_LIMIT, Writer, clipped, fitting, phrase, renumbered
from handlers.messages.collection_steps import what_and_when
from handlers.messages.contact import states_words
from handlers.messages.documents import brief_papers
from handlers.messages.figures import figures_table, write_summary

_KINDS = ("verification", "repayment", "service")


def digest(t: Translator, view: Digest, zone: ZoneInfo, *, name: str | None = None, in_full: bool = False) -> Message:
    """Render a member's calls of the day by kind, or one line when there are none.

    `name` is the member's, where others read the digest too. `in_full` names the borrowers, in an answer that only the
    member sees.
    """
    message = _digest(t, view, zone, name=name, in_full=in_full)
    named = [row.loan_id for row in (*view.rows, *view.steps[:ROWS], *view.appointments)]
    named += [row.id for row in view.count_again]
    return replace(message, names=tuple(dict.fromkeys(named)))


def _digest(t: Translator, view: Digest, zone: ZoneInfo, *, name: str | None, in_full: bool) -> Message:
    day = t.date(view.on) if name is None else t("{who}, {day}", who=name, day=t.date(view.on))
    writer = Writer()
    total = sum(view.counts.values())
    if not total:
        if view.steps or view.appointments:
            writer.line(t("{day}: no call is due.", day=day))
        else:
            writer.line(t("{day}: nothing is due. Have a good day.", day=day))
        write_day(t, writer, view.appointments, zone, view.reader)
        _write_steps(t, writer, view)
        _write_count_again(t, writer, view)
        return writer.buttons(_settings(t)).message()
    writer.heading(t.n("{day}: {n} follow-up", "{day}: {n} follow-ups", total, day=day))
    if view.covers_for:
        writer.line(t("Covering for {names} (away).", names=t(", ").join(view.covers_for)))
    headings = {"verification": t("Verification"), "repayment": t("Repayment"), "service": t("Other")}
    for kind in _KINDS:
        rows = [row for row in view.rows if row.kind == kind]
        if view.counts.get(kind):
            writer.line(Bold(t("{heading} ({n})", heading=headings[kind], n=view.counts[kind])))
            writer.bullets([_row(t, row, view.reader, in_full=in_full) for row in rows])
    elements.write_more(t, writer, view.more)
    write_day(t, writer, view.appointments, zone, view.reader)
    _write_steps(t, writer, view)
    _write_count_again(t, writer, view)
    elements.write_cards(t, writer, [(row.loan_id, row.follow_up.loan_number, row.masked) for row in view.rows])
    return writer.buttons(
        Button(t("Show all"), "due.list", {"of": str(view.member_id)}),
        *_by_kind(view, headings),
        elements.form_button(t("Log a call"), "call"),
        _settings(t),
    ).message()


def _write_steps(t: Translator, writer: Writer, view: Digest) -> None:
    """Write what is to be done beyond calls."""
    if view.steps:
        writer.line(Bold(t("Steps beyond calls ({n})", n=len(view.steps))))
        shown = view.steps[:ROWS]
        writer.bullets([[Code(each.number), " ", *what_and_when(t, each.step)] for each in shown])
        elements.write_more(t, writer, len(view.steps) - len(shown))


def _write_count_again(t: Translator, writer: Writer, view: Digest) -> None:
    """Write which loans needed nothing until today and have nothing planned."""
    if view.count_again:
        numbers = t(", ").join(row.number for row in view.count_again)
        writer.line(t("Nothing was needed until today, and nothing is planned: {loans}.", loans=numbers))
        writer.buttons(Button(t("Show them"), "due.list", {"p": "unplanned", "of": str(view.member_id)}))


def _by_kind(view: Digest, headings: Mapping[str, str]) -> list[Button]:
    """Return a button for the whole list of each kind, where not all of them are shown."""
    if not view.more:
        return []
    return [
        Button(f"{headings[kind]} {count}", "due.list", {"of": str(view.member_id), "k": kind})
        for kind in _KINDS
        if (count := view.counts.get(kind))
    ]


def team_digest(
    t: Translator, view: TeamDigest, figures: Figures, *, name: str | None = None, with_charts: bool = False
) -> Message:
    """Render the team's load, a row for each member, and its figures; `with_charts` adds the form with tables and charts.

    `name` is the manager's, where others read the digest too.
    """
    day = t.date(view.on)
    heading = t("Team overview for {who}, {day}", who=name, day=day) if name else t("Team overview, {day}", day=day)
    writer = Writer()
    writer.heading(heading)
    write_loads(t, writer, view)
    write_summary(t, writer, figures, by_member=True)
    message = writer.message()
    if not with_charts or not view.agents:
        return message
    return replace(message, with_tables=Message(text=message.text, blocks=_charts(t, view, figures, heading)))


def write_loads(t: Translator, writer: Writer, view: TeamDigest) -> Writer:
    """Write each member's load, the outcomes of the last day's calls, and the number of loans with nothing planned."""
    rows = [
        phrase(
            t,
            "{who}: {open} open · {due} due · {late} late · {done} done on {day}",
            who=Bold(_name(t, load)),
            open=load.open,
            due=load.due,
            late=load.late,
            done=load.done,
            day=t.short_date(view.done_on),
        )
        for load in view.agents
    ]
    fit = fitting(rows)
    writer.bullets(rows[:fit])
    elements.write_more(t, writer, len(rows) - fit + view.others)
    elements.write_members(t, writer, [(load.member_id, load.name) for load in view.agents])
    if view.outcomes:
        ended = " · ".join(f"{elements.outcome(t, code)} {count}" for code, count in view.outcomes)
        writer.line(t("Calls on {day}: {ended}", day=t.short_date(view.done_on), ended=ended))
    return _write_unplanned(t, writer, view)


def _charts(t: Translator, view: TeamDigest, figures: Figures, heading: str) -> list[dict[str, Any]]:
    day = t.short_date(view.done_on)
    writer = Writer()
    writer.heading(heading)
    header = [t("Assignee"), t("Still open"), t("Due"), t("Late"), t("Done on {day}", day=day)]
    rows = [[_name(t, load), load.open, load.due, load.late, load.done] for load in view.agents]
    block, fit = tables.table(t("Follow-ups by member"), header, rows, share=2)
    writer.block(block)
    elements.write_more(t, writer, len(rows) - fit + view.others)
    elements.write_members(t, writer, [(load.member_id, load.name) for load in view.agents])
    busiest = view.agents[: tables.POINTS]
    series = (
        (t("Late"), [load.late for load in busiest]),
        (t("Due"), [load.due for load in busiest]),
        (t("Still open"), [load.open for load in busiest]),
    )
    writer.block(tables.bars(t("Workload by member"), [load.name for load in busiest], series))
    elements.write_more(t, writer, len(rows) - len(busiest) + view.others)
    if any(count for _, count in view.outcomes):
        shares = [(elements.outcome(t, code), count) for code, count in view.outcomes]
        rest = len(shares) - tables.SEGMENTS + 1
        title = t("Calls on {day}", day=day)
        writer.block(tables.pie(title, shares, rest=t.n("and {n} more", "and {n} more", max(1, rest))))
    _write_unplanned(t, writer, view)
    if (table := figures_table(t, figures)) is not None:
        writer.block(table)
    write_summary(t, writer, figures, by_member=False)
    return writer.message().blocks


def _name(t: Translator, load: AgentLoad) -> str:
    """Return the member's name, marked when they are away today."""
    if not load.is_away:
        return load.name
    values = {"who": load.name, "acting": load.acting or ""}
    if load.away_until is None:
        return t("{who} (away, {acting} acts)", **values)
    return t("{who} (away until {day}, {acting} acts)", day=t.short_date(load.away_until), **values)


def _write_unplanned(t: Translator, writer: Writer, view: TeamDigest) -> Writer:
    value = {"w": "team", "of": str(view.manager_id)}
    writer.buttons(*_worked(t, view))
    writer.line(t.n("{n} loan has nothing planned.", "{n} loans have nothing planned.", view.unplanned))
    if view.unplanned:
        writer.buttons(Button(t("Show them"), "due.list", {"p": "unplanned", **value}))
    if view.arrears:
        writer.line(t.n("{n} loan is in arrears.", "{n} loans are in arrears.", view.arrears))
        writer.buttons(Button(t("Show arrears"), "due.list", {"p": "arrears", **value}))
    return writer


def _worked(t: Translator, view: TeamDigest) -> list[Button]:
    """Return a button for the list behind each count of the last working day."""
    value = {"of": str(view.manager_id), "d": view.done_on.isoformat()}
    buttons = [Button(t("Done {n}", n=view.done), "due.worked", value)] if view.done else []
    return buttons + [
        Button(f"{elements.outcome(t, code)} {count}", "due.worked", {**value, "x": code})
        for code, count in view.outcomes
    ]


def worked(t: Translator, view: WorkedList, zone: ZoneInfo) -> Message:
    """Render a page of what a team did on a day. Only the reader sees it."""
    day = t.short_date(view.on)
    if view.outcome is None:
        title = t("Done on {day}", day=day)
    else:
        title = f"{t('Calls on {day}', day=day)} · {elements.outcome(t, view.outcome)}"
    writer = Writer().line(Bold(title), f" · {view.total}")
    writer.bullets([_worked_row(t, row, zone) for row in view.rows])
    elements.write_more(t, writer, view.more)
    elements.write_cards(t, writer, [(row.loan_id, row.number, row.name) for row in view.rows])
    value = {"of": str(view.manager_id), "d": view.on.isoformat(), **({"x": view.outcome} if view.outcome else {})}
    pages = elements.pages(t, "due.worked", value, offset=view.offset, shown=len(view.rows), more=view.more, page=PAGE)
    return writer.buttons(*pages).message()


def _worked_row(t: Translator, row: WorkedRow, zone: ZoneInfo) -> list[Inline]:
    words: list[Inline] = [Code(row.number), f" {row.name} · ", elements.phone_ending(t, row.tail)]
    words += [*states_words(t, row.states), " · "]
    if row.purpose is not None:
        words.append(f"{elements.purpose(t, row.purpose)} · ")
    return [*words, f"{t.minute(row.at, zone)} · ", Mention(row.who)]


def own_and_team_digest(own: Message, team: Message) -> Message:
    """Join a manager's own digest and their team's into one answer."""
    text = clipped(f"{own.text}\n{team.text}", TEXT_LIMIT)
    return Message(
        text=text,
        blocks=_join(own, team),
        with_tables=Message(text=text, blocks=_join(own, team.with_tables)) if team.with_tables else None,
    )


def setting(t: Translator, view: DigestSetting) -> Message:
    """Render the time of the reader's digest."""
    writer = Writer()
    if view.at is None:
        writer.line(t("Your digest is off. Turn it on with /loan-digest 08:30."))
    else:
        writer.phrase(t, "Your digest comes at {time} on working days.", time=Bold(f"{view.at:%H:%M}"))
    if view.before not in (None, view.at):
        writer.line(t("Before: {what}.", what=f"{view.before:%H:%M}"))
    if view.next_at is not None:
        writer.line(t("Next digest: {when}.", when=t.instant(view.next_at, ZoneInfo(view.zone))))
    if view.undo_id is not None:
        writer.buttons(Button(t("Undo"), "undo.take_back", {"u": view.undo_id}))
    else:
        writer.small(t("/loan-digest help shows how to change it or get it now."))
        writer.buttons(_settings(t))
    return writer.message()


def _join(own: Message, team: Message) -> list[dict[str, Any]]:
    return [*own.blocks, {"type": "divider"}, *renumbered(team.blocks)]


def _settings(t: Translator) -> Button:
    return elements.form_button(t("My settings"), "settings")


def _row(t: Translator, row: DueRow, reader: str, *, in_full: bool) -> list[Inline]:
    follow_up = row.follow_up
    due = elements.brief_when(t, follow_up.due, ZoneInfo(follow_up.zone))
    words: list[Inline] = [
        Code(elements.follow_up_name(follow_up)),
        f" {row.name if in_full else row.masked} · ",
        elements.phone_ending(t, row.tail),
        f" · {elements.purpose_and_promise(t, follow_up.purpose, row.promise)} · {due}",
    ]
    words += states_words(t, row.states)
    if row.asks_for:
        words += [" · ", brief_papers(t, row.asks_for)]
    if follow_up.late:
        words += [" · ", Bold(t("late"))]
    if follow_up.attempts:
        words += [" · ", t.n("{n} attempt", "{n} attempts", follow_up.attempts)]
    if follow_up.assignee != reader:
        words += [" · ", row.assignee_name]
    return words
