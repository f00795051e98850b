"""Install the app from a browser: `GET /slack/install` sends it to Slack, and Slack sends it back to `GET /slack/oauth_redirect`.

The state that Slack sends back works once, for ten minutes, and only in the browser that began: a cookie says so. Slack's code is
worth nothing without the app's secret.
"""

import asyncio
import contextlib
from collections.abc import Generator
from urllib.parse import urlencode

import aiohttp
import structlog
from aiohttp import web
from slack_sdk.errors import SlackApiError

from bot.manifest import INSTALL, REDIRECT, app_manifest
from bot.oauth import Granted, OAuth, UnfitGrantError
from bot.served import client_of
from bot.served_workspaces import ServedWorkspaces
from bot.settings import Settings
from desk.core.transaction import Office
from desk.people.installations import STATE_LIFETIME, TooManyBegunError, begin, record, take_state
from desk.people.installing import Installation, Newcomer, install
from handlers.door.directory import Directory, code_of
from handlers.messages.file_page import CONTENT_SECURITY_POLICY
from handlers.messages.install_page import InstallOutcome, install_page
from storage.engine.trouble import log_fields

log = structlog.get_logger()

PATHS = (INSTALL, REDIRECT)

_COOKIE = "loandesk_install"

_LONGEST = 1000
"""The longest parameter that Slack sends back."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}

_STATUS: dict[InstallOutcome, int] = {
    "installed": 200,
    "denied": 403,
    "stale": 400,
    "not_allowed": 403,
    "refused": 502,
    "silent": 504,
    "crowded": 503,
    "trouble": 503,
}

_SILENT = (aiohttp.ClientError, asyncio.TimeoutError, OSError)
"""What is raised when Slack does not answer; a database that is away raises some of it too."""


class _SlackSilentError(Exception):
    """Slack did not answer."""


@contextlib.contextmanager
def _asking_slack() -> Generator[None]:
    try:
        yield
    except _SILENT as error:
        raise _SlackSilentError from error


class InstallPage:
    """Serves both paths. What is installed is served from then on."""

    def __init__(
        self,
        settings: Settings,
        office: Office,
        oauth: OAuth,
        session: aiohttp.ClientSession,
        workspaces: ServedWorkspaces,
    ) -> None:
        self._settings = settings
        self._office = office
        self._oauth = oauth
        self._session = session
        self._workspaces = workspaces
        self._allowed = frozenset(settings.installers.split(","))

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request for one of `PATHS`."""
        if request.method != "GET":
            return web.Response(status=405, headers={**_HEADERS, "Allow": "GET"})
        try:
            return await (self._begin() if request.path == INSTALL else self._end(request))
        except SlackApiError as error:
            log.warning("installation_refused", error=code_of(error))
            return self._page("refused", code=code_of(error))
        except UnfitGrantError as unfit:
            log.warning("installation_refused", error=str(unfit))
            return self._page("refused", code=str(unfit))
        except _SlackSilentError as silent:
            log.warning("installation_unanswered", **log_fields(silent.__cause__ or silent))
            return self._page("silent")
        except Exception as error:  # of the database: nothing is installed, or the next try finishes it
            log.error("installation_failed", **log_fields(error))
            return self._page("trouble")

    async def _begin(self) -> web.Response:
        try:
            state, browser = await begin(self._office)
        except TooManyBegunError:
            log.warning("too_many_installations_begun")
            return self._page("crowded")
        response = web.Response(status=302, headers={**_HEADERS, "Location": self._oauth.authorize_url(state)})
        response.set_cookie(
            _COOKIE,
            browser,
            path="/slack/",
            max_age=int(STATE_LIFETIME.total_seconds()),
            httponly=True,
            samesite="Lax",  # Slack's redirect comes from another site
            secure=self._settings.public_url.startswith("https:"),
        )
        return response

    async def _end(self, request: web.BaseRequest) -> web.Response:
        state, code, error = (_only(request, name) for name in ("state", "code", "error"))
        browser = request.cookies.get(_COOKIE, "")[:_LONGEST]
        if not (state and browser and await take_state(self._office, state, browser)):
            log.warning("installation_stale")
            return self._page("stale")
        if error or not code:
            log.info("installation_denied")
            return self._page("denied")
        with _asking_slack():
            granted = await self._oauth.exchange(code)
        if not self._allowed.intersection((granted.installed_in, granted.grant.enterprise_id)):
            log.warning("installation_not_allowed", team=granted.installed_in, enterprise=granted.grant.enterprise_id)
            await self._give_back(granted)
            return self._page("not_allowed", name=granted.name or granted.installed_in)
        await self._install(granted)
        log.info("installed", team=granted.installed_in, by=granted.grant.installed_by)
        app = {"app": granted.grant.app_id, "team": granted.installed_in}
        return self._page("installed", name=granted.name or granted.installed_in, opens=_app_url(app))

    async def _give_back(self, granted: Granted) -> None:
        """Have Slack take back the token of a team in which the app may not be."""
        with contextlib.suppress(SlackApiError, *_SILENT):
            await client_of(self._settings, self._session, granted.grant.tokens.bot).auth_revoke()

    async def _install(self, granted: Granted) -> None:
        directory = Directory(client_of(self._settings, self._session, granted.grant.tokens.bot))
        with _asking_slack():
            person = await directory.person(granted.grant.installed_by)
        admin: Newcomer | None = person.newcomer if person is not None else None
        settings = self._settings
        installation = Installation(
            slack_team_id=granted.installed_in,
            name=granted.name,
            bot_user_id=granted.bot_user_id,
            zone=settings.zone,
            country=settings.country or None,
            locale=settings.locale,
            manifest=app_manifest(),
        )
        workspace = await install(self._office, installation, admin, among_others=True)
        async with self._office.desk(workspace) as desk:
            await record(desk, granted.grant)
        await self._workspaces.refresh()

    def _page(self, outcome: InstallOutcome, *, name: str = "", code: str = "", opens: str = "") -> web.Response:
        text = install_page(outcome, name=name, code=code, again=self._settings.public_url + INSTALL, opens=opens)
        return web.Response(
            text=text, status=_STATUS[outcome], content_type="text/html", charset="utf-8", headers=_HEADERS
        )


def _only(request: web.BaseRequest, name: str) -> str:
    """Return a parameter of the address, or the empty text if it is missing, repeated or too long."""
    values = request.query.getall(name, [])
    return values[0] if len(values) == 1 and len(values[0]) <= _LONGEST else ""


def _app_url(app: dict[str, str]) -> str:
    return f"https://slack.com/app_redirect?{urlencode(app)}"
