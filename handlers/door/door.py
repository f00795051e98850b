"""The door: what Slack sent, which handler serves it, and where the answer is shown."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from slack_bolt.async_app import AsyncAck, AsyncBoltRequest
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.response import BoltResponse

from desk.core import drafts
from desk.core.undo import open_undo
from desk.people import installations
from handlers.door.answers import command_body
from handlers.door.directory import names_in, readable
from handlers.door.interactions import CommandInteraction, PressInteraction, SubmissionInteraction
from handlers.door.registry import Registry
from handlers.door.request import (
    Answer,
    Delivery,
    FormErrors,
    OpenModal,
    Reply,
    Request,
    ShowPane,
    UpdateModal,
    ViewState,
)
from handlers.door.responses import Responder
from handlers.door.transaction import Transactions, new_reference
from handlers.events import replacement
from handlers.loan_links import LoanLinks, ShownLinks, shown_links
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.view import OPENED_AT, PRODUCT, Option, read_typed, undo_button_of
from handlers.messages.block_kit.writer import unescaped
from handlers.messages.refusals.errors import Failure, trouble
from handlers.messages.undo import undo_kept
from handlers.messages.work_objects import refused_pane

log = structlog.get_logger()

_WITH_FILES = "file_share"
"""The subtype of a message that people send with files."""

KEEPING_SECONDS = 0.7
"""Time limit for storing the draft of a refused form, and for looking up the names in its errors."""


class Door(AsyncMiddleware):
    """Bolt's listeners. The answer to a request carries the outcome of a committed transaction (`process_before_response`),
    so nothing may run after `ack()`.

    Commands, the busiest, are answered as middleware: to find and call a listener takes Bolt as long as to read their line.
    """

    def __init__(
        self, registry: Registry, transactions: Transactions, responder: Responder, loan_links: LoanLinks | None = None
    ) -> None:
        self._registry = registry
        self._transactions = transactions
        self._responder = responder
        self._loan_links = loan_links

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[Any]],  # noqa: A002 (Bolt's name)
    ) -> BoltResponse:
        """Answer a slash command; typed alone, it usually opens a form. Leave anything else to Bolt's listeners."""
        body = req.body
        if body.get("command") not in self._registry.commands:
            await next()
            return resp
        delivery = Delivery(key=body["trigger_id"], user_id=body["user_id"], channel_id=body["channel_id"])
        interaction = CommandInteraction(delivery, self._registry.commands[body["command"]], body.get("text", ""))
        if interaction.text.strip():
            answer, view_id = await self._transactions.run(interaction), ""
        else:
            answer, view_id = await self._responder.run_with_loading(interaction, body["trigger_id"])
        message = _message(answer)
        if await self._responder.in_modal(answer, view_id, delivery.user_id, body["trigger_id"]) or (
            message and message.with_tables and await self._responder.table(interaction, message.with_tables)
        ):
            return BoltResponse(status=200)
        return BoltResponse(status=200, body=command_body(message))

    async def press(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """Answer a pressed button, or a changed field of a form."""
        action = body["actions"][0]
        channel = body.get("channel") or {}
        delivery = Delivery(body["trigger_id"], body["user"]["id"], channel.get("id", ""))
        # A side pane has no messages: all answers are modals.
        in_pane = (body.get("container") or {}).get("type") == "entity_detail"
        state = ViewState() if in_pane else _state_of(body)
        interaction = self._press(delivery, _act(action), _value_of(action), state=state)
        if state is not None and not in_pane:
            await self._responder.in_view(body, await self._transactions.run(interaction))
        else:
            if interaction.opens_modal or in_pane:
                answer, view_id = await self._responder.run_with_loading(interaction, body["trigger_id"])
            else:
                answer, view_id = await self._transactions.run(interaction), ""
            if not await self._responder.in_modal(answer, view_id, delivery.user_id, body["trigger_id"]):
                reply = Reply(answer.otherwise) if isinstance(answer, OpenModal) else answer
                if isinstance(reply, Reply):
                    await self._responder.to_response_url(body.get("response_url", ""), reply)
        await ack()

    async def shortcut(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """Answer a shortcut as a press."""
        delivery = Delivery(key=body["trigger_id"], user_id=body["user"]["id"])
        shortcut = self._registry.shortcuts[body["callback_id"]]
        text = (body.get("message") or {}).get("text", "")
        interaction = self._press(delivery, shortcut.act, {"form": shortcut.callback_id}, state=ViewState(), text=text)
        answer, view_id = await self._responder.run_with_loading(interaction, body["trigger_id"])
        await self._responder.in_modal(answer, view_id, delivery.user_id, body["trigger_id"])
        await ack()

    async def submit(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """Answer a submitted form. A refused form has the same delivery key when it is submitted again, because its view's
        hash only changes with an update; it is not taken for a repeat, because its claim was rolled back."""
        view, user_id = body["view"], body["user"]["id"]
        delivery = Delivery(key=f"{view['id']}:{view['hash']}", user_id=user_id)
        form, state = self._registry.forms[view["callback_id"]], _state_of(body) or ViewState()
        submission = SubmissionInteraction(delivery, form, state, self._registry.parent_view)
        answer = await self._transactions.run(submission)
        match answer:
            case FormErrors():
                if form.keeps_drafts:
                    keep = partial(drafts.save_form, form=form.draft_name(state.private), typed=state.typed)
                    await self._transactions.note(keep, KEEPING_SECONDS, "form_not_kept", user_id, form=form.name)
                await self._responder.choices(view, submission.with_choices)
                await ack(response_action="errors", errors=await self._readable_errors(answer, user_id))
            case UpdateModal(content, parent):
                await self._responder.parent(view, parent)
                await ack(response_action="update", view=content.payload())
            case _:
                await ack()

    async def suggest(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """Suggest options for the words in a search field of a form: none to those who may not send the form, or when the
        database is away."""
        source = _act(body)
        words, state = body.get("value", ""), _state_of(body) or ViewState()
        form = self._registry.forms.get(state.form)

        async def read(request: Request) -> Sequence[Option]:
            if form is None or not form.is_for(request.desk.member):
                return ()
            typed = replace(request, text=words, form=form.name, private=state.private, typed=state.typed)
            return await self._registry.suggestions[source](typed)

        user_id, view_id = body["user"]["id"], (body.get("view") or {}).get("id", "")
        options = await self._transactions.read(source, user_id, read, (), form=f"{user_id}:{view_id}")
        await ack(options=[option.payload() for option in options])

    async def closed(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """Offer Undo again where the modal that had its button was opened, because closing it took the button away."""
        user_id, state = body["user"]["id"], _state_of(body) or ViewState()
        if (button := undo_button_of(body["view"].get("blocks", ()))) is not None:
            undo_id = UUID(_value_of(dict(button))["u"])

            async def read(request: Request) -> Message | None:
                kept = await open_undo(request.desk, undo_id)
                return undo_kept(request.t, undo_id, kept, request.zone) if kept is not None else None

            message = await self._transactions.read("form_closed", user_id, read, None)
            if message is not None:
                await self._responder.keep_undo(str(state.private.get(OPENED_AT, "")), user_id, message)
        await ack()

    async def home_opened(self, body: dict[str, Any]) -> None:
        """Show the App Home."""
        event = body["event"]
        if event.get("tab") != "home":
            return
        user_id = event["user"]
        delivery = Delivery(key=body["event_id"], user_id=user_id)
        match await self._transactions.run(self._press(delivery, "home.opened", {})):
            case UpdateModal(view):
                await self._responder.publish(view, user_id, (event.get("view") or {}).get("hash", ""))
            case Reply(message):
                await self._responder.publish_unrecorded(replacement(message), user_id)
            case _:
                return

    async def message(self, body: dict[str, Any]) -> None:
        """Answer a message to the bot with help."""
        event = body["event"]
        # Edits, joins and the messages of other bots carry a subtype or a bot's id; they need no answer. Nor does what
        # people write to each other in a channel, should the app be subscribed to that by hand.
        if event.get("subtype", _WITH_FILES) != _WITH_FILES or "bot_id" in event or not event.get("user"):
            return
        if event["type"] == "message" and event.get("channel_type") != "im":
            return
        delivery = Delivery(key=body["event_id"], user_id=event["user"], channel_id=event["channel"])
        where = {"thread": event["thread_ts"]} if event.get("thread_ts") else {}
        sent = event.get("files") if event["type"] == "message" else None
        act, value = ("bot.sent_files", {"files": sent}) if sent else ("bot.asked", where)
        answer = await self._transactions.run(self._press(delivery, act, value, text=event.get("text", "")))
        if isinstance(answer, Reply):
            await self._responder.reply_to_message(event, answer.message)

    async def user_changed(self, body: dict[str, Any]) -> None:
        """Bring a member's row to what Slack says of them now. Slack reports every change of every account in the company."""
        await self._transactions.account_changed(body["event"]["user"])

    async def installation_ended(self, body: dict[str, Any]) -> None:
        """End the installation from which the app was removed, or whose bot's token was revoked."""
        event = body["event"]
        if event["type"] == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
            return  # of people, of whom the desk has none
        told_at = datetime.fromtimestamp(body["event_time"], UTC)
        await self._transactions.write(partial(installations.end, why=event["type"], told_at=told_at))

    async def link_shared(self, body: dict[str, Any]) -> None:
        """Show a loan's number and stage below a link to it."""
        assert self._loan_links is not None
        event, links = body["event"], self._loan_links
        urls = [link["url"] for link in event["links"]]
        numbers = {url: number for url in urls if (number := links.number_in(url)) is not None}
        # People of another company can read a shared channel. A link in the composer has not been sent yet.
        if not numbers or body.get("is_ext_shared_channel") or event.get("source") == "composer":
            return

        async def read(request: Request) -> ShownLinks:
            return await shown_links(request, links, numbers)

        shown = await self._transactions.read("link_shared", event["user"], read, ShownLinks())
        if shown.plain:
            await self._responder.unfurl(event, shown.plain, list(shown.entities.values()))

    async def pane_opened(self, body: dict[str, Any]) -> None:
        """Show the side pane of a link to a loan, or why its reader sees nothing there."""
        event = body["event"]
        delivery = Delivery(key=body["event_id"], user_id=event["user"])
        value = {"l": event["external_ref"]["id"], "url": event.get("entity_url", "")}
        match await self._transactions.run(self._press(delivery, "pane.opened", value)):
            case ShowPane(entity):
                await self._responder.present(event["trigger_id"], {"metadata": dict(entity)})
            case Reply(message):
                t = self._transactions.languages.of_user(event["user"]).t
                await self._responder.present(event["trigger_id"], {"error": refused_pane(t, message)})
            case _:
                return

    async def ignore(self) -> None:
        """Let an event pass that the desk has no use for."""

    async def error(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        """Log an error outside a transaction. Answer a command with a message instead of an HTTP error."""
        reference = new_reference()
        log.error("mishap", reference=reference, exc_info=error)
        if "command" not in body:
            return BoltResponse(status=200)
        t = self._transactions.languages.of_user(body.get("user_id", "")).t
        message = trouble(t, Failure.BUG, reference)
        answer = {"response_type": "ephemeral", "text": message.text, "blocks": message.blocks}
        return BoltResponse(status=200, body=json.dumps(answer), headers={"Content-Type": "application/json"})

    def _press(self, delivery: Delivery, act: str, value: Mapping[str, Any], **where: Any) -> PressInteraction:
        return PressInteraction(delivery, act, value, self._registry, **where)

    async def _readable_errors(self, refused: FormErrors, user_id: str) -> dict[str, str]:
        """Return the errors in plain text, with names instead of ids."""

        async def read(request: Request) -> Mapping[str, str]:
            return await names_in(request.desk, " ".join(refused.errors.values()))

        names = await self._transactions.read("form_errors", user_id, read, {}, KEEPING_SECONDS)
        return {block: unescaped(readable(text, names)) for block, text in refused.errors.items()}


def _message(answer: Answer | FormErrors | None) -> Message | None:
    match answer:
        case Reply(message) | OpenModal(_, message):
            return message
        case _:
            return None


def _act(action: dict[str, Any]) -> str:
    return action["action_id"].partition("#")[0]


def _state_of(body: dict[str, Any]) -> ViewState | None:
    view = body.get("view")
    if not view:
        return None
    return ViewState(
        form=view["callback_id"],
        title=(view.get("title") or {}).get("text") or PRODUCT,
        private=json.loads(view.get("private_metadata") or "{}"),
        typed=read_typed((view.get("state") or {}).get("values", {})),
    )


def _value_of(action: dict[str, Any]) -> dict[str, Any]:
    """Return what a button or a chosen option carries. Form fields carry nothing: their form is read as a whole."""
    chosen = action.get("selected_option") or action
    value = chosen.get("value") or "{}"
    return json.loads(value) if value.startswith("{") else {}
