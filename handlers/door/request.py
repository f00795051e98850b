"""What a handler works with (a request) and what it answers with (a reply, or a modal to open or update)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from typing import Any
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import NotFound
from desk.core.transaction import Desk
from handlers.door.directory import DirectoryEntries
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import PRODUCT, Option, Private, Typed, View


class Carried(dict[str, Any]):
    """What a button or a form carries. One of an earlier release may lack what is asked for by now."""

    def __missing__(self, name: str) -> Any:
        raise NotFound("press_unknown")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery from Slack: the key that is the same when Slack repeats it, and who sent it from where."""

    key: str
    user_id: str
    channel_id: str = ""


@dataclass(frozen=True, slots=True)
class ViewState:
    """The view in which a button was pressed or that was submitted. An empty one means that only a modal can be shown."""

    form: str = ""
    title: str = PRODUCT
    private: Private = field(default_factory=dict[str, Any])
    typed: Typed = field(default_factory=dict[str, str | tuple[str, ...]], repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One command, press or form, inside its transaction.

    `text` is the command's line as Slack sent it; `value` is what the pressed button carries. `form` names the view of the
    press or submission, with what it carries (`private`) and what its fields hold (`typed`). `entries` has the people and
    channels that the handler needs to know from Slack.
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
    entries: DirectoryEntries = field(default_factory=DirectoryEntries)

    def one(self, name: str) -> str:
        """Return the value of a field, or the empty text."""
        value = self.typed.get(name, "")
        return value if isinstance(value, str) else ""

    def several(self, name: str) -> tuple[str, ...]:
        """Return the values of a field that takes several."""
        return values(self.typed.get(name, ()))


@dataclass(frozen=True, slots=True)
class Reply:
    """A message that only the sender sees. `replaces` puts it in the place of the pressed message, which must itself be
    ephemeral; in a modal, in the place of the modal's content."""

    message: Message
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class OpenModal:
    """A modal to open, over the present one if there is one. `otherwise` is the reply when Slack does not open it.

    `parent` is the new content of the modal under the present one, if that shows what was changed.
    """

    view: View
    otherwise: Message
    parent: View | None = None


@dataclass(frozen=True, slots=True)
class UpdateModal:
    """The new content of the modal in which a button was pressed. `parent`: as with `OpenModal`."""

    view: View
    parent: View | None = None


@dataclass(frozen=True, slots=True)
class FormErrors:
    """A form that was not accepted: plain texts by the block ids of its fields."""

    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ShowPane:
    """The content of the side pane that was opened: a Work Object."""

    entity: Mapping[str, Any]


Answer = Reply | OpenModal | UpdateModal | ShowPane
"""How a command, a press or an opened pane can be answered."""

CommandHandler = Callable[[Request], Awaitable[Message | OpenModal]]
PressHandler = Callable[[Request], Awaitable[Answer | None]]
SuggestHandler = Callable[[Request], Awaitable[Sequence[Option]]]
ParentView = Callable[[Request], Awaitable[View | None]]
"""Writes the modal under the one in which something was changed."""


def values(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the values of a field, whether it takes one or several."""
    return (value,) if isinstance(value, str) else value
