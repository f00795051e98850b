"""What a handler works with: a desk, the reader's language and zone, and where in Slack somebody stands; and what it gives."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from desk.core.transaction import Desk
from handlers.door.directory import Looked
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import PRODUCT, Option, Private, Typed, View


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at the desk, for one command, press or form.

    `text` is what stood behind the command, as Slack sent it; `value` is what the pressed button carries. `form` names the
    view in which something was pressed or that was sent, with what it carries (`private`) and what stands in its fields
    (`typed`). `looked` has the people and channels that were named, as Slack knows them, for handlers that ask for it.
    """

    desk: Desk
    t: Translator
    zone: ZoneInfo
    channel_id: str
    text: str = field(default="", repr=False)
    value: Mapping[str, Any] = field(default_factory=dict[str, Any])
    form: str = ""
    private: Private = field(default_factory=dict[str, Any])
    typed: Typed = field(default_factory=dict[str, str | tuple[str, ...]], repr=False)
    looked: Looked = field(default_factory=Looked)

    def one(self, name: str) -> str:
        """What stands in a field, or the empty text."""
        value = self.typed.get(name, "")
        return value if isinstance(value, str) else ""

    def several(self, name: str) -> tuple[str, ...]:
        """What was chosen in a field that takes several."""
        value = self.typed.get(name, ())
        return (value,) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a press: a message only the presser sees. `replaces` puts it in the place of the pressed message,
    which must itself be ephemeral; in a modal, of what the modal shows."""

    message: Message
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """A modal to open, over the present one where there is one. `otherwise` is said when Slack does not open it.

    `beneath` is the modal under the present one as it is now, where it shows what was changed.
    """

    view: View
    otherwise: Message
    beneath: View | None = None


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The modal in which somebody pressed, as it is to be now. `beneath`: as with `Open`."""

    view: View
    beneath: View | None = None


Answer = Reply | Open | Rewrite
"""What a press can bring."""


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
