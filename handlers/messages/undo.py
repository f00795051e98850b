"""The answer to Undo, and the words for each act."""

from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.undo import OpenUndo, UndoResult
from handlers.messages.block_kit.elements import undo_button, write_under_way
from handlers.messages.block_kit.message import Bold, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer


def undo_answer(t: Translator, undone: UndoResult) -> Message:
    """Render what was undone; it replaces the answer whose button was pressed."""
    writer = Writer()
    words = act(t, undone.act)
    loan = Bold(undone.loan_number or "")
    if undone.loan_number is not None and not undone.left:
        writer.phrase(t, "Undone on {loan}: {act}. Everything is as it was before.", loan=loan, act=words)
    elif undone.loan_number is not None:
        writer.phrase(t, "Undone on {loan}: {act}.", loan=loan, act=words)
    elif undone.continues:
        writer.phrase(t, "Undone: {act}.", act=words)
        writer.line(
            t("The loans are going back. You get a message when it is done, with those that stay because they changed.")
        )
    elif not undone.left:
        writer.phrase(t, "Undone: {act}. Everything is as it was before.", act=words)
    else:
        writer.phrase(t, "Undone: {act}.", act=words)
    if undone.left:
        writer.line(t("Anything changed since then stays as it is now: {loans}.", loans=t(", ").join(undone.left)))
    write_under_way(t, writer, undone.under_way)
    return writer.message()


def undo_kept(t: Translator, undo_id: UUID, kept: OpenUndo, zone: ZoneInfo) -> Message:
    """Render the offer of Undo to a member who has closed the form that had the button."""
    writer = Writer().phrase(
        t, "You can undo this until {time}: {act}.", time=t.clock_time(kept.until, zone), act=act(t, kept.act)
    )
    return writer.buttons(undo_button(t, undo_id)).message()


ACTS: dict[str, str] = {
    "call": _("a call"),
    "correct_call": _("a call correction"),
    "note": _("a note"),
    "correct_note": _("a note correction"),
    "add_recording": _("a recording"),
    "move_recording": _("moving a recording to another call"),
    "discard_recording": _("discarding a recording"),
    "call_answers": _("the follow-up a call answers"),
    "payment": _("what a payment covers"),
    "payment_recorded": _("a payment"),
    "payment_reversed": _("reversing a payment"),
    "schedule": _("a repayment schedule"),
    "pause": _("a pause of the instalments"),
    "end_pause": _("ending a pause"),
    "check": _("what a check found"),
    "decide_check": _("a decision about a failed check"),
    "nothing_needed": _("“nothing needed”"),
    "follow_up": _("a new follow-up"),
    "done": _("finishing a follow-up"),
    "cancelled": _("cancelling a follow-up"),
    "cancel": _("cancelling a follow-up"),
    "move": _("moving a follow-up"),
    "snooze": _("a snooze"),
    "move_calls": _("moving a member's calls"),
    "hold": _("saying that you are on it"),
    "hold_reminders": _("saying that you are on it"),
    "take_up": _("ending a snooze"),
    "hand_over": _("a handover"),
    "reassign": _("a reassignment"),
    "reassign_all": _("a reassignment"),
    "stage": _("a stage change"),
    "stage_rules": _("a change of what stages need"),
    "compliance": _("a change of what compliance has set"),
    "retention": _("a change of how long records are kept"),
    "documents": _("a document change"),
    "new_loan": _("a new inquiry"),
    "edit": _("a correction"),
    "book_appointment": _("an appointment"),
    "move_appointment": _("moving an appointment"),
    "settle_appointment": _("the result of an appointment"),
    "raise_escalation": _("an escalation"),
    "take_escalation": _("taking an escalation on"),
    "hand_back_escalation": _("handing an escalation back"),
    "resolve_escalation": _("resolving an escalation"),
    "second_level": _("telling the second level"),
    "enter_step": _("a step beyond calls"),
    "settle_step": _("the result of a step beyond calls"),
    "move_step": _("moving a step beyond calls"),
    "person": _("a change of the people around a loan"),
    "edit_playbook": _("a playbook change"),
    "change_cadence": _("a change of a rule"),
    "choose_contact_rules": _("a choice of contact rules"),
    "contact_state": _("a state of the borrower"),
    "contact_consent": _("a consent"),
    "allow_time": _("a time allowed against contact rules"),
    "other_contact": _("a contact that was no call"),
    "enter_request": _("a person's request"),
    "answer_request": _("the answer to a person's request"),
    "undo": _("an undo"),
    "add_member": _("adding a member"),
    "drop_roles": _("taking a role away"),
    "remove_member": _("removing a member"),
    "away": _("an absence"),
    "back": _("a return from absence"),
    "set_hours": _("a change of working hours"),
    "set_day": _("a calendar change"),
    "set_digest": _("a change of digest time"),
    "team_settings": _("a team settings change"),
    "settings": _("a settings change"),
    "workspace_settings": _("a workspace settings change"),
}


def act(t: Translator, code: str) -> str:
    """Return the words for an act, by the code that undo and the audit log store."""
    return t(ACTS.get(code, _("a change")))
