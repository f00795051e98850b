"""Escalations: the message that managers act on, the answers to acting, and their place on a card and a Home."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.playbooks import shipped_playbooks
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.escalation_views import EndedCall, EscalationView, PassedOverCheck, WaitingEscalations
from desk.follow_ups.escalations import EscalationChanged
from desk.rules.escalations import escalation_kinds
from handlers.messages.block_kit.elements import (
    card_button,
    form_button,
    masked_loan,
    named_loan,
    outcome,
    purpose,
    stage,
    undo_button,
)
from handlers.messages.block_kit.message import Bold, Button, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer, phrase
from handlers.messages.checks import DECISIONS, checks_button, decide_button
from handlers.messages.collection_steps import step_kind

_CALL = "problem"
"""The purpose of the call to which the playbook of an escalation belongs."""


def escalation_kind(t: Translator, kind: str) -> str:
    """Return the words for a reason of an escalation."""
    return escalation_kinds()[kind].word(t.language)


def reason_of(t: Translator, view: EscalationView) -> str:
    """Return why a loan is escalated, with the purpose of the call, the step or the checks that it is about."""
    reason = escalation_kind(t, view.kind)
    if view.passed is not None and view.passed.checks:
        return t("{reason} ({what})", reason=reason, what=_checks(t, view.passed))
    if view.purpose is None and view.step is None:
        return reason
    what = purpose(t, view.purpose) if view.purpose else step_kind(t, view.step or "")
    return t("{reason} ({what})", reason=reason, what=what)


def escalate_button(t: Translator, loan_id: UUID) -> Button:
    """Return the button that opens the form to escalate a loan."""
    return form_button(t("Escalate"), "escalation", loan=loan_id)


def suggestion_button(t: Translator, loan_id: UUID, kind: str) -> Button:
    """Return the button that opens the form to escalate a loan for that reason: a note sounds like it."""
    label = t("Escalate: {reason}", reason=escalation_kind(t, kind))
    return Button(label, "form.open", {"form": "escalation", "i": str(loan_id), "fill": {"kind": kind}})


def situation_button(t: Translator, loan_id: UUID, kind: str) -> list[Button]:
    """Return the button with what to do for that reason, if there is a playbook for it."""
    code = escalation_kinds()[kind].playbook
    if not code:
        return []
    name = shipped_playbooks().situations[code].name(t.language)
    return [
        Button(
            t("What to do: {situation}", situation=name),
            "playbook.show",
            {"l": str(loan_id), "p": _CALL, "c": code},
        )
    ]


def raised(t: Translator, view: EscalationView, zone: ZoneInfo) -> Message:
    """Render the message in the managers' channel. Others read it too, so it has no note and mentions nobody."""
    if view.call is not None:
        return _call_reported(t, Writer(), view, view.call, zone)
    writer = Writer().line(Bold(t("Escalated: {reason}", reason=reason_of(t, view))))
    return _told(t, writer, view, zone)


def unanswered(t: Translator, view: EscalationView, zone: ZoneInfo, *, reader: str) -> Message:
    """Render the message to one of the second level. `reader` is a Slack id."""
    if view.state != "open":
        return raised(t, view, zone)
    writer = write_unanswered(t, Writer(), view, reader)
    if view.call is not None:
        return _call_reported(t, writer, view, view.call, zone)
    return _told(t, writer, view, zone)


def write_unanswered(t: Translator, writer: Writer, view: EscalationView, reader: str) -> Writer:
    """Write to one of the second level that no manager has taken an escalation on."""
    text = _("{who}: no manager has taken this escalation on: {reason}.")
    return writer.phrase(t, text, who=Mention(reader), reason=Bold(reason_of(t, view)))


def resolved(t: Translator, view: EscalationView, zone: ZoneInfo) -> Message:
    """Render the message to the member who raised an escalation, without what was decided: others may read their channel."""
    writer = Writer()
    writer.line(masked_loan(t, view.loan), " · ", Bold(escalation_kind(t, view.kind)))
    writer.line(state_of(t, view, zone))
    if view.state == "resolved":
        writer.line(t("You escalated it. What was decided is in the timeline."))
    return writer.buttons(card_button(t, view.loan.id, view.loan.number)).message()


def undone(t: Translator) -> Message:
    """Render the message about an escalation that was undone."""
    return Writer().line(t("This escalation was undone.")).message()


def escalation_changed(t: Translator, result: EscalationChanged, zone: ZoneInfo) -> Message:
    """Render the answer to raising, taking, handing back or resolving an escalation."""
    writer, view = Writer(), result.escalation
    writer.line(named_loan(t, view.loan), " · ", Bold(reason_of(t, view)))
    writer.quote(view.note)
    writer.line(state_of(t, view, zone))
    writer.quote(view.resolution)
    if not result.told:
        writer.line(t("No other manager could be told: it waits in your Home."))
    acts = act_buttons(t, view) if view.state == "taken" else []
    situation = _situation(t, view) if result.may_see_playbook else []
    return writer.buttons(undo_button(t, result.undo_id), *acts, *situation).message()


def write_escalations(
    t: Translator, writer: Writer, rows: Sequence[EscalationView], zone: ZoneInfo, *, act: bool
) -> None:
    """Write what nobody has resolved on a loan, with its note; with `act` also the buttons that change it."""
    for row in rows:
        writer.line(Bold(t("Escalated: {reason}", reason=reason_of(t, row))), " · ", state_of(t, row, zone))
        writer.quote(row.note)
        if act:
            writer.buttons(*act_buttons(t, row))


def write_waiting(t: Translator, writer: Writer, waiting: WaitingEscalations, zone: ZoneInfo) -> None:
    """Write the escalations that wait for the reader of a Home, each with the buttons that change it and its card."""
    if not waiting.shown:
        return
    writer.heading(t("Escalations"))
    for row in waiting.shown:
        writer.bullets([[*named_loan(t, row.loan), " · ", Bold(reason_of(t, row)), " · ", state_of(t, row, zone)]])
        card = Button(t("Card {number}", number=row.loan.number), "card.open", {"l": str(row.loan.id)})
        writer.buttons(*act_buttons(t, row), card)
    if waiting.more:
        writer.line(t.n("{n} more", "{n} more", waiting.more))


def raised_event(t: Translator, kind: str, *, resolved: bool, by_rule: bool) -> list[Inline]:
    """Return an escalation, or its end, as a line of the timeline."""
    reason = Bold(escalation_kind(t, kind))
    if resolved:
        return phrase(t, "escalation resolved: {reason}", reason=reason)
    if by_rule:
        return phrase(t, "escalated by a rule: {reason}", reason=reason)
    return phrase(t, "escalated: {reason}", reason=reason)


def _told(t: Translator, writer: Writer, view: EscalationView, zone: ZoneInfo) -> Message:
    """Write what managers are told of an escalation, below its first line."""
    writer.line(masked_loan(t, view.loan), " · ", stage(t, view.loan.stage))
    _write_cause(t, writer, view, zone)
    writer.line(state_of(t, view, zone))
    situation = _situation(t, view) if view.with_playbook else []
    card = card_button(t, view.loan.id, view.loan.number)
    return writer.buttons(*act_buttons(t, view), *situation, card, *_of_cause(t, view)).message()


def _write_cause(t: Translator, writer: Writer, view: EscalationView, zone: ZoneInfo) -> None:
    """Write who or which rule raised an escalation, or what the lender's data did to the loan and what was decided since."""
    if view.passed is not None:
        text = _("The lender's data moved this loan to {stage}, although a check has failed: {what}.")
        what = _checks(t, view.passed) or t("it has been corrected since")
        writer.phrase(t, text, stage=Bold(stage(t, view.passed.stage)), what=Bold(what))
        for check in view.passed.checks:
            if check.decision is not None:
                decision = Bold(t(DECISIONS[check.decision]))
                writer.phrase(t, "{who} decided: {decision}.", who=check.decided_by or "", decision=decision)
    elif view.owner_left is not None:
        left = view.owner_left
        writer.line(t("The lender's data opened this loan again. Its owner {name} has left the desk.", name=left.left))
        if left.owner is not None:
            writer.line(t("It belongs to {name} now.", name=left.owner))
        elif view.state != "resolved":
            writer.line(Bold(t("Who takes it on?")))
    else:
        writer.line(_raised_by(t, view, zone))


def _of_cause(t: Translator, view: EscalationView) -> list[Button]:
    """Return the buttons that the cause of an escalation needs besides."""
    if view.passed is not None:
        return [checks_button(t, view.loan.id)]
    if view.owner_left is not None and view.state != "resolved":
        return [form_button(t("Reassign"), "reassign", loan=view.loan.id)]
    return []


def _checks(t: Translator, passed: PassedOverCheck) -> str:
    return t(", ").join(dict.fromkeys(purpose(t, check.purpose) for check in passed.checks))


def _call_reported(t: Translator, writer: Writer, view: EscalationView, call: EndedCall, zone: ZoneInfo) -> Message:
    """Write who logged the call that the managers hear of, and what a manager decided about the check that failed."""
    writer.line(masked_loan(t, view.loan))
    ended, failed = outcome(t, call.outcome), call.failed
    if failed is None:
        writer.line(t("{name} logged: {outcome}.", name=call.by, outcome=ended))
    else:
        what = purpose(t, failed.purpose)
        writer.line(t("{name} logged: {outcome} ({what}).", name=call.by, outcome=ended, what=what))
    if call.undone:
        writer.line(t("This was undone."))
    elif failed is not None and failed.decision is not None:
        decision = Bold(t(DECISIONS[failed.decision]))
        writer.phrase(t, "{who} decided: {decision}.", who=failed.decided_by or "", decision=decision)
    elif view.settled and not VOCABULARY.outcome(call.outcome).tells_manager:
        writer.line(t("The call was corrected: nothing is left to decide."))
    else:
        writer.line(state_of(t, view, zone))
    acts = [] if call.undone else act_buttons(t, view)
    reassign = [] if call.undone else [form_button(t("Reassign"), "reassign", loan=view.loan.id)]
    return writer.buttons(*acts, open_card(t, view), *reassign).message()


def open_card(t: Translator, view: EscalationView) -> Button:
    """Return the button that opens the loan's card."""
    return Button(t("Open card"), "loan.card", {"l": str(view.loan.id)})


def _raised_by(t: Translator, view: EscalationView, zone: ZoneInfo) -> str:
    at = t.minute(view.raised_at, zone)
    if view.raised_by is None:
        return t("A rule raised it: {at}.", at=at)
    return t("{who} raised it: {at}. The reason is on the card.", who=view.raised_by, at=at)


def state_of(t: Translator, view: EscalationView, zone: ZoneInfo) -> str:
    """Return who is on an escalation or resolved it, or when the second level hears."""
    if view.state == "resolved" and view.settled:
        return t("Its cause is gone: nothing is left to decide.")
    if view.state == "resolved":
        at = t.minute(view.resolved_at, zone) if view.resolved_at else ""
        return t("{who} resolved it: {at}.", who=view.resolved_by or "", at=at)
    if view.state == "taken":
        at = t.minute(view.taken_at, zone) if view.taken_at else ""
        return t("{who} has been on it since {at}.", who=view.taken_by or "", at=at)
    if view.level > 1:
        return t("Nobody is on it yet. The second level has been told.")
    if view.next_level_at is None:
        return t("Nobody is on it yet.")
    return t("Nobody is on it yet. The second level will be told at {at}.", at=t.minute(view.next_level_at, zone))


def _situation(t: Translator, view: EscalationView) -> list[Button]:
    return situation_button(t, view.loan.id, view.kind) if view.state != "resolved" else []


def act_buttons(t: Translator, view: EscalationView) -> list[Button]:
    """Return the buttons for a manager: none once it is resolved. A failed check is resolved by the decision about it."""
    value = {"e": str(view.id), "v": view.version}
    failed = view.call.failed if view.call else None
    about = [failed] if failed is not None else view.passed.checks if view.passed is not None else ()
    resolve = [decide_button(t, check.id, check.purpose) for check in about if check.decision is None] or [
        Button(t("Resolve…"), "form.open", {"form": "resolve_escalation", **value})
    ]
    if view.state == "open":
        return [Button(t("I take it"), "escalation.take", value, style="primary"), *resolve]
    if view.state == "taken":
        return [*resolve, Button(t("Hand it back"), "escalation.hand_back", value)]
    return []
