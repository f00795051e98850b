"""Slack's OAuth 2: where an installation begins, and what Slack gives for a code or for a refresh token."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin

import aiohttp

from bot.manifest import REDIRECT, needed_scopes, optional_scopes
from bot.served import client_of
from bot.settings import Settings
from desk.core.clock import Clock
from desk.core.dataclass import dataclass
from desk.people.installations import Grant, Tokens


class UnfitGrantError(Exception):
    """Slack's answer is of no installation that the desk can use. The message is a code for the log."""


@dataclass(frozen=True, slots=True)
class Granted:
    """An installation as Slack granted it. `installed_in` is the id of the team, or of the whole organisation."""

    installed_in: str
    name: str
    bot_user_id: str
    grant: Grant


class OAuth:
    """Asks Slack with the id and secret of the app. Its methods raise SlackApiError, and aiohttp's and time-out errors."""

    def __init__(self, settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._settings = settings
        self._session = session
        self._clock = clock

    @property
    def redirect_uri(self) -> str:
        """The address to which Slack sends the browser back."""
        return self._settings.public_url + REDIRECT

    def authorize_url(self, state: str) -> str:
        """Return the address at which Slack asks whether the app may be installed."""
        settings = self._settings
        files = bool(settings.public_url)
        scopes = needed_scopes(links=bool(settings.loan_links), files=files) | optional_scopes(files=files)
        asked = {
            "client_id": settings.client_id,
            "scope": ",".join(scopes),
            "state": state,
            "redirect_uri": self.redirect_uri,
        }
        return f"{urljoin(settings.slack_api_url, '/oauth/v2/authorize')}?{urlencode(asked)}"

    async def exchange(self, code: str) -> Granted:
        """Return what Slack grants for the code of a redirect. Raises UnfitGrantError for what is no bot's installation."""
        answer = await self._access(code=code, redirect_uri=self.redirect_uri)
        at = self._clock.now()
        team, organisation = _part(answer, "team"), _part(answer, "enterprise")
        for_organisation = bool(answer.get("is_enterprise_install"))
        place = organisation if for_organisation else team
        if not place.get("id") or answer.get("token_type") != "bot" or not answer.get("bot_user_id"):
            raise UnfitGrantError("no_bot" if place.get("id") else "no_team")
        tokens = self._tokens(answer)
        # The answer does not say under which id the bot's own messages come.
        bot = await client_of(self._settings, self._session, tokens.bot).auth_test()
        return Granted(
            installed_in=str(place["id"]),
            name=str(place.get("name") or ""),
            bot_user_id=str(answer["bot_user_id"]),
            grant=Grant(
                tokens=tokens,
                at=at,
                enterprise_id=organisation.get("id"),
                is_enterprise_install=for_organisation,
                app_id=str(answer.get("app_id") or ""),
                bot_id=str(bot.get("bot_id") or ""),
                scopes=tuple(filter(None, str(answer.get("scope") or "").split(","))),
                installed_by=str(_part(answer, "authed_user").get("id") or ""),
            ),
        )

    async def refresh(self, tokens: Tokens) -> Tokens:
        """Return the tokens that replace these. Slack takes the refresh token once."""
        return self._tokens(await self._access(grant_type="refresh_token", refresh_token=tokens.refresh))

    async def _access(self, **asked: str | None) -> Mapping[str, Any]:
        client = client_of(self._settings, self._session, "")
        secret = self._settings.client_secret.get_secret_value()
        answer: Any = await client.oauth_v2_access(client_id=self._settings.client_id, client_secret=secret, **asked)
        return answer.data

    def _tokens(self, answer: Mapping[str, Any]) -> Tokens:
        seconds = answer.get("expires_in")
        expires_at: datetime | None = None
        if isinstance(seconds, int) and seconds > 0:
            expires_at = self._clock.now() + timedelta(seconds=seconds)
        return Tokens(str(answer["access_token"]), answer.get("refresh_token") or None, expires_at)


def _part(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = answer.get(name)
    return part if isinstance(part, dict) else {}
