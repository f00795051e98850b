"""What came in from Slack: a command, a press or a form, with its handler and the shape of its answers and refusals."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from desk.core import form_drafts
from desk.core.errors import DeskError, NotFound
from desk.core.transaction import Desk
from handlers.door.declarations import Command, Press
from handlers.door.directory import DirectoryEntries, mentioned_ids
from handlers.door.language import Language
from handlers.door.mentions import names_in, readable, with_names
from handlers.door.request import (
    Answer,
    CommandHandler,
    Delivery,
    FormErrors,
    OpenModal,
    ParentView,
    PressHandler,
    Reply,
    Request,
    UpdateModal,
    ViewState,
    values,
)
from handlers.forms.form import Form, Submit
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import BENEATH, View, block_id, shown
from handlers.messages.refusals.errors import Wrong, refusal, trouble
from storage.engine.trouble import Trouble


@dataclass(slots=True)
class Interaction(ABC):
    """One delivery with its handler. A subclass per kind says how a result or a refusal is shown there."""

    delivery: Delivery

    @property
    @abstractmethod
    def name(self) -> str:
        """The name for metrics: a command, an action id without its suffix, or a form."""

    @property
    @abstractmethod
    def handler(self) -> CommandHandler | PressHandler | Submit:
        """The function that does the work."""

    @property
    def lookup_ids(self) -> Sequence[str]:
        """The people and channels that Slack is asked about before the transaction."""
        return ()

    @property
    def for_non_members(self) -> bool:
        """Whether people who are not members may do this."""
        return False

    async def request(self, desk: Desk, language: Language, entries: DirectoryEntries) -> Request:
        """Return what the handler works with."""
        return Request(
            desk=desk, t=language.t, zone=language.zone, channel_id=self.delivery.channel_id, entries=entries
        )

    @abstractmethod
    async def answer(self, request: Request, result: Any) -> Answer | None:
        """Return what the handler's result becomes in Slack."""

    @abstractmethod
    def refusal(self, language: Language, error: DeskError) -> Answer | FormErrors | None:
        """Return what the sender reads when the desk refuses."""

    @abstractmethod
    def trouble(self, language: Language, kind: Trouble | Wrong, reference: str) -> Answer | FormErrors | None:
        """Return what the sender reads when something went wrong; `reference` names the request in the log."""


@dataclass(slots=True)
class CommandInteraction(Interaction):
    """A slash command: the refusal repeats the line, so that it can be corrected."""

    command: Command
    text: str
    _names: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def name(self) -> str:
        return self.command.name

    @property
    def handler(self) -> CommandHandler:
        return self.command.handler

    @property
    def lookup_ids(self) -> Sequence[str]:
        return mentioned_ids(self.text) if self.command.looks_up else ()

    @property
    def line(self) -> str:
        """The command as it was typed."""
        return f"{self.name} {self.text}".strip()

    async def request(self, desk: Desk, language: Language, entries: DirectoryEntries) -> Request:
        self._names = await names_in(desk, self.line)
        # super() without arguments does not work in a dataclass with slots
        return replace(await Interaction.request(self, desk, language, entries), text=self.text)

    async def answer(self, request: Request, result: Message | OpenModal) -> Answer:
        return Reply(result) if isinstance(result, Message) else result

    def refusal(self, language: Language, error: DeskError) -> Reply:
        line = readable(self.line, self._names)
        return Reply(refusal(language.t, with_names(error, self._names), language.zone, line=line))

    def trouble(self, language: Language, kind: Trouble | Wrong, reference: str) -> Reply:
        return Reply(trouble(language.t, kind, reference, line=self.line))


@dataclass(slots=True)
class PressInteraction(Interaction):
    """A press of a button, in a message or (`state`) in a view; a shortcut is a press too.

    `text` is that of the message on which a shortcut was chosen. Slack is asked about the user that the button names as
    `who`, and about a sender who may not be a member.
    """

    act: str
    press: Press | None
    value: Mapping[str, Any]
    parent_view: ParentView
    is_form: bool = False
    state: ViewState | None = None
    text: str = ""

    @property
    def name(self) -> str:
        return self.act

    @property
    def handler(self) -> PressHandler:
        return self.press.handler if self.press else _unknown_press

    @property
    def lookup_ids(self) -> Sequence[str]:
        user_id = self.delivery.user_id if self.for_non_members else str(self.value.get("who", ""))
        return (user_id,) if user_id else ()

    @property
    def for_non_members(self) -> bool:
        return self.press is not None and self.press.for_non_members

    @property
    def opens_modal(self) -> bool:
        """Whether it usually opens a modal."""
        return self.press is not None and self.press.opens_modal

    async def request(self, desk: Desk, language: Language, entries: DirectoryEntries) -> Request:
        state = self.state or ViewState()
        request = await Interaction.request(self, desk, language, entries)
        in_view = {"form": state.form, "private": state.private, "typed": state.typed}
        return replace(request, value=self.value, text=self.text, **in_view)

    async def answer(self, request: Request, result: Answer | None) -> Answer | None:
        answer = _in_view(request.t, result, self.state)
        if self.is_form or not isinstance(answer, OpenModal | UpdateModal):
            return answer
        return replace(answer, parent=await _parent(self.parent_view, request))

    def refusal(self, language: Language, error: DeskError) -> Answer | None:
        return _in_view(language.t, Reply(refusal(language.t, error, language.zone)), self.state)

    def trouble(self, language: Language, kind: Trouble | Wrong, reference: str) -> Answer | None:
        return _in_view(language.t, Reply(trouble(language.t, kind, reference)), self.state)


@dataclass(slots=True)
class SubmissionInteraction(Interaction):
    """A submitted form: a refusal is shown beside the field that caused it."""

    form: Form
    state: ViewState
    parent_view: ParentView

    @property
    def name(self) -> str:
        return self.form.name

    @property
    def handler(self) -> Submit:
        return self.form.submit

    @property
    def lookup_ids(self) -> Sequence[str]:
        return [value for name in self.form.looks_up for value in values(self.state.typed.get(name, ()))]

    async def request(self, desk: Desk, language: Language, entries: DirectoryEntries) -> Request:
        request = await Interaction.request(self, desk, language, entries)
        return replace(request, form=self.state.form, private=self.state.private, typed=self.state.typed)

    async def answer(self, request: Request, result: Message | View | None) -> UpdateModal | None:
        if self.form.keeps_drafts:
            await form_drafts.forget(request.desk, self.form.draft_name(self.state.private))
        if isinstance(result, Message):
            view = shown(request.t, result, request.t(self.form.title), _carried(self.state))
            return UpdateModal(view, await _parent(self.parent_view, request))
        return UpdateModal(result) if isinstance(result, View) else None

    def refusal(self, language: Language, error: DeskError) -> FormErrors:
        return self._beside(self.form.field_of(error), refusal(language.t, error, language.zone))

    def trouble(self, language: Language, kind: Trouble | Wrong, reference: str) -> FormErrors:
        return self._beside(self.form.main, trouble(language.t, kind, reference))

    def _beside(self, name: str, message: Message) -> FormErrors:
        return FormErrors({block_id(name, self.state.private): message.text})


def _in_view(t: Translator, answer: Answer | None, state: ViewState | None) -> Answer | None:
    """Turn a reply to a press in a view into a modal: a view has no ephemeral messages."""
    if state is None or not isinstance(answer, Reply):
        return answer
    if answer.replaces:
        return UpdateModal(shown(t, answer.message, state.title, _carried(state)))
    return OpenModal(shown(t, answer.message, state.title), answer.message)


async def _parent(write: ParentView, request: Request) -> View | None:
    return await write(request) if BENEATH in request.private else None


def _carried(state: ViewState) -> dict[str, Any]:
    return {BENEATH: state.private[BENEATH]} if BENEATH in state.private else {}


async def _unknown_press(_request: Request) -> Reply:
    raise NotFound("press_unknown")
