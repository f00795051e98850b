"""The Bolt application: which of Slack's requests goes to which listener."""

import re
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from handlers.door.door import Door
from handlers.door.registry import Registry
from handlers.door.responses import Responder
from handlers.door.transaction import Transactions
from handlers.loan_links import LoanLinks

_ACTION_ID = re.compile(r"^[a-z_]+\.[a-z_]+#\w+$")
_FORM = re.compile(r"^[a-z_]+$")
_ANY = re.compile("")
"""Events to which an app was subscribed by hand: acknowledged, because Slack repeats what is not."""


def build_app(
    registry: Registry,
    transactions: Transactions,
    client: AsyncWebClient,
    session: aiohttp.ClientSession,
    *,
    identity: AuthorizeResult,
    loan_links: LoanLinks | None = None,
) -> AsyncApp:
    """Return the application for one workspace.

    `identity` says who the bot is, so that no command asks Slack. With `loan_links`,
    links to loans are unfurled, and their panes answered. Bolt tries its listeners in the order in which they are added here, and
    each one that it passes by takes time: there are few, and commands go to the door before.
    """
    door = Door(registry, transactions, Responder(client, session, transactions), loan_links)

    async def authorize(**_: Any) -> AuthorizeResult:
        identity.bot_token = client.token  # which may have been replaced since
        return identity

    app = AsyncApp(
        name="loandesk",  # otherwise Bolt walks the whole stack to find one
        client=client,
        before_authorize=door,
        authorize=authorize,
        request_verification_enabled=False,  # the server verifies the raw bytes before it reads them
        process_before_response=True,
        raise_error_for_unhandled_request=False,
    )
    app.action(_ACTION_ID)(door.press)
    app.view_submission(_FORM)(door.submit)
    app.view_closed(_FORM)(door.closed)
    app.options(_ACTION_ID)(door.suggest)
    app.error(door.error)
    for callback_id in registry.shortcuts:
        app.shortcut(callback_id)(door.shortcut)
    app.event("app_home_opened")(door.home_opened)
    app.event("app_mention")(door.message)
    app.event("message")(door.message)
    app.event("user_change")(door.user_changed)
    app.event("app_uninstalled")(door.installation_ended)
    app.event("tokens_revoked")(door.installation_ended)
    if loan_links is not None:
        app.event("link_shared")(door.link_shared)
        app.event("entity_details_requested")(door.pane_opened)
    app.event(_ANY)(door.ignore)
    return app
