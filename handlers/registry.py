"""Every command and every button, and which handler serves it."""

from handlers import (
    access,
    asking,
    calls,
    card_tabs,
    digests,
    documents,
    due_list,
    fitting,
    follow_ups,
    home,
    loans,
    onboarding,
    reassign,
    reminders,
    stages,
    team,
    undo,
)
from handlers.deliveries import Command, PressHandler, SuggestHandler
from handlers.forms import fields, presses, workspace

_COMMANDS = (
    Command("/loan-call", calls.loan_call),
    Command("/loan", loans.loan),
    Command("/loan-docs", documents.loan_docs),
    Command("/loan-stage", stages.loan_stage),
    Command("/loan-due", due_list.loan_due),
    Command("/loan-follow", follow_ups.loan_follow),
    Command("/loan-digest", digests.loan_digest),
    Command("/loan-reassign", reassign.loan_reassign),
    Command("/loan-team", team.loan_team, looks_up=True),
)

COMMANDS: dict[str, Command] = {command.name: command for command in _COMMANDS}
"""The commands by name, the busiest first: Bolt tries its listeners in this order, and each one it passes by costs time."""

PRESSES: dict[str, PressHandler] = {
    "access.ask": access.ask,
    "access.grant": access.grant,
    "access.decline": access.decline,
    "bot.asked": asking.asked,
    "call.log": calls.log_from_reminder,
    "call.again": calls.log_again,
    "call.answer_other": calls.answer_other,
    "call.next": calls.plan_next,
    "call.nothing_needed": calls.nothing_needed,
    "card.open": card_tabs.show,
    "card.got": card_tabs.got,
    "card.accept": card_tabs.accept,
    "card.done": card_tabs.done,
    "demo.add": onboarding.add_demo,
    "demo.remove": onboarding.remove_demo,
    "due.list": due_list.page,
    "form.open": presses.open_form,
    "form.from_message": presses.open_with_note,
    "form.refresh": presses.refresh,
    "form.fill": presses.fill,
    "form.restore": presses.restore,
    "loan.search": presses.refresh,
    "follow_up.fit": fitting.fit,
    "home.opened": home.opened,
    "home.show": home.show,
    "loan.card": loans.card,
    "loan.show_number": loans.show_number,
    "loan.mine": loans.mine,
    "loan.new_anyway": loans.new_anyway,
    "loan.plan_next": loans.plan_next,
    "loan.nothing_needed": loans.nothing_needed,
    "documents.list": documents.show,
    "documents.got": documents.got,
    "documents.accept": documents.accept,
    "reassign.confirm": reassign.confirm,
    "reassign.carry_out": reassign.carry_out,
    "reassign.leave": reassign.leave,
    "reminder.hand_over": reminders.hand_over,
    "reminder.snooze": reminders.snooze,
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
