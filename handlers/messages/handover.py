"""Previews, answers and notices about handing over loans and follow-ups."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from desk.handover.moves import HandoverCounts
from desk.handover.planned import PlanPreview, PlanResult
from desk.handover.reassigning import Preview, Reassignment
from desk.handover.sharing import Share
from desk.loans.views import LoanView
from handlers.messages.appointments import write_clashes
from handlers.messages.block_kit.elements import masked_loan, stage, undo_button, write_more, write_moving
from handlers.messages.block_kit.message import Bold, Button, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, phrase

_MEMBERS = 20
"""How many members a preview lists."""

_STAYED = 20
"""How many loans a report names that others changed meanwhile."""


def preview(t: Translator, result: Preview, zone: ZoneInfo) -> Message:
    """Render what handing over everything would change; nothing has been changed yet."""
    writer = Writer()
    if result.changed:
        writer.line(Bold(t("This changed while you were looking. It is now:")))
    writer.phrase(t, "From {from_} to {to}:", from_=Mention(result.from_), to=Mention(result.to))
    _write_counts(t, writer, result.counts)
    if result.appointments:
        writer.line(t.n("{n} appointment", "{n} appointments", result.appointments))
    if not result.counts.loans and not result.counts.follow_ups and not result.appointments:
        return writer.line(t("There is nothing to reassign.")).message()
    writer.quote(result.why)
    moves = write_clashes(t, writer, result.clashes, zone)
    value = {"f": str(result.from_id), "t": str(result.to_id), "m": result.fingerprint}
    if result.draft_id is not None:
        value["d"] = str(result.draft_id)
    writer.buttons(
        Button(t("Reassign now"), "reassign.confirm", value, style="primary"),
        Button(t("Don't reassign"), "reassign.leave"),
    )
    return writer.buttons(*_counted(t, result), *moves).message()


def _counted(t: Translator, result: Preview) -> list[Button]:
    """Return a button for each count of a preview, to the list of what it counts."""
    counts, whose = result.counts, {"w": str(result.from_id)}
    buttons: list[Button] = []
    if counts.loans:
        buttons.append(Button(_counted_label(t, "loans", counts.loans), "loan.mine", {"s": "", "o": 0, **whose}))
    buttons += [Button(f"{stage(t, code)} {n}", "loan.mine", {"s": code, "o": 0, **whose}) for code, n in counts.stages]
    for period, n in (("all", counts.follow_ups), ("late", counts.late)):
        if n:
            buttons.append(Button(_counted_label(t, period, n), "due.list", {"p": period, "a": 1, **whose}))
    return buttons


def reassigned(t: Translator, result: Reassignment) -> Message:
    """Render what was handed over."""
    writer = Writer()
    if result.loan is not None:
        writer.phrase(t, "{loan} now belongs to {to}.", loan=Bold(result.loan), to=Mention(result.to))
        if result.counts.follow_ups:
            writer.line(
                t.n("{n} open follow-up moved with it.", "{n} open follow-ups moved with it.", result.counts.follow_ups)
            )
    else:
        from_: Inline = Mention(result.from_) if result.from_ else "–"
        if result.under_way:
            writer.phrase(t, "Reassigning from {from_} to {to}:", from_=from_, to=Mention(result.to))
        else:
            writer.phrase(t, "Reassigned from {from_} to {to}:", from_=from_, to=Mention(result.to))
        _write_counts(t, writer, result.counts)
    write_moving(t, writer, result.under_way)
    writer.quote(result.why)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def plan(t: Translator, result: PlanPreview, zone: ZoneInfo) -> Message:
    """Render what the form's plan would change for each member; nothing has been changed yet."""
    writer = Writer()
    if result.changed:
        writer.line(Bold(t("This changed while you were looking. It is now:")))
    writer.line(_amounts(t, result.loans, result.follow_ups, result.late))
    _write_shares(t, writer, result.shares)
    writer.quote(result.why)
    moves = write_clashes(t, writer, result.clashes, zone)
    writer.buttons(
        Button(
            t("Reassign now"),
            "reassign.carry_out",
            {"d": str(result.draft_id), "m": result.fingerprint},
            style="primary",
        ),
        Button(t("Don't reassign"), "reassign.leave"),
    )
    listed = {"loans": result.loans, "all": result.follow_ups, "late": result.late}
    return writer.buttons(
        *(
            Button(_counted_label(t, what, n), "reassign.list", {"d": str(result.draft_id), "x": what})
            for what, n in listed.items()
            if n
        ),
        *moves,
    ).message()


def _counted_label(t: Translator, what: str, n: int) -> str:
    match what:
        case "loans":
            return t.n("{n} loan", "{n} loans", n)
        case "late":
            return t("{n} late", n=n)
        case _:
            return t.n("{n} open follow-up", "{n} open follow-ups", n)


def plan_done(t: Translator, result: PlanResult) -> Message:
    """Render what each member received."""
    what = t("Reassigning:") if result.under_way else t("Reassigned:")
    writer = Writer().line(Bold(what), " ", _amounts(t, result.loans, result.follow_ups, 0))
    _write_shares(t, writer, result.shares)
    write_moving(t, writer, result.under_way)
    return writer.quote(result.why).buttons(undo_button(t, result.undo_id)).message()


def nothing_handed_over(t: Translator) -> Message:
    """Render the answer to a handover that was called off."""
    return Writer().line(t("Nothing was reassigned.")).message()


def notice(
    t: Translator,
    facts: dict[str, Any],
    *,
    name: str | None,
    by: str,
    other: str | None,
    loan: LoanView | None,
    opens: bool,
    undone: bool,
) -> Message:
    """Render the notice to a member who gave or received work. It names the others without notifying them.

    `name` is the member's, where others read the notice too: two who share a channel get one each. `opens`: its reader may
    see the loan.
    """
    whom = other or (t("several members") if facts.get("several") else t("nobody"))
    writer = Writer().line(_from_to(t, facts, name=name, whom=whom, by=by))
    if loan is not None:
        writer.line(masked_loan(t, loan))
    writer.line(_amounts(t, facts["loans"], facts["follow_ups"], facts["late"]))
    if gave := facts.get("gave"):
        given = t("From {who} to others:", who=name) if name else t("From you to others:")
        writer.line(given, " ", _amounts(t, gave["loans"], gave["follow_ups"], gave["late"]))
    if undone:
        return writer.line(Bold(t("This was undone."))).message()
    if loan is not None:
        if opens:
            writer.buttons(Button(t("Open card"), "loan.card", {"l": str(loan.id)}))
    elif facts["gained"]:
        writer.buttons(Button(t("Your loans") if name is None else t("My loans"), "loan.mine", {"s": "", "o": 0}))
    return writer.message()


def report(
    t: Translator,
    facts: dict[str, Any],
    *,
    name: str | None,
    giver: str,
    taker: str,
    stayed: Sequence[str],
    undone: bool,
) -> Message:
    """Render the notice to who confirmed a handover of many loans that it is carried out, or that it was undone.

    `name` is the reader's, where others read it too. `stayed` are the numbers of loans that others changed meanwhile. It
    names the members without notifying them.
    """
    writer = Writer()
    if name is None:
        writer.phrase(t, "Reassigned from {from_} to {to}:", from_=giver, to=taker)
    else:
        writer.phrase(t, "{name}: reassigned from {from_} to {to}:", name=name, from_=giver, to=taker)
    writer.line(_amounts(t, facts["loans"], facts["follow_ups"], facts["late"]))
    if undone:
        writer.line(Bold(t("This was undone.")))
    if stayed:
        named = t(", ").join(stayed[:_STAYED])
        if facts["undone"]:
            writer.line(t("Anything changed since then stays as it is now: {loans}.", loans=named))
        else:
            writer.line(t("Not reassigned, because they changed hands or were closed meanwhile: {loans}.", loans=named))
        write_more(t, writer, len(stayed) - _STAYED)
    return writer.message()


def _from_to(t: Translator, facts: dict[str, Any], *, name: str | None, whom: str, by: str) -> str:
    if name is None:
        if facts["gained"]:
            return t("From {whom} to you, reassigned by {by}:", by=by, whom=whom)
        return t("From you to {whom}, reassigned by {by}:", by=by, whom=whom)
    giver, taker = (whom, name) if facts["gained"] else (name, whom)
    return t("{name}: from {giver} to {taker}, reassigned by {by}:", by=by, giver=giver, taker=taker, name=name)


def _write_shares(t: Translator, writer: Writer, shares: Sequence[Share]) -> None:
    writer.bullets(
        phrase(
            t,
            "{who}: {loans} → {loans_after} loans · {held} → {held_after} open follow-ups",
            who=Mention(share.who),
            loans=share.loans,
            loans_after=Bold(str(share.loans_after)),
            held=share.follow_ups,
            held_after=Bold(str(share.follow_ups_after)),
        )
        for share in shares[:_MEMBERS]
    )
    write_more(t, writer, len(shares) - _MEMBERS)


def _write_counts(t: Translator, writer: Writer, counts: HandoverCounts) -> None:
    writer.line(_amounts(t, counts.loans, counts.follow_ups, counts.late))
    writer.bullets([[stage(t, code), t(": "), Bold(str(count))] for code, count in counts.stages])


def _amounts(t: Translator, loans: int, follow_ups: int, late: int) -> str:
    amounts = [t.n("{n} loan", "{n} loans", loans), t.n("{n} open follow-up", "{n} open follow-ups", follow_ups)]
    if late:
        amounts.append(t.n("{n} of them late", "{n} of them late", late))
    return " · ".join(amounts)
