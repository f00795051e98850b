"""What a person does in the workspace, and what they see of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.answers import Answers, check_answer
from sandbox.delivery import Delivery
from sandbox.elements import (
    CHOSEN,
    NotPossibleError,
    action_of,
    chosen_in,
    find_element,
    initial_state,
    interactive_elements,
)
from sandbox.escaping import encode, escape
from sandbox.manifest import Installation, Shortcut, SlashCommand
from sandbox.modals import Outcome
from sandbox.model import Channel, Json, Message, User, text_of
from sandbox.payloads import block_actions_form, command_form, message_action_form, shortcut_form
from sandbox.suggestions import Suggestions
from sandbox.tickets import ResponseUrl, Tickets
from sandbox.traffic import Exchange
from sandbox.workspace import Draft, Workspace

_NOT_VALID = (
    "{command} is not a valid command. In Slack, all messages that start with the “/” character are interpreted as "
    "slash commands. To send a message that starts with “/”, put a space in front of it."
)
_LINE = re.compile(r"([^ \t\n]+)(?:[ \t\n](.*))?", re.DOTALL)


@dataclass(slots=True)
class Reply:
    """What the user sees of a command: `text` and `blocks` as they were answered, or `error`.

    `message` is the message as it stands now, None when the app answered with nothing; `status` the app's HTTP status.
    """

    status: int | None
    error: str = ""
    message: Message | None = None
    request: Exchange | None = None
    answered: Json = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.error or str(self.answered.get("text", ""))

    @property
    def full_text(self) -> str:
        """Everything there is to read, buttons included."""
        return self.error or text_of(self.answered)

    @property
    def blocks(self) -> list[Json]:
        return self.answered.get("blocks") or []

    @property
    def ephemeral(self) -> bool:
        return self.message is not None and self.message.is_ephemeral


@dataclass(slots=True)
class Press:
    """What the user sees of a press: `replies` came through its response URL, `message` is the pressed one as now.

    `asked` are the words of the dialog that asked for confirmation.
    """

    status: int | None
    error: str
    request: Exchange | None
    _url: ResponseUrl
    _workspace: Workspace
    asked: str = ""

    @property
    def replies(self) -> list[Message]:
        return list(self._url.received)

    @property
    def message(self) -> Message | None:
        """None once it was deleted."""
        source = self._url.source
        return self._workspace.find_by_id(source.id) if source else None

    @property
    def shown(self) -> Message | None:
        """What the presser reads now: the last reply, or the pressed message where nobody replied."""
        return self.replies[-1] if self.replies else self.message

    @property
    def text(self) -> str:
        """The texts of the replies, or the error."""
        return self.error or "\n".join(reply.text for reply in self.replies)


@dataclass(slots=True)
class People:
    """Lets people type and press."""

    workspace: Workspace
    delivery: Delivery
    tickets: Tickets
    answers: Answers
    suggestions: Suggestions
    installed: Callable[[], Installation | None]
    _states: dict[tuple[str, str], dict[str, dict[str, Json]]] = field(default_factory=dict)

    def say(self, user_id: str, channel_id: str, text: str, *, thread_ts: str | None = None) -> Message:
        """Somebody writes an ordinary message."""
        user, channel = self._present(user_id, channel_id)
        app = self.installed()
        if channel.kind == "dm" and app and (app.messages_tab_read_only or not app.messages_tab):
            raise NotPossibleError("messages_tab_disabled")
        parent = self.workspace.find(channel.id, thread_ts) if thread_ts else None
        if thread_ts and (parent is None or parent.is_reply):
            raise NotPossibleError("thread_not_found")
        return self.workspace.post(
            Draft(channel=channel.id, user=user.id, text=self._encoded(user, text), thread_ts=thread_ts)
        )

    async def command(self, user_id: str, channel_id: str, line: str) -> Reply:
        """Somebody types a slash command and sends it."""
        user, channel = self._present(user_id, channel_id)
        found = _LINE.fullmatch(line.strip(" \t\n"))
        name, text = (found[1], found[2] or "") if found else ("", "")
        app = self.installed()
        known = app.commands.get(name.lower()) if app and not app.revoked else None
        if app is None or known is None:
            return Reply(None, _NOT_VALID.format(command=name))
        url = self.tickets.response_url("command", channel=channel.id, user=user.id)
        form = command_form(
            self.workspace,
            app,
            user,
            channel,
            command=known.command,
            text=self._encoded(user, text) if known.should_escape else escape(text),
            trigger_id=self.tickets.trigger(user.id),
            response_url=self.tickets.url_of(url),
        )
        exchange = await self.delivery.send("command", known.command, known.url, form, app)
        return self._command_reply(app, known, url, exchange, line)

    def _command_reply(
        self, app: Installation, command: SlashCommand, url: ResponseUrl, exchange: Exchange, line: str
    ) -> Reply:
        if exchange.status != 200:
            error = "operation_timeout" if exchange.answer == "operation_timeout" else "dispatch_failed"
            return Reply(exchange.status, f'{command.command} failed with the error "{error}"', request=exchange)
        body = exchange.answer
        if isinstance(body, str):
            body = {"text": body} if body.strip() else {}
        if not body:
            return Reply(200, request=exchange)
        if refusal := check_answer(body):
            error = self.answers.refuse("answer", refusal, body, url.user, url.channel)
            return Reply(200, error, request=exchange)
        if body.get("response_type") == "in_channel":
            self.workspace.post(Draft(channel=url.channel, user=url.user, text=escape(line)))
        return Reply(200, message=self.answers.show(app, url, body), request=exchange, answered=body)

    async def press(
        self,
        user_id: str,
        message: Message,
        what: str,
        *,
        block_id: str | None = None,
        choice: Any = None,
        typed: str | None = None,
        sure: bool = True,
    ) -> Press:
        """Somebody presses a button, or chooses in a menu or picker.

        `what` is an action_id or the words on the button; `choice` what is chosen: an option's value or words, a
        date, an id, or a list of these; `typed` what is typed into an external menu to find it.
        Where a dialog asks for confirmation, `sure` is what the person answers.
        """
        user, channel = self._present(user_id, message.channel)
        shown = self.workspace.find_by_id(message.id)
        if shown is None or shown.ephemeral_to not in (None, user.id):
            raise NotPossibleError(f"{user.id} sees no message {message.id}")
        block, element = find_element(shown.all_blocks, what, block_id)
        url = self.tickets.response_url(
            "action", channel=channel.id, user=user.id, source=shown if shown.is_bot else None
        )
        app = self.installed()
        if app is None or app.revoked or app.interactivity_url is None:
            return Press(None, "This app is not configured to handle interactive responses.", None, url, self.workspace)
        offered = await self.suggestions.options(user, shown, block, element, choice, typed)
        chosen = chosen_in(element, choice, offered=offered, tz=user.tz)
        asked = text_of(element.get("confirm", {}))
        if asked and not sure:
            return Press(None, "", None, url, self.workspace, asked)
        state = self._remember(user.id, shown, block["block_id"], element, chosen)
        form = block_actions_form(
            self.workspace,
            app,
            user,
            shown,
            action=action_of(element, block["block_id"], chosen=chosen, action_ts=f"{self.workspace.now():.6f}"),
            state=state,
            trigger_id=self.tickets.trigger(user.id),
            response_url=self.tickets.url_of(url),
        )
        exchange = await self.delivery.send("action", element["action_id"], app.interactivity_url, form, app)
        return Press(
            exchange.status, self.answers.trouble(exchange, user.id, channel.id), exchange, url, self.workspace
        )

    async def shortcut(self, user_id: str, what: str) -> Outcome:
        """Somebody starts a global shortcut, by its name or callback_id."""
        user, app, shortcut = self._shortcut(user_id, "global", what)
        trigger = self.tickets.trigger(user.id)
        form = shortcut_form(self.workspace, app, user, callback_id=shortcut.callback_id, trigger_id=trigger)
        sent = await self.delivery.send("shortcut", shortcut.callback_id, app.interactivity_url or "", form, app)
        return Outcome(sent.status, self.answers.trouble(sent, user.id), request=sent)

    async def message_shortcut(self, user_id: str, message: Message, what: str) -> Press:
        """Somebody starts a shortcut from a message's menu, by its name or callback_id."""
        user, app, shortcut = self._shortcut(user_id, "message", what)
        _user, channel = self._present(user_id, message.channel)
        if self.workspace.find_by_id(message.id) is None or message.is_ephemeral:
            raise NotPossibleError(f"there is no menu on message {message.id}")
        url = self.tickets.response_url("command", channel=channel.id, user=user.id)
        form = message_action_form(
            self.workspace,
            app,
            user,
            message,
            callback_id=shortcut.callback_id,
            trigger_id=self.tickets.trigger(user.id),
            response_url=self.tickets.url_of(url),
        )
        sent = await self.delivery.send("shortcut", shortcut.callback_id, app.interactivity_url or "", form, app)
        return Press(sent.status, self.answers.trouble(sent, user.id, channel.id), sent, url, self.workspace)

    def shortcuts(self, user: User) -> list[Shortcut]:
        """The app's shortcuts that somebody sees: guests see no global ones."""
        app = self.installed()
        if app is None or app.revoked or app.interactivity_url is None:
            return []
        guest = user.is_restricted or user.is_ultra_restricted
        return [one for one in app.shortcuts if one.type == "message" or not guest]

    def _shortcut(self, user_id: str, kind: str, what: str) -> tuple[User, Installation, Shortcut]:
        user, app = self.workspace.users.get(user_id), self.installed()
        if user is None or user.deleted:
            raise NotPossibleError("account_inactive")
        seen = [one for one in self.shortcuts(user) if one.type == kind]
        found = next((one for one in seen if what in (one.name, one.callback_id)), None)
        if found is None or app is None:
            raise NotPossibleError(f"there is no {kind} shortcut {what!r}; there are: {[one.name for one in seen]}")
        return user, app, found

    def _present(self, user_id: str, channel_id: str) -> tuple[User, Channel]:
        """The user and the channel they are in. Raises NotPossibleError unless they may write there."""
        user, channel = self.workspace.users.get(user_id), self.workspace.channels.get(channel_id)
        if user is None or user.deleted:
            raise NotPossibleError("account_inactive")
        if channel is None or not self.workspace.sees(user_id, channel):
            raise NotPossibleError("channel_not_found")
        if not channel.has(user_id):
            raise NotPossibleError("not_in_channel")
        if channel.is_archived:
            raise NotPossibleError("is_archived")
        return user, channel

    def _encoded(self, user: User, text: str) -> str:
        def find_channel(name: str) -> Channel | None:
            seen = self.workspace.visible_channels(user.id)
            return next((one for one in seen if one.kind != "dm" and one.name == name), None)

        return encode(text, find_user=self.workspace.find_user, find_channel=find_channel)

    def _remember(self, user: str, message: Message, block_id: str, element: Json, chosen: Any) -> Json:
        """Keep what was chosen, and return the state of all stateful elements of the message."""
        kept = self._states.setdefault((message.id, user), {})
        if initial_state(element) is not None:
            kept.setdefault(block_id, {})[element["action_id"]] = {
                "type": element["type"],
                CHOSEN[element["type"]]: chosen,
            }
        values: dict[str, dict[str, Json]] = {}
        for block in message.all_blocks:
            for one in interactive_elements(block):
                state = kept.get(block["block_id"], {}).get(one["action_id"]) or initial_state(one)
                if state is not None:
                    values.setdefault(block["block_id"], {})[one["action_id"]] = state
        return values
