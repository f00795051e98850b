"""Every command and every button, and which handler serves it."""

from handlers import events
from handlers.buttons import access, card, follow_ups, forms, undo
from handlers.commands import (
    loan,
    loan_call,
    loan_digest,
    loan_docs,
    loan_due,
    loan_follow,
    loan_reassign,
    loan_stage,
    loan_team,
)
from handlers.door.request import Command, PressHandler, SuggestHandler
from handlers.forms import fields, workspace

_COMMANDS = (
    Command("/loan-call", loan_call.loan_call),
    Command("/loan", loan.loan),
    Command("/loan-docs", loan_docs.loan_docs),
    Command("/loan-stage", loan_stage.loan_stage),
    Command("/loan-due", loan_due.loan_due),
    Command("/loan-follow", loan_follow.loan_follow),
    Command("/loan-digest", loan_digest.loan_digest),
    Command("/loan-reassign", loan_reassign.loan_reassign),
    Command("/loan-team", loan_team.loan_team, looks_up=True),
)

COMMANDS: dict[str, Command] = {command.name: command for command in _COMMANDS}
"""The commands by name, the busiest first: Bolt tries its listeners in this order, and each one it passes by costs time."""

PRESSES: dict[str, PressHandler] = {
    "access.ask": access.ask,
    "access.grant": access.grant,
    "access.decline": access.decline,
    "bot.asked": events.asked,
    "call.log": loan_call.log_from_reminder,
    "call.again": loan_call.log_again,
    "call.answer_other": loan_call.answer_other,
    "call.next": loan_call.plan_next,
    "call.nothing_needed": loan_call.nothing_needed,
    "card.open": card.show,
    "card.got": card.got,
    "card.accept": card.accept,
    "card.done": card.done,
    "demo.add": access.add_demo,
    "demo.remove": access.remove_demo,
    "due.list": loan_due.page,
    "form.open": forms.open_form,
    "form.from_message": forms.open_with_note,
    "form.refresh": forms.refresh,
    "form.fill": forms.fill,
    "form.restore": forms.restore,
    "loan.search": forms.refresh,
    "follow_up.fit": follow_ups.fit,
    "home.opened": events.opened,
    "home.show": events.show,
    "loan.card": loan.card,
    "loan.show_number": loan.show_number,
    "loan.mine": loan.mine,
    "loan.new_anyway": loan.new_anyway,
    "loan.plan_next": loan.plan_next,
    "loan.nothing_needed": loan.nothing_needed,
    "documents.list": loan_docs.show,
    "documents.got": loan_docs.got,
    "documents.accept": loan_docs.accept,
    "reassign.confirm": loan_reassign.confirm,
    "reassign.carry_out": loan_reassign.carry_out,
    "reassign.leave": loan_reassign.leave,
    "reminder.hand_over": follow_ups.hand_over,
    "reminder.snooze": follow_ups.snooze,
    "undo.take_back": undo.undo,
}

OPENING = frozenset({"form.open", "card.open"})
"""Presses that likely open a modal: one that says "one moment" is shown at once when they take long."""

FOR_ANYBODY = frozenset({"access.ask"})
"""The presses of somebody who is no member of the desk."""

SHORTCUTS: dict[str, str] = {
    "call": "form.open",
    "follow_up": "form.open",
    "documents": "form.open",
    "inquiry": "form.open",
    "find": "form.open",
    "call_from_message": "form.from_message",
}
"""The shortcuts by their ids in the manifest, and the press that each of them is like. All but the last open the form of
that name."""

SUGGESTIONS: dict[str, SuggestHandler] = {
    fields.LOANS: fields.suggest_loans,
    workspace.COUNTRIES: workspace.suggest_countries,
}
"""Who suggests what, while somebody types in a field."""
