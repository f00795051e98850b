"""The Bolt application: few listeners, each of which hands over to the front."""

import asyncio
import json
import re
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from handlers.door.directory import code_of
from handlers.door.front import Front
from handlers.door.modals import Screen
from handlers.door.registry import COMMANDS, OPENING, SHORTCUTS
from handlers.door.request import Answer, Delivery, Open, Refused, Reply, Rewrite, Seen, Visit
from handlers.events import instead
from handlers.loan_links import LoanLinks, shown_links
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.view import HOME, PRODUCT, View, read_typed

log = structlog.get_logger()

HAND_OVER_SECONDS = 1.0
"""How long the answer to a press may take to be handed over: with the work before it, less than Slack's 3 s."""

NATIVE_SECONDS = 0.7
"""How long Slack may take for a table: with the work before it and what is said instead, less than its 3 s."""

BENEATH_SECONDS = 0.7
"""How long it may take to rewrite a modal that lies under the one in which something was done."""

LOADING_AFTER = 0.8
"""How long a modal may take to be worked out before a first one says that it comes."""

_ACT = re.compile(r"^[a-z_]+\.[a-z_]+#\w+$")
_FORM = re.compile(r"^[a-z_]+$")


def build_app(
    front: Front,
    client: AsyncWebClient,
    session: aiohttp.ClientSession,
    *,
    signing_secret: str,
    identity: AuthorizeResult,
    loan_links: LoanLinks | None = None,
) -> AsyncApp:
    """The application for one workspace. `identity` comes of one `auth.test` at start, so no command asks Slack who it is.
    With `loan_links` links to loans are unfurled.

    The answer to a command carries the outcome of a committed transaction (`process_before_response`), so nothing may
    run after `ack()`.
    """

    async def authorize(**_: Any) -> AuthorizeResult:
        return identity

    app = AsyncApp(
        name="loandesk",  # otherwise Bolt walks the whole stack to find one
        client=client,
        signing_secret=signing_secret,
        authorize=authorize,
        process_before_response=True,
        raise_error_for_unhandled_request=False,
    )
    screen = Screen(client)
    for name in COMMANDS:
        app.command(name)(_command_listener(front, screen, client, name))
    app.action(_ACT)(_press_listener(front, screen, session))
    app.view_submission(_FORM)(_submit_listener(front, screen))
    app.view_closed(_FORM)(_acknowledge)
    app.options(_ACT)(_suggest_listener(front))
    app.error(_mishap_listener(front))
    for shortcut, act in SHORTCUTS.items():
        app.shortcut(shortcut)(_shortcut_listener(front, screen, act))
    app.event("app_home_opened")(_home_listener(front, screen))
    app.event("app_mention")(_asked_listener(front, client))
    app.event("message")(_asked_listener(front, client))
    if loan_links is not None:
        app.event("link_shared")(_shared_listener(front, client, loan_links))
    return app


def _command_listener(front: Front, screen: Screen, client: AsyncWebClient, name: str) -> Any:
    async def listen(body: dict[str, Any], ack: AsyncAck) -> None:
        delivery = Delivery(key=body["trigger_id"], user_id=body["user_id"], channel_id=body["channel_id"])
        text = body.get("text", "")
        work = front.command(name, text, delivery)
        waiting = await _waiting(front, screen, body["trigger_id"], delivery.user_id, work, opens=not text.strip())
        answer = await waiting.answer
        if await _in_a_modal(front, screen, answer, waiting, body["trigger_id"]):
            await ack()
            return
        if isinstance(answer, Open):
            answer = Reply(answer.otherwise)
        message = answer.message if isinstance(answer, Reply) else Message(text="", blocks=[])
        if message.native and await _shown_natively(front, client, delivery, message.native):
            await ack()
            return
        await ack(text=message.text, blocks=message.blocks, response_type="ephemeral")

    return listen


async def _shown_natively(front: Front, client: AsyncWebClient, delivery: Delivery, native: Message) -> bool:
    """Shows tables and charts to whoever asked. A block that Slack refuses in the answer to a command is never reported, so
    they go by a call of their own; where it fails, the plain answer is given."""
    arguments = {"channel": delivery.channel_id, "user": delivery.user_id, "text": native.text, "blocks": native.blocks}
    try:
        async with asyncio.timeout(NATIVE_SECONDS):
            await client.api_call("chat.postEphemeral", json=arguments)
    except SlackApiError as error:
        log.info("table_refused", error=code_of(error))
        if code_of(error).startswith("invalid_blocks"):
            await front.native_refused()
        return False
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("table_not_shown", error=type(error).__name__)
        return False
    return True


def _press_listener(front: Front, screen: Screen, session: aiohttp.ClientSession) -> Any:
    async def listen(body: dict[str, Any], ack: AsyncAck) -> None:
        action = body["actions"][0]
        delivery = Delivery(
            key=body["trigger_id"], user_id=body["user"]["id"], channel_id=body.get("channel", {}).get("id", "")
        )
        act = action["action_id"].partition("#")[0]
        view = body.get("view")
        work = front.press(act, _value_of(action), delivery, seen=_seen(view) if view else None)
        if view:
            await _show(front, screen, body, await work)
        else:
            waiting = await _waiting(front, screen, body["trigger_id"], delivery.user_id, work, opens=act in OPENING)
            answer = await waiting.answer
            if not await _in_a_modal(front, screen, answer, waiting, body["trigger_id"]):
                answer = Reply(answer.otherwise) if isinstance(answer, Open) else answer
                if isinstance(answer, Reply):
                    await _answer(session, body["response_url"], answer)
        await ack()

    return listen


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An answer to somebody, under way. `view_id` is the modal that says so, where it takes long."""

    answer: asyncio.Future[Answer | None]
    view_id: str
    user_id: str


async def _waiting(
    front: Front,
    screen: Screen,
    trigger_id: str,
    user_id: str,
    work: Coroutine[Any, Any, Answer | None],
    *,
    opens: bool,
) -> _Waiting:
    """Begins the work. A trigger expires after 3 s, so what is likely to open a modal and takes long opens one at once."""
    answer = asyncio.ensure_future(work)
    view_id = ""
    if opens:
        await asyncio.wait({answer}, timeout=LOADING_AFTER)
        if not answer.done():
            view_id = await screen.open(front.loading(user_id), trigger_id)
    return _Waiting(answer, view_id, user_id)


async def _in_a_modal(front: Front, screen: Screen, answer: Answer | None, waiting: _Waiting, trigger_id: str) -> bool:
    """Shows an answer in a modal, where it is one or where one stands that says that it comes. Whether it did."""
    if waiting.view_id and isinstance(answer, Reply):
        return await screen.update(front.alone(answer.message, waiting.user_id), waiting.view_id)
    if not isinstance(answer, Open):
        return False
    if waiting.view_id:
        return await screen.update(answer.view, waiting.view_id)
    return bool(await screen.open(answer.view, trigger_id))


def _submit_listener(front: Front, screen: Screen) -> Any:
    async def listen(body: dict[str, Any], ack: AsyncAck) -> None:
        view = body["view"]
        # A view keeps its hash until it is rewritten, so a refused form may be sent again: its claim was rolled back.
        delivery = Delivery(key=f"{view['id']}:{view['hash']}", user_id=body["user"]["id"])
        answer = await front.submit(_seen(view), delivery)
        match answer:
            case Refused(errors):
                await ack(response_action="errors", errors=dict(errors))
            case Rewrite(shown_view, beneath):
                await _show_beneath(screen, view, beneath)
                await ack(response_action="update", view=shown_view.payload())
            case None:
                await ack()

    return listen


def _suggest_listener(front: Front) -> Any:
    async def listen(body: dict[str, Any], ack: AsyncAck) -> None:
        source = body["action_id"].partition("#")[0]
        view = body.get("view")
        options = await front.suggest(
            source, body.get("value", ""), body["user"]["id"], seen=_seen(view) if view else None
        )
        await ack(options=[option.payload() for option in options])

    return listen


def _mishap_listener(front: Front) -> Any:
    """What went wrong outside a transaction: a command is answered in words instead of with an error of HTTP."""

    async def failed(error: Exception, body: dict[str, Any]) -> BoltResponse:
        message = front.mishap(error, body.get("user_id", ""))
        if "command" not in body:
            return BoltResponse(status=200)
        answer = {"response_type": "ephemeral", "text": message.text, "blocks": message.blocks}
        return BoltResponse(status=200, body=json.dumps(answer), headers={"Content-Type": "application/json"})

    return failed


def _shortcut_listener(front: Front, screen: Screen, act: str) -> Any:
    async def listen(body: dict[str, Any], ack: AsyncAck) -> None:
        delivery = Delivery(key=body["trigger_id"], user_id=body["user"]["id"])
        text = body.get("message", {}).get("text", "")
        work = front.press(act, {"form": body["callback_id"]}, delivery, seen=Seen(), text=text)
        waiting = await _waiting(front, screen, body["trigger_id"], delivery.user_id, work, opens=True)
        await _in_a_modal(front, screen, await waiting.answer, waiting, body["trigger_id"])
        await ack()

    return listen


def _home_listener(front: Front, screen: Screen) -> Any:
    async def listen(body: dict[str, Any]) -> None:
        event = body["event"]
        if event.get("tab") != "home":
            return
        user_id = event["user"]
        answer = await front.press("home.opened", {}, Delivery(key=body["event_id"], user_id=user_id))
        match answer:
            case Rewrite(view):
                await _publish(front, screen, view, user_id, event.get("view", {}).get("hash", ""))
            case Reply(message):
                await screen.publish(instead(message), user_id)
            case _:
                return

    return listen


def _asked_listener(front: Front, client: AsyncWebClient) -> Any:
    async def listen(body: dict[str, Any]) -> None:
        event = body["event"]
        # Edits, joins and what another bot writes carry a subtype or a bot's id; nobody asks anything with them.
        if "subtype" in event or "bot_id" in event or "user" not in event:
            return
        delivery = Delivery(key=body["event_id"], user_id=event["user"], channel_id=event["channel"])
        answer = await front.press("bot.asked", {}, delivery, text=event.get("text", ""))
        if isinstance(answer, Reply):
            await _say(client, event, answer.message)

    return listen


def _shared_listener(front: Front, client: AsyncWebClient, links: LoanLinks) -> Any:
    async def listen(body: dict[str, Any]) -> None:
        event = body["event"]
        urls = [link["url"] for link in event["links"]]
        numbers = {url: number for url in urls if (number := links.number_in(url)) is not None}
        # People of another company read along in a shared channel; a link that is still being typed is in no message yet.
        if not numbers or body.get("is_ext_shared_channel") or event.get("source") == "composer":
            return

        async def look(visit: Visit) -> Mapping[str, Message]:
            return await shown_links(visit, list(numbers.values()))

        shown = await front.quietly("link_shared", look, event["user"], {})
        unfurls = {url: {"blocks": shown[number].blocks} for url, number in numbers.items() if number in shown}
        if unfurls:
            where = {"channel": event["channel"], "ts": event["message_ts"]}
            await _call(client, "chat.unfurl", {**where, "unfurls": unfurls})

    return listen


async def _say(client: AsyncWebClient, event: dict[str, Any], message: Message) -> None:
    """An answer to what somebody wrote: in the direct conversation, or seen by them alone in a channel."""
    where: dict[str, Any] = {"channel": event["channel"]}
    if thread := event.get("thread_ts"):
        where["thread_ts"] = thread
    method = "chat.postMessage"
    if event.get("channel_type") != "im":
        method, where = "chat.postEphemeral", {**where, "user": event["user"]}
    await _call(client, method, {**where, "text": message.text, "blocks": message.blocks})


async def _call(client: AsyncWebClient, method: str, arguments: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(HAND_OVER_SECONDS):
            await client.api_call(method, json=arguments)
    except SlackApiError as error:
        log.warning("help_refused", method=method, error=code_of(error))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("help_not_said", method=method, error=type(error).__name__)


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()


async def _show(front: Front, screen: Screen, body: dict[str, Any], answer: Answer | None) -> None:
    """The answer to a press in a view: in its place, or over it."""
    view = body["view"]
    match answer:
        case Rewrite(rewritten, _) if rewritten.form == HOME:
            await _publish(front, screen, rewritten, body["user"]["id"], view["hash"])
        case Rewrite(over, _) | Open(over, _, _) if view["type"] == "home":
            await screen.open(over, body["trigger_id"])
        case Rewrite(rewritten, beneath):
            shown = screen.update(rewritten, view["id"], view["hash"])
            await asyncio.gather(shown, _show_beneath(screen, view, beneath))
        case Open(over, _, beneath):
            laid = _lay_over(screen, over, view, body["trigger_id"])
            await asyncio.gather(laid, _show_beneath(screen, view, beneath))
        case _:
            return


async def _lay_over(screen: Screen, over: View, view: dict[str, Any], trigger_id: str) -> None:
    """A modal over the present one; in its place where Slack lays none over it."""
    if not await screen.push(over, trigger_id):
        await screen.update(over, view["id"], view["hash"])


async def _show_beneath(screen: Screen, view: dict[str, Any], beneath: View | None) -> None:
    """The modal under this one, as it is now."""
    if beneath is not None and view.get("previous_view_id"):
        await screen.update(beneath, view["previous_view_id"], seconds=BENEATH_SECONDS)


async def _publish(front: Front, screen: Screen, view: View, user_id: str, view_hash: str) -> None:
    shown_hash = await screen.publish(view, user_id, view_hash)
    if shown_hash is not None:
        await front.home_published(view, user_id, shown_hash)


def _seen(view: dict[str, Any]) -> Seen:
    return Seen(
        form=view["callback_id"],
        title=view.get("title", {}).get("text") or PRODUCT,
        private=json.loads(view.get("private_metadata") or "{}"),
        typed=read_typed(view.get("state", {}).get("values", {})),
    )


def _value_of(action: dict[str, Any]) -> dict[str, Any]:
    """What a button or a chosen option carries; a field of a form carries nothing, its form is read whole."""
    chosen = action.get("selected_option") or action
    value = chosen.get("value") or "{}"
    return json.loads(value) if value.startswith("{") else {}


async def _answer(session: aiohttp.ClientSession, response_url: str, reply: Reply) -> None:
    # What was done is committed; when its answer cannot be handed over, the message in the channel still shows it.
    webhook = AsyncWebhookClient(response_url, session=session, timeout=HAND_OVER_SECONDS)  # pyright: ignore[reportArgumentType]
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
