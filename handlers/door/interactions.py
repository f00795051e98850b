"""What came in from Slack: a command, a press or a form, with its handler and the shape of its answers and refusals."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from desk.core import drafts
from desk.core.errors import DeskError, NotFound
from desk.core.transaction import Desk
from handlers.buttons.lines import COMMAND_OF, RefusedLine, keep_refused, offers_something
from handlers.door.declarations import Command
from handlers.door.directory import DirectoryEntries, mention_words, mentioned_ids, repeated, with_names
from handlers.door.language import Language
from handlers.door.line_offers import with_offers
from handlers.door.lines import LONGEST_READ, too_long
from handlers.door.registry import Press, Registry
from handlers.door.request import (
    Answer,
    Carried,
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
from handlers.forms.choices import offered_times, with_choices
from handlers.forms.form import Form, Submit
from handlers.grammar.text import Line
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import BENEATH, OPENED_AT, View, block_id, message_modal
from handlers.messages.refusals.errors import Failure, refusal, trouble
from storage.engine.trouble import Trouble

_SAYS_THE_LENGTH = ("note_too_long", "name_too_long", "too_many_words", "line_too_long")

_WHAT = {"home.opened": "home", "home.show": "home", "pane.opened": "card"} | dict.fromkeys(
    ("form.open", "form.from_message", "form.refresh", "form.fill", "form.restore"), "form"
)
"""The kinds of the answers to some presses."""

_REPEATED = 24_000
"""The most characters of a line that are repeated: as many as a message takes."""


class Interaction(ABC):
    """One delivery with its handler. A subclass per kind says how a result or a refusal is shown there.

    `name` is that of metrics. Slack is asked about `lookup_ids`, people and channels, before the transaction.
    """

    name: str
    delivery: Delivery
    handler: CommandHandler | PressHandler | Submit
    lookup_ids: Sequence[str] = ()
    for_non_members: bool = False
    what: str = "answer"
    """The kind of answer, for the audit trail, where the use case says no other."""

    def named_loan(self) -> UUID | None:
        """Return the id of the loan that a button carries, if it carries one."""
        return None

    async def request(self, desk: Desk, language: Language, entries: DirectoryEntries) -> Request:
        """Return what the handler works with."""
        return Request(desk, language.t, language.zone, self.delivery.channel_id, entries=entries)

    async def refused(self, request: Request, error: DeskError) -> DeskError:
        """Return the error to refuse with, after reading what its words need in the transaction."""
        return error

    @abstractmethod
    def offers(self, error: DeskError) -> bool:
        """Return whether the refusal is to offer something that must be kept first, by `keep`."""

    @abstractmethod
    async def keep(self, desk: Desk, language: Language, error: DeskError) -> None:
        """Keep what the refusal's buttons need, as the member and in a transaction of its own."""

    @abstractmethod
    async def answer(self, request: Request, result: Any) -> Answer | None:
        """Return what the handler's result becomes in Slack."""

    @abstractmethod
    def refusal(self, language: Language, error: DeskError) -> Answer | FormErrors | None:
        """Return what the sender reads when the desk refuses."""

    @abstractmethod
    def trouble(self, language: Language, kind: Trouble | Failure, reference: str) -> Answer | FormErrors | None:
        """Return what the sender reads when something went wrong; `reference` names the request in the log."""


class CommandInteraction(Interaction):
    """A slash command: the refusal repeats the line as it was typed, so that it can be corrected."""

    def __init__(self, delivery: Delivery, command: Command, text: str) -> None:
        self.name, self.delivery, self.handler, self.text = command.name, delivery, command.handler, text
        self._command = command
        self.lookup_ids = mentioned_ids(text) if command.looks_up else ()
        self._words: Mapping[str, str] = {}
        self._channels: Mapping[str, str] = {}
        self._line_id: UUID | None = None

    async def request(self, desk: Desk, language: Language, entries: DirectoryEntries) -> Request:
        self._channels = {key: channel.name for key, channel in entries.channels.items()}
        if len(self.text) > LONGEST_READ and (excess := too_long(self.text)) is not None:
            raise excess
        return replace(await super().request(desk, language, entries), text=self.text)

    async def answer(self, request: Request, result: Message | OpenModal) -> Answer:
        return Reply(result) if isinstance(result, Message) else _opened_at(result, self.delivery.channel_id)

    def offers(self, error: DeskError) -> bool:
        return offers_something(error)

    async def keep(self, desk: Desk, language: Language, error: DeskError) -> None:
        self._line_id = await keep_refused(desk, self.name, self.text, error)

    def refusal(self, language: Language, error: DeskError) -> Reply:
        named, line = _with_command(with_names(error, self._words), self.name), self._line()
        return Reply(refusal(language.t, named, language.zone, line=line, line_id=self._line_id))

    def trouble(self, language: Language, kind: Trouble | Failure, reference: str) -> Reply:
        return Reply(trouble(language.t, kind, reference, line=self._line()))

    async def refused(self, request: Request, error: DeskError) -> DeskError:
        excess = too_long(self.text)
        if excess is not None and error.code not in _SAYS_THE_LENGTH:
            return excess
        self._words = await mention_words(request.desk, self.text)
        return await with_offers(request, self._command, self.text, error)

    def _line(self) -> str:
        line = Line.read(self.text[:_REPEATED])
        return f"{self.name} {repeated(line, self._words, self._channels)}".strip()


class PressInteraction(Interaction):
    """A press of a button, in a message or (`state`) in a view; a shortcut is a press too.

    `text` is that of the message on which a shortcut was chosen. Slack is asked about the user that the button names as
    `who`, and about a sender who may not be a member.
    """

    def __init__(
        self,
        delivery: Delivery,
        act: str,
        value: Mapping[str, Any],
        registry: Registry,
        *,
        state: ViewState | None = None,
        text: str = "",
    ) -> None:
        press = registry.presses.get(act, Press(_unknown_press))
        self.name, self.delivery, self.handler = act, delivery, press.handler
        self.for_non_members, self.opens_modal = press.for_non_members, press.opens_modal
        user_id = delivery.user_id if press.for_non_members else str(value.get("who", ""))
        self.lookup_ids = (user_id,) if user_id else ()
        self.what = _WHAT.get(act, "answer")
        self.state = state
        self._value, self._text, self._parent_view = Carried(value), text, registry.parent_view
        self._line_id: UUID | None = None
        self._in_form = state is not None and state.form in registry.forms

    def named_loan(self) -> UUID | None:
        named = self._value.get("l") or self._value.get("loan")
        if self.name == "form.open":
            named = self._value.get("i") or named
        try:
            return UUID(str(named))
        except ValueError:
            return None

    async def request(self, desk: Desk, language: Language, entries: DirectoryEntries) -> Request:
        state = self.state or ViewState()
        request = await super().request(desk, language, entries)
        in_view = {"form": state.form, "private": Carried(state.private), "typed": state.typed}
        return replace(request, value=self._value, text=self._text, **in_view)

    async def answer(self, request: Request, result: Answer | None) -> Answer | None:
        answer = _in_view(request.t, result, self.state)
        if isinstance(answer, OpenModal):
            answer = _opened_at(answer, self.delivery.channel_id)
        if self._in_form or not isinstance(answer, OpenModal | UpdateModal):
            return answer
        return replace(answer, parent=await _parent(self._parent_view, request))

    def offers(self, error: DeskError) -> bool:
        return isinstance(error, RefusedLine) and offers_something(error)

    async def refused(self, request: Request, error: DeskError) -> DeskError:
        if not isinstance(error, RefusedLine):
            return error
        offered = await with_offers(request, COMMAND_OF[error.command], error.text, error)
        return offered if offered is error else RefusedLine(offered, error.command, error.text)

    async def keep(self, desk: Desk, language: Language, error: DeskError) -> None:
        if isinstance(error, RefusedLine):
            self._line_id = await keep_refused(desk, error.command, error.text, error)

    def refusal(self, language: Language, error: DeskError) -> Answer | None:
        line = ""
        if isinstance(error, RefusedLine):
            line = f"{error.command} {repeated(Line.read(error.text), {}, {})}"
            error = _with_command(error, error.command)
        message = refusal(language.t, error, language.zone, line=line, line_id=self._line_id, in_form=self._in_form)
        return _in_view(language.t, Reply(message), self.state)

    def trouble(self, language: Language, kind: Trouble | Failure, reference: str) -> Answer | None:
        return _in_view(language.t, Reply(trouble(language.t, kind, reference)), self.state)


class SubmissionInteraction(Interaction):
    """A submitted form: a refusal is shown beside the field that caused it.

    `with_choices` is the form with a button for each time that the refusal offers, if it offers any.
    """

    def __init__(self, delivery: Delivery, form: Form, state: ViewState, parent_view: ParentView) -> None:
        self.name, self.delivery, self.handler = form.name, delivery, form.accept
        self.lookup_ids = [value for name in form.looks_up for value in values(state.typed.get(name, ()))]
        self._form, self._state, self._parent_view = form, state, parent_view
        self.with_choices: View | None = None

    async def request(self, desk: Desk, language: Language, entries: DirectoryEntries) -> Request:
        request = await super().request(desk, language, entries)
        private = Carried(self._state.private)
        return replace(request, form=self._state.form, private=private, typed=self._state.typed)

    async def answer(self, request: Request, result: Message | View | None) -> UpdateModal | None:
        if self._form.keeps_drafts:
            await drafts.forget_form(request.desk, self._form.draft_name(self._state.private))
        if isinstance(result, Message):
            view = message_modal(request.t, result, request.t(self._form.title), _carried(self._state))
            return UpdateModal(view, await _parent(self._parent_view, request))
        return UpdateModal(result) if isinstance(result, View) else None

    def offers(self, error: DeskError) -> bool:
        return bool(offered_times(error))

    async def keep(self, desk: Desk, language: Language, error: DeskError) -> None:
        request = await self.request(desk, language, DirectoryEntries())
        self.with_choices = await with_choices(request, self._form, error)

    def refusal(self, language: Language, error: DeskError) -> FormErrors:
        message = refusal(language.t, error, language.zone, in_form=True)
        return self._beside(self._form.field_of(error), message)

    def trouble(self, language: Language, kind: Trouble | Failure, reference: str) -> FormErrors:
        return self._beside(self._form.main, trouble(language.t, kind, reference))

    def _beside(self, name: str, message: Message) -> FormErrors:
        return FormErrors({block_id(name, self._state.private): message.text})


def _with_command(error: DeskError, command: str) -> DeskError:
    """Return the refusal with the command before the lines that it mends."""
    error.params["mended"] = tuple(f"{command} {each}" for each in error.params.get("mended", ()))
    return error


def _in_view(t: Translator, answer: Answer | None, state: ViewState | None) -> Answer | None:
    """Turn a reply to a press in a view into a modal: a view has no ephemeral messages."""
    if state is None or not isinstance(answer, Reply):
        return answer
    if answer.replaces:
        return UpdateModal(message_modal(t, answer.message, state.title, _carried(state)))
    return OpenModal(message_modal(t, answer.message, state.title), answer.message)


async def _parent(write: ParentView, request: Request) -> View | None:
    return await write(request) if BENEATH in request.private else None


def _opened_at(answer: OpenModal, channel_id: str) -> OpenModal:
    if not channel_id:
        return answer
    return replace(answer, view=replace(answer.view, private={OPENED_AT: channel_id, **answer.view.private}))


def _carried(state: ViewState) -> dict[str, Any]:
    return {name: state.private[name] for name in (BENEATH, OPENED_AT) if name in state.private}


async def _unknown_press(_request: Request) -> Reply:
    raise NotFound("press_unknown")
