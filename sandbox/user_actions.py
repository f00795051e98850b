"""A user's actions in the workspace, and what they see of them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.answers import Answers, check_answer
from sandbox.delivery import Delivery
from sandbox.elements import (
    VALUE_FIELDS,
    NotPossibleError,
    action_of,
    chosen_value,
    find_element,
    initial_state,
    interactive_elements,
)
from sandbox.escaping import encode, escape
from sandbox.files import SlackFile
from sandbox.manifest import Installation, Shortcut, SlashCommand
from sandbox.modals import Outcome
from sandbox.model import Channel, Json, Message, User, text_of
from sandbox.payloads import block_actions_form, command_form, message_action_form, shortcut_form
from sandbox.suggestions import Suggestions
from sandbox.traffic import Exchange
from sandbox.triggers import ResponseUrl, Triggers
from sandbox.workspace import Draft, Workspace

_NOT_VALID = (
    "{command} is not a valid command. In Slack, all messages that start with the “/” character are interpreted as "
    "slash commands. To send a message that starts with “/”, put a space in front of it."
)
_LINE = re.compile(r"([^ \t\n]+)(?:[ \t\n](.*))?", re.DOTALL)


@dataclass(slots=True)
class Reply:
    """What the user sees after a command: `text` and `blocks` of the app's answer, or `error`.

    `message` is the answer's message in its current state, None if the answer was empty; `status` is the app's HTTP status.
    """

    status: int | None
    error: str = ""
    message: Message | None = None
    request: Exchange | None = None
    answer: Json = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.error or str(self.answer.get("text", ""))

    @property
    def full_text(self) -> str:
        """All visible text, buttons included."""
        return self.error or text_of(self.answer)

    @property
    def blocks(self) -> list[Json]:
        return self.answer.get("blocks") or []

    @property
    def ephemeral(self) -> bool:
        return self.message is not None and self.message.is_ephemeral


@dataclass(slots=True)
class Press:
    """What the user sees after a press: `replies` came through its response URL, `message` is the one with the button.

    `confirmation` is the text of the confirmation dialog, if there was one.
    """

    status: int | None
    error: str
    request: Exchange | None
    _url: ResponseUrl
    _workspace: Workspace
    confirmation: str = ""

    @property
    def replies(self) -> list[Message]:
        return list(self._url.received)

    @property
    def message(self) -> Message | None:
        """The message in its current state; None once it was deleted."""
        source = self._url.source
        return self._workspace.find_by_id(source.id) if source else None

    @property
    def shown(self) -> Message | None:
        """What the user sees now: the last reply, or the pressed message if there is none."""
        return self.replies[-1] if self.replies else self.message

    @property
    def text(self) -> str:
        """The texts of the replies, or the error."""
        return self.error or "\n".join(reply.text for reply in self.replies)


@dataclass(slots=True)
class UserActions:
    """Performs users' actions: typing, pressing, starting shortcuts."""

    workspace: Workspace
    delivery: Delivery
    triggers: Triggers
    answers: Answers
    suggestions: Suggestions
    installed: Callable[[], Installation | None]
    _states: dict[tuple[str, str], dict[str, dict[str, Json]]] = field(default_factory=dict)

    def upload(self, user_id: str, name: str, content: bytes) -> SlackFile:
        """Upload a file as this user, to be sent in a message or chosen in a form."""
        user = self.workspace.users.get(user_id)
        if user is None or user.deleted:
            raise NotPossibleError("account_inactive")
        if not content:
            raise NotPossibleError("an empty file can't be uploaded")
        file_id, created = self.workspace.new_id("F"), int(self.workspace.now())
        file = SlackFile(
            file_id, user.id, name, content, created, self.triggers.base_url, team_id=self.workspace.team_id
        )
        self.workspace.files[file_id] = file
        return file

    def say(
        self,
        user_id: str,
        channel_id: str,
        text: str,
        *,
        thread_ts: str | None = None,
        files: Sequence[SlackFile] = (),
    ) -> Message:
        """Post an ordinary message as this user, with their files."""
        user, channel = self._check_membership(user_id, channel_id)
        app = self.installed()
        if channel.kind == "dm" and app and (app.messages_tab_read_only or not app.messages_tab):
            raise NotPossibleError("messages_tab_disabled")
        parent = self.workspace.find(channel.id, thread_ts) if thread_ts else None
        if thread_ts and (parent is None or parent.is_reply):
            raise NotPossibleError("thread_not_found")
        for file in files:
            if file.user != user.id:
                raise NotPossibleError("file_not_found")
            file.channels.append(channel.id)
        return self.workspace.post(
            Draft(
                channel=channel.id,
                user=user.id,
                text=self._encode(user, text),
                thread_ts=thread_ts,
                files=[file.json() for file in files],
            )
        )

    async def command(self, user_id: str, channel_id: str, line: str) -> Reply:
        """Send a slash command as this user."""
        user, channel = self._check_membership(user_id, channel_id)
        found = _LINE.fullmatch(line.strip(" \t\n"))
        name, text = (found[1], found[2] or "") if found else ("", "")
        app = self.installed()
        known = app.commands.get(name.lower()) if app and not app.revoked else None
        if app is None or known is None:
            return Reply(None, _NOT_VALID.format(command=name))
        url = self.triggers.response_url("command", channel=channel.id, user=user.id)
        form = command_form(
            self.workspace,
            app,
            user,
            channel,
            command=known.command,
            text=self._encode(user, text) if known.should_escape else escape(text),
            trigger_id=self.triggers.issue(user.id),
            response_url=self.triggers.url_of(url),
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
        return Reply(200, message=self.answers.show(app, url, body), request=exchange, answer=body)

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
        """Press a button, or choose in a menu or picker.

        `what` is an action_id or the button's text; `choice` is an option's value or text, a date, an id, or a list of
        these; `typed` is the text for which an external menu loads its options; `sure` is the answer to a confirmation
        dialog.
        """
        user, channel = self._check_membership(user_id, message.channel)
        shown = self.workspace.find_by_id(message.id)
        if shown is None or shown.ephemeral_to not in (None, user.id):
            raise NotPossibleError(f"{user.id} sees no message {message.id}")
        block, element = find_element(shown.all_blocks, what, block_id)
        url = self.triggers.response_url(
            "action", channel=channel.id, user=user.id, source=shown if shown.is_bot else None
        )
        app = self.installed()
        if app is None or app.revoked or app.interactivity_url is None:
            return Press(None, "This app is not configured to handle interactive responses.", None, url, self.workspace)
        offered = await self.suggestions.options(user, shown, block, element, choice, typed)
        chosen = chosen_value(element, choice, offered=offered, tz=user.tz)
        confirmation = text_of(element.get("confirm", {}))
        if confirmation and not sure:
            return Press(None, "", None, url, self.workspace, confirmation)
        state = self._store_choice(user.id, shown, block["block_id"], element, chosen)
        form = block_actions_form(
            self.workspace,
            app,
            user,
            shown,
            action=action_of(element, block["block_id"], chosen=chosen, action_ts=f"{self.workspace.now():.6f}"),
            state=state,
            trigger_id=self.triggers.issue(user.id),
            response_url=self.triggers.url_of(url),
        )
        exchange = await self.delivery.send("action", element["action_id"], app.interactivity_url, form, app)
        return Press(
            exchange.status, self.answers.error_text(exchange, user.id, channel.id), exchange, url, self.workspace
        )

    async def shortcut(self, user_id: str, what: str) -> Outcome:
        """Start a global shortcut, by its name or callback_id."""
        user, app, shortcut = self._shortcut(user_id, "global", what)
        trigger = self.triggers.issue(user.id)
        form = shortcut_form(self.workspace, app, user, callback_id=shortcut.callback_id, trigger_id=trigger)
        sent = await self.delivery.send("shortcut", shortcut.callback_id, app.interactivity_url or "", form, app)
        return Outcome(sent.status, self.answers.error_text(sent, user.id), request=sent)

    async def message_shortcut(self, user_id: str, message: Message, what: str) -> Press:
        """Start a message shortcut, by its name or callback_id."""
        user, app, shortcut = self._shortcut(user_id, "message", what)
        _user, channel = self._check_membership(user_id, message.channel)
        if self.workspace.find_by_id(message.id) is None or message.is_ephemeral:
            raise NotPossibleError(f"there is no menu on message {message.id}")
        url = self.triggers.response_url("command", channel=channel.id, user=user.id)
        form = message_action_form(
            self.workspace,
            app,
            user,
            message,
            callback_id=shortcut.callback_id,
            trigger_id=self.triggers.issue(user.id),
            response_url=self.triggers.url_of(url),
        )
        sent = await self.delivery.send("shortcut", shortcut.callback_id, app.interactivity_url or "", form, app)
        return Press(sent.status, self.answers.error_text(sent, user.id, channel.id), sent, url, self.workspace)

    def shortcuts(self, user: User) -> list[Shortcut]:
        """Return the app's shortcuts that this user sees; guests see no global ones."""
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

    def _check_membership(self, user_id: str, channel_id: str) -> tuple[User, Channel]:
        """Return the user and the channel. Raises NotPossibleError unless the user may write there."""
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

    def _encode(self, user: User, text: str) -> str:
        def find_channel(name: str) -> Channel | None:
            seen = self.workspace.visible_channels(user.id)
            return next((one for one in seen if one.kind != "dm" and one.name == name), None)

        return encode(text, find_user=self.workspace.find_user, find_channel=find_channel)

    def _store_choice(self, user: str, message: Message, block_id: str, element: Json, chosen: Any) -> Json:
        """Store the choice and return the state of all stateful elements of the message."""
        stored = self._states.setdefault((message.id, user), {})
        if initial_state(element) is not None:
            stored.setdefault(block_id, {})[element["action_id"]] = {
                "type": element["type"],
                VALUE_FIELDS[element["type"]]: chosen,
            }
        values: dict[str, dict[str, Json]] = {}
        for block in message.all_blocks:
            for one in interactive_elements(block):
                state = stored.get(block["block_id"], {}).get(one["action_id"]) or initial_state(one)
                if state is not None:
                    values.setdefault(block["block_id"], {})[one["action_id"]] = state
        return values
