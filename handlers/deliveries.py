"""What comes in from Slack, who serves it, and a form that was refused."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from handlers.render.message import Message
from handlers.render.view import PRODUCT, Option, Private, Typed, View
from handlers.visit import Answer, Open, Visit

CommandHandler = Callable[[Visit], Awaitable[Message | Open]]
PressHandler = Callable[[Visit], Awaitable[Answer | None]]
SuggestHandler = Callable[[Visit], Awaitable[Sequence[Option]]]
Beneath = Callable[[Visit], Awaitable[View | None]]
"""Writes the modal under the one in which something was done."""
Served = Callable[[str, str, float], None]
"""Is told of each command and press: its name, its outcome, the seconds it took."""


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command. `looks_up` has Slack asked about whomever the line mentions before the handler runs."""

    name: str
    run: CommandHandler
    looks_up: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery from Slack: what it is known by when it comes again, and who sent it from where."""

    key: str
    user_id: str
    channel_id: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The view in which somebody pressed, or which they sent. An empty one is a place where only a modal can be shown."""

    form: str = ""
    title: str = PRODUCT
    private: Private = field(default_factory=dict[str, Any])
    typed: Typed = field(default_factory=dict[str, str | tuple[str, ...]], repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was not accepted: what is wrong, by the id of the field's block."""

    errors: Mapping[str, str]
