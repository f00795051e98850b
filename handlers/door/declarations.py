"""What a command, a button family and a shortcut declare about themselves, each in its own module."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from desk.core.dataclass import dataclass
from handlers.door.request import CommandHandler, PressHandler, SuggestHandler
from handlers.forms.form import Form
from handlers.grammar.terms import Terms
from handlers.messages.usage import Usage

Parse = Callable[..., Any]
"""A command's grammar: reads a line at an instant, in a zone."""


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A slash command. `description` and `hint` are Slack's, in the manifest.

    `forms` do with the mouse what the command does; `completes` has the one that asks for a part of the line, by the name of the
    part at which a line is refused. `nearest` are the words by which people who write to the bot mean this
    command; of several commands whose words match, the lowest `precedence` wins. `looks_up`: the handler needs to know from
    Slack the people and channels that the line mentions. `parse` reads a line that begins with a loan.
    """

    usage: Usage
    description: str
    hint: str
    handler: CommandHandler
    nearest: tuple[Terms[Any], ...]
    precedence: int
    forms: tuple[Form, ...] = ()
    looks_up: bool = False
    completes: Mapping[str, Form] = field(default_factory=dict[str, Form])
    parse: Parse | None = None

    @property
    def name(self) -> str:
        """The name, with its slash."""
        return self.usage.command


@dataclass(frozen=True, slots=True)
class ButtonFamily:
    """Buttons about one thing: the handlers by act; an action id is `<family>.<act>`.

    Acts in `opens_modal` usually open a modal, so a slow one first opens a modal that says "one moment". Those in
    `for_non_members` are for everyone. `suggestions` serve fields that search while one types.
    """

    name: str
    presses: Mapping[str, PressHandler]
    suggestions: Mapping[str, SuggestHandler] = field(default_factory=dict[str, SuggestHandler])
    opens_modal: frozenset[str] = frozenset()
    for_non_members: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A shortcut. `kind` is `global` (Slack allows five) or `message`; choosing it has the effect of a press of `act`, which
    opens the form of the name `callback_id`."""

    callback_id: str
    kind: str
    name: str
    description: str
    act: str = "form.open"
