"""What users do with Work Objects: open the side pane, and press its buttons."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.answers import Answers
from sandbox.delivery import Delivery
from sandbox.elements import NotPossibleError, action_of, find_element
from sandbox.events import Events
from sandbox.manifest import Installation
from sandbox.modals import Outcome
from sandbox.model import Json, Message, User
from sandbox.panes import Pane, Panes
from sandbox.payloads import pane_actions_form
from sandbox.triggers import Triggers
from sandbox.workspace import Workspace

EVENT = "entity_details_requested"


@dataclass(slots=True)
class PaneActions:
    """Performs users' actions in side panes."""

    workspace: Workspace
    panes: Panes
    events: Events
    delivery: Delivery
    triggers: Triggers
    answers: Answers
    installed: Callable[[], Installation | None]

    async def open(self, user_id: str, message: Message, url: str | None = None) -> Pane:
        """Click the Work Object below a link of a message. When this returns, the app has been notified.

        `url` is that of the Work Object; None: the message has only one. Raises NotPossibleError when there is none.
        """
        user = self.workspace.users[user_id]
        if not self.workspace.sees(user_id, self.workspace.channels[message.channel]):
            raise NotPossibleError("channel_not_found")
        links = [one["entity"] for one in message.attachments if "entity" in one]
        found = [link for link in links if url in (None, link["url"])]
        if len(found) != 1:
            raise NotPossibleError(f"there are {len(found)} Work Objects below the message")
        pane = Pane(user.id, found[0], message, self.triggers.issue(user.id))
        self.panes.show(pane)
        sent = self.events.emit(EVENT, self._event(user, pane))
        if sent is not None:
            pane.request = await sent
        return pane

    def _event(self, user: User, pane: Pane) -> Json:
        link, message = pane.link, pane.message
        event: Json = {
            "type": EVENT,
            "user": user.id,
            "external_ref": link["external_ref"],
            "entity_url": link["url"],
            "app_unfurl_url": link["app_unfurl_url"],
            "link": {"url": link["app_unfurl_url"]},
            "trigger_id": pane.trigger_id,
            "user_locale": user.locale,
            "channel": message.channel,
            "message_ts": message.ts,
        }
        return event | ({"thread_ts": message.thread_ts} if message.thread_ts else {})

    async def press(self, user_id: str, what: str, *, block_id: str | None = None) -> Outcome:
        """Press a button of the user's pane, by its text or action_id. As in Slack, the app gets no message to answer in."""
        pane, app = self.panes.of(user_id), self.installed()
        if pane is None:
            raise NotPossibleError(f"{user_id} has no pane open")
        block, element = find_element(pane.blocks, what, block_id)
        if app is None or app.revoked or app.interactivity_url is None:
            return Outcome(error="This app is not configured to handle interactive responses.")
        action = action_of(element, block["block_id"], chosen=None, action_ts=f"{self.workspace.now():.6f}")
        user = self.workspace.users[user_id]
        trigger = self.triggers.issue(user_id)
        form = pane_actions_form(self.workspace, app, user, pane.link, pane.message, action=action, trigger_id=trigger)
        exchange = await self.delivery.send("action", element["action_id"], app.interactivity_url, form, app)
        return Outcome(exchange.status, self.answers.error_text(exchange, user_id), request=exchange)
