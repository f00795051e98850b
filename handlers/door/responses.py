"""How an answer reaches its reader: in a modal, in the view of the press, through `response_url`, or as a message."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from desk.messages.home import record_published
from desk.messages.notices import record_entities_refused, record_tables_refused
from handlers.door.directory import code_of
from handlers.door.interactions import CommandInteraction, Interaction
from handlers.door.request import Answer, FormErrors, OpenModal, Reply, UpdateModal
from handlers.door.response_urls import is_slacks
from handlers.door.transaction import Transactions
from handlers.door.views import ViewsClient, send
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.view import HOME, PRODUCT, View, loading, message_modal

log = structlog.get_logger()

HAND_OVER_SECONDS = 1.0
"""Time limit for sending the answer to a press: together with the work before it, less than Slack's 3 s."""

TABLE_SECONDS = 0.7
"""Time limit for showing a table: together with the work before it and a plain answer instead, less than Slack's 3 s."""

PARENT_SECONDS = 0.7
"""Time limit for updating the modal under the one that was used."""

LOADING_SECONDS = 0.8
"""Time after which a modal that says "one moment" is opened, to be updated by the answer."""

NOTE_SECONDS = 0.4
"""Time limit for recording that Slack refuses tables or Work Objects, before the answer is sent without them."""

_ENTITIES_REFUSED = ("feature_not_enabled", "invalid_metadata", "metadata_", "missing_unfurls", "invalid_arg")
"""How the errors begin with which Slack refuses Work Objects themselves, rather than this message or at this moment."""


class Responder:
    """Shows answers in Slack."""

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession, transactions: Transactions) -> None:
        self._client = client
        self._session = session
        self._transactions = transactions
        self._views = ViewsClient(client)

    async def run_with_loading(
        self, interaction: Interaction, trigger_id: str
    ) -> tuple[Answer | FormErrors | None, str]:
        """Run what usually opens a modal. A trigger expires after 3 s, so slow work first opens a modal that says "one
        moment". Return the answer, and the id of that modal or the empty text."""
        work = asyncio.ensure_future(self._transactions.run(interaction))
        await asyncio.wait({work}, timeout=LOADING_SECONDS)
        view_id = ""
        if not work.done():
            language = self._transactions.languages.of_user(interaction.delivery.user_id)
            view_id = await self._views.open(loading(language.t), trigger_id)
        return await work, view_id

    async def in_modal(self, answer: Answer | FormErrors | None, view_id: str, user_id: str, trigger_id: str) -> bool:
        """Show a modal, or any answer for which the modal `view_id` waits. Return False if a message must show the answer."""
        match answer:
            case OpenModal(view) if view_id:
                return await self._views.update(view, view_id)
            case OpenModal(view):
                return bool(await self._views.open(view, trigger_id))
            case Reply(message) if view_id:
                t = self._transactions.languages.of_user(user_id).t
                return await self._views.update(message_modal(t, message, PRODUCT), view_id)
            case _:
                return False

    async def in_view(self, body: dict[str, Any], answer: Answer | FormErrors | None) -> None:
        """Show the answer to a press in a view: instead of the view's content, or over it."""
        view = body["view"]
        match answer:
            case UpdateModal(content, _) if content.form == HOME:
                await self.publish(content, body["user"]["id"], view["hash"])
            case UpdateModal(content, _) | OpenModal(content, _, _) if view["type"] == "home":
                await self._views.open(content, body["trigger_id"])
            case UpdateModal(content, parent):
                updated = self._views.update(content, view["id"], view["hash"])
                await asyncio.gather(updated, self.parent(view, parent))
            case OpenModal(content, _, parent):
                pushed = self._push(content, view, body["trigger_id"])
                await asyncio.gather(pushed, self.parent(view, parent))
            case _:
                return

    async def parent(self, view: dict[str, Any], parent: View | None) -> None:
        """Update the modal under this one."""
        if parent is not None and view.get("previous_view_id"):
            await self._views.update(parent, view["previous_view_id"], seconds=PARENT_SECONDS)

    async def choices(self, view: dict[str, Any], with_choices: View | None) -> None:
        """Show the buttons of a refused form in it, before Slack shows the errors beside its fields."""
        if with_choices is not None:
            await self._views.update(with_choices, view["id"], view["hash"], seconds=PARENT_SECONDS)

    async def keep_undo(self, channel_id: str, user_id: str, message: Message) -> None:
        """Show the offer of Undo to the member: in the channel in which the form was opened, or else directly."""
        content = {"text": message.text, "blocks": message.blocks}
        if channel_id:
            content |= {"channel": channel_id, "user": user_id}
            await send(self._client, "chat.postEphemeral", content, HAND_OVER_SECONDS, "undo")
        else:
            await send(self._client, "chat.postMessage", {**content, "channel": user_id}, HAND_OVER_SECONDS, "undo")

    async def publish(self, view: View, user_id: str, view_hash: str = "") -> None:
        """Publish a home, and record what it shows."""
        shown_hash = await self._views.publish(view, user_id, view_hash)
        if shown_hash is not None:
            await self._transactions.write(
                lambda desk: record_published(desk, view.content(), shown_hash, view.private), user_id
            )

    async def publish_unrecorded(self, view: View, user_id: str) -> None:
        """Publish a message instead of a home; nothing is recorded."""
        await self._views.publish(view, user_id)

    async def table(self, interaction: CommandInteraction, message: Message) -> bool:
        """Show tables and charts to the sender. Return False if Slack refuses them: the sender then gets the plain answer.

        Slack does not report a block that it refuses in the answer to a command, so tables are sent by another method.
        """
        to = interaction.delivery
        arguments = {"channel": to.channel_id, "user": to.user_id, "text": message.text, "blocks": message.blocks}
        try:
            async with asyncio.timeout(TABLE_SECONDS):
                await self._client.api_call("chat.postEphemeral", json=arguments)
        except SlackApiError as error:
            log.info("table_refused", error=code_of(error))
            if code_of(error).startswith("invalid_blocks"):
                await self._transactions.note(record_tables_refused, NOTE_SECONDS, "refusal_not_noted")
            return False
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("table_not_shown", error=type(error).__name__)
            return False
        return True

    async def to_response_url(self, url: str, reply: Reply) -> None:
        """Reply where a button was pressed. The work is committed: if this fails, the channel's message still shows it."""
        if not is_slacks(url, self._client.base_url):
            log.warning("answer_withheld")
            return
        content = {"text": reply.message.text, "blocks": reply.message.blocks}
        content |= {"response_type": "ephemeral", "replace_original": reply.replaces}
        limit = aiohttp.ClientTimeout(total=HAND_OVER_SECONDS)
        try:
            async with self._session.post(url, json=content, timeout=limit, allow_redirects=False) as answer:
                if answer.status != 200:
                    log.warning("answer_refused", status=answer.status)
        except (aiohttp.ClientError, TimeoutError, OSError):
            log.warning("answer_not_handed_over")

    async def reply_to_message(self, event: dict[str, Any], message: Message) -> None:
        """Answer a message in the direct conversation, or in a channel for its sender only."""
        where: dict[str, Any] = {"channel": event["channel"]}
        if thread := event.get("thread_ts"):
            where["thread_ts"] = thread
        method = "chat.postMessage"
        if event.get("channel_type") != "im":
            method, where = "chat.postEphemeral", {**where, "user": event["user"]}
        content = {**where, "text": message.text, "blocks": message.blocks}
        await send(self._client, method, content, HAND_OVER_SECONDS, "help")

    async def unfurl(
        self, event: dict[str, Any], unfurls: Mapping[str, Message], entities: Sequence[Mapping[str, Any]]
    ) -> None:
        """Show Work Objects below the links of the message in which they were shared; without any, or if Slack refuses
        them, the messages by URL."""
        where = {"channel": event["channel"], "ts": event["message_ts"]}
        if entities and await self._unfurl_entities(where, entities):
            return
        blocks = {url: {"blocks": message.blocks} for url, message in unfurls.items()}
        await send(self._client, "chat.unfurl", {**where, "unfurls": blocks}, HAND_OVER_SECONDS, "help")

    async def _unfurl_entities(self, where: Mapping[str, Any], entities: Sequence[Mapping[str, Any]]) -> bool:
        """Show Work Objects below links. Return False if Slack refuses them or does not answer."""
        arguments = {**where, "metadata": {"entities": list(entities)}}
        try:
            async with asyncio.timeout(TABLE_SECONDS):
                await self._client.api_call("chat.unfurl", json=arguments)
        except SlackApiError as error:
            log.info("entity_refused", error=code_of(error))
            if code_of(error).startswith(_ENTITIES_REFUSED):
                await self._transactions.note(record_entities_refused, NOTE_SECONDS, "refusal_not_noted")
            return False
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("entity_not_shown", error=type(error).__name__)
            return False
        return True

    async def present(self, trigger_id: str, content: Mapping[str, Any]) -> None:
        """Show the side pane that was opened: `metadata` with its Work Object, or an `error`."""
        arguments = {"trigger_id": trigger_id, **content}
        await send(self._client, "entity.presentDetails", arguments, HAND_OVER_SECONDS, "pane")

    async def _push(self, content: View, view: dict[str, Any], trigger_id: str) -> None:
        """Open a modal over the present one, or update the present one if Slack refuses another."""
        if not await self._views.push(content, trigger_id):
            await self._views.update(content, view["id"], view["hash"])
