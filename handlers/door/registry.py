"""Every command, button, form and shortcut by name, put together from what their modules declare."""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers import events
from handlers.buttons import (
    access,
    calls,
    card,
    documents,
    due,
    forms,
    loans,
    reassign,
    reminders,
    undo,
)
from handlers.commands import COMMANDS
from handlers.door.declarations import ButtonFamily, Command, Shortcut
from handlers.door.request import ParentView, PressHandler, SuggestHandler
from handlers.forms.form import Form

FAMILIES: tuple[ButtonFamily, ...] = (
    access.FAMILY,
    calls.FAMILY,
    card.FAMILY,
    documents.FAMILY,
    due.FAMILY,
    events.BOT_FAMILY,
    events.HOME_FAMILY,
    reminders.FOLLOW_UPS,
    forms.FAMILY,
    forms.COUNTRIES,
    loans.FAMILY,
    reassign.FAMILY,
    reminders.FAMILY,
    undo.FAMILY,
)
"""The button families of the desk; what is only there for the demo is added at start."""


@dataclass(frozen=True, slots=True)
class Press:
    """What a button does, with the flags of its family."""

    handler: PressHandler
    opens_modal: bool = False
    for_non_members: bool = False


@dataclass(frozen=True, slots=True)
class Registry:
    """What can come in from Slack, by the names that Slack sends."""

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
        parent_view=card.parent,
    )
