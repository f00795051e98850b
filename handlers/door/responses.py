"""How an answer reaches its reader: in a modal, in the view of the press, through `response_url`, or as a message."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from desk.messages.home import record_published
from desk.messages.notices import record_tables_refused
from handlers.door.directory import code_of
from handlers.door.interactions import CommandInteraction, Interaction
from handlers.door.request import Answer, Delivery, FormErrors, OpenModal, Reply, UpdateModal
from handlers.door.transaction import Transactions
from handlers.door.views import ViewsClient
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.view import HOME, PRODUCT, View, loading, message_modal

log = structlog.get_logger()

HAND_OVER_SECONDS = 1.0
"""How long it may take to hand over the answer to a press: with the work before it, less than Slack's 3 s."""

TABLE_SECONDS = 0.7
"""How long Slack may take for a table: with the work before it and the plain answer instead, less than its 3 s."""

PARENT_SECONDS = 0.7
"""How long it may take to update a modal that lies under the one in which something was done."""

LOADING_SECONDS = 0.8
"""How long a modal may take to be prepared before one that says "one moment" is opened."""

NOTE_SECONDS = 0.4
"""How long it may take to write down that Slack refuses tables, before the answer is given without them."""


@dataclass(frozen=True, slots=True)
class Loading:
    """An answer, and the id of the modal that said "one moment" meanwhile, if there is one."""

    answer: Answer | FormErrors | None
    view_id: str


class Responder:
    """Shows answers in Slack."""

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession, transactions: Transactions) -> None:
        self._client = client
        self._session = session
        self._transactions = transactions
        self._views = ViewsClient(client)

    async def run_with_loading(self, interaction: Interaction, trigger_id: str) -> Loading:
        """Run what usually opens a modal. A trigger expires after 3 s, so slow work opens a modal at once and updates it."""
        work = asyncio.ensure_future(self._transactions.run(interaction))
        await asyncio.wait({work}, timeout=LOADING_SECONDS)
        view_id = ""
        if not work.done():
            language = self._transactions.languages.of_user(interaction.delivery.user_id)
            view_id = await self._views.open(loading(language.t), trigger_id)
        return Loading(await work, view_id)

    async def in_modal(self, loaded: Loading, user_id: str, trigger_id: str) -> bool:
        """Show an answer in a modal if it is one, or if a modal waits for it. Return whether that was done."""
        match loaded.answer:
            case OpenModal(view) if loaded.view_id:
                return await self._views.update(view, loaded.view_id)
            case OpenModal(view):
                return bool(await self._views.open(view, trigger_id))
            case Reply(message) if loaded.view_id:
                t = self._transactions.languages.of_user(user_id).t
                return await self._views.update(message_modal(t, message, PRODUCT), loaded.view_id)
            case _:
                return False

    async def in_view(self, body: dict[str, Any], answer: Answer | FormErrors | None) -> None:
        """Show the answer to a press in a view: in its place, or over it."""
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
                await asyncio.gather(self._push(content, view, body["trigger_id"]), self.parent(view, parent))
            case _:
                return

    async def parent(self, view: dict[str, Any], parent: View | None) -> None:
        """Update the modal under this one."""
        if parent is not None and view.get("previous_view_id"):
            await self._views.update(parent, view["previous_view_id"], seconds=PARENT_SECONDS)

    async def publish(self, view: View, user_id: str, view_hash: str = "") -> None:
        """Publish a home, and remember what it shows."""
        shown_hash = await self._views.publish(view, user_id, view_hash)
        if shown_hash is not None:
            await self._transactions.write(
                lambda desk: record_published(desk, view.content(), shown_hash, view.private), user_id
            )

    async def publish_notice(self, view: View, user_id: str) -> None:
        """Publish what stands in the place of a home, and remember nothing."""
        await self._views.publish(view, user_id)

    async def table(self, interaction: CommandInteraction, message: Message) -> bool:
        """Show tables and charts to the sender. Return False if Slack refuses them: then the plain answer is given.

        Slack never reports a block that it refuses in the answer to a command, so they go in a call of their own.
        """
        to: Delivery = interaction.delivery
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
        """Show a reply where a button was pressed. The work is committed: if this fails, the message still shows it."""
        webhook = AsyncWebhookClient(url, session=self._session, timeout=HAND_OVER_SECONDS)  # pyright: ignore[reportArgumentType]
        try:
            answer = await webhook.send(
                text=reply.message.text,
                blocks=reply.message.blocks,
                response_type="ephemeral",
                replace_original=reply.replaces,
            )
            if answer.status_code != 200:
                log.warning("answer_refused", status=answer.status_code)
        except (aiohttp.ClientError, TimeoutError, OSError):
            log.warning("answer_not_handed_over")

    async def reply_to_message(self, event: dict[str, Any], message: Message) -> None:
        """Answer a message: in the direct conversation, or in a channel so that only its writer sees it."""
        where: dict[str, Any] = {"channel": event["channel"]}
        if thread := event.get("thread_ts"):
            where["thread_ts"] = thread
        method = "chat.postMessage"
        if event.get("channel_type") != "im":
            method, where = "chat.postEphemeral", {**where, "user": event["user"]}
        await self._call(method, {**where, "text": message.text, "blocks": message.blocks})

    async def unfurl(self, event: dict[str, Any], unfurls: Mapping[str, Message]) -> None:
        """Show these messages below the links, by URL, of the message in which they were shared."""
        where = {"channel": event["channel"], "ts": event["message_ts"]}
        blocks = {url: {"blocks": message.blocks} for url, message in unfurls.items()}
        await self._call("chat.unfurl", {**where, "unfurls": blocks})

    async def _push(self, content: View, view: dict[str, Any], trigger_id: str) -> None:
        """Open a modal over the present one, or update the present one if Slack refuses a further one."""
        if not await self._views.push(content, trigger_id):
            await self._views.update(content, view["id"], view["hash"])

    async def _call(self, method: str, arguments: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(HAND_OVER_SECONDS):
                await self._client.api_call(method, json=arguments)
        except SlackApiError as error:
            log.warning("help_refused", method=method, error=code_of(error))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("help_not_said", method=method, error=type(error).__name__)
