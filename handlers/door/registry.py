"""Every command, button, form and shortcut by name, as their modules declare them."""

from collections.abc import Mapping

from desk.core.dataclass import dataclass
from handlers import events, loan_links
from handlers.buttons import (
    appointments,
    audit,
    calls,
    collection_steps,
    contact,
    day_moves,
    due_lists,
    escalations,
    exports,
    figures,
    files,
    follow_ups,
    forms,
    imports,
    lines,
    loans,
    people,
    person_requests,
    phone_calls,
    playbooks,
    queues,
    recordings,
    related,
    retention,
    undo,
)
from handlers.commands import COMMANDS
from handlers.door.declarations import ButtonFamily, Command, Shortcut
from handlers.door.request import ParentView, PressHandler, SuggestHandler
from handlers.forms.form import Form

FAMILIES: tuple[ButtonFamily, ...] = (
    appointments.FAMILY,
    audit.FAMILY,
    calls.FAMILY,
    day_moves.FAMILY,
    collection_steps.FAMILY,
    contact.FAMILY,
    events.BOT_FAMILY,
    events.HOME_FAMILY,
    due_lists.FAMILY,
    escalations.FAMILY,
    exports.FAMILY,
    files.FAMILY,
    figures.FAMILY,
    follow_ups.FAMILY,
    follow_ups.REMINDERS,
    forms.COUNTRIES,
    forms.FAMILY,
    imports.FAMILY,
    lines.FAMILY,
    loans.CARDS,
    loans.DOCUMENTS,
    loans.FAMILY,
    loans.STAGES,
    loan_links.PANES,
    people.ACCESS,
    people.REASSIGN,
    people.TEAM,
    person_requests.FAMILY,
    phone_calls.FAMILY,
    playbooks.FAMILY,
    queues.FAMILY,
    recordings.FAMILY,
    related.FAMILY,
    retention.FAMILY,
    undo.FAMILY,
)
"""The button families of the desk; the demo adds its own at start."""


@dataclass(frozen=True, slots=True)
class Press:
    """The handler of a button, with its flags from the family."""

    handler: PressHandler
    opens_modal: bool = False
    for_non_members: bool = False


@dataclass(frozen=True, slots=True)
class Registry:
    """What Slack can send, by the names it uses."""

    commands: Mapping[str, Command]
    presses: Mapping[str, Press]
    suggestions: Mapping[str, SuggestHandler]
    forms: Mapping[str, Form]
    shortcuts: Mapping[str, Shortcut]
    parent_view: ParentView


def registry(*more: ButtonFamily) -> Registry:
    """Return the desk's registry, with `more` button families."""
    families = (*FAMILIES, *more)
    return Registry(
        commands={command.name: command for command in COMMANDS},
        presses={
            f"{family.name}.{act}": Press(handler, act in family.opens_modal, act in family.for_non_members)
            for family in families
            for act, handler in family.presses.items()
        },
        suggestions={
            f"{family.name}.{source}": suggest for family in families for source, suggest in family.suggestions.items()
        },
        forms=forms.FORMS,
        shortcuts={shortcut.callback_id: shortcut for shortcut in forms.SHORTCUTS},
        parent_view=loans.parent,
    )
