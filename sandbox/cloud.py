"""Slack as an app of several workspaces meets it: one address for all of them, tokens that say whose a call is, and OAuth.

Follows Slack's pages /authentication/installing-with-oauth and /authentication/using-token-rotation.
"""

import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web

from sandbox.elements import NotPossibleError
from sandbox.manifest import Installation, Token, read_manifest
from sandbox.model import Json
from sandbox.server import MAX_BYTES, Sandbox

CODE_SECONDS = 600.0
"""How long a code can be exchanged."""

TOKEN_SECONDS = 43_200
"""How long a token lives where token rotation is on."""

GRACE_SECONDS = 60.0
"""How long a refresh token is taken again: Slack's page calls it short, and gives no figure."""


@dataclass(frozen=True, slots=True)
class _Code:
    """What a user of a team agreed to. `user` installs the app."""

    team: Sandbox
    user: str
    scopes: frozenset[str]
    redirect_uri: str
    expires: float


@dataclass(slots=True)
class _Refresh:
    """A refresh token, which was used at `used_at`."""

    team: Sandbox
    used_at: float | None = None


@dataclass(slots=True)
class Cloud:
    """Teams, each a `Sandbox`, at one address, and an app that is installed in them.

    `now` is the clock of codes and tokens, in Unix seconds. `asked` are the calls of `oauth.v2.access`, without what is secret.
    """

    manifest: Json
    client_id: str
    client_secret: str
    signing_secret: str
    now: Callable[[], float] = time.time
    teams: list[Sandbox] = field(default_factory=list)
    asked: list[Json] = field(default_factory=list)
    base_url: str = ""
    lose_answers: int = 0
    """How many of the next answers of `oauth.v2.access` are lost after Slack has done what was asked."""
    _codes: dict[str, _Code] = field(default_factory=dict)
    _refresh_tokens: dict[str, _Refresh] = field(default_factory=dict)
    _runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        """The `base_url` for an app's Slack client."""
        return f"{self.base_url}/api/"

    async def start(self) -> str:
        """Serve until `stop()`. Returns the base URL."""
        server = web.Application(client_max_size=MAX_BYTES)
        server.add_routes(
            [
                web.post("/api/oauth.v2.access", self._access),
                web.route("*", "/api/{method}", self._call),
                web.post("/response/{id}", self._respond),
                web.get("/files-pri/{file}/download/{name}", self._download),
                web.get("/files-pri/{file}/{name}", self._download),
            ]
        )
        self._runner = web.AppRunner(server, access_log=None, shutdown_timeout=2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.base_url

    async def stop(self) -> None:
        """Stop the teams and the server."""
        for team in self.teams:
            await team.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def add_team(self, team: Sandbox) -> Sandbox:
        """Add a team, which is reached at this address from now on."""
        await team.attach(self.base_url)
        team.api.token_clock = self.now
        self.teams.append(team)
        return team

    def allow(self, authorize_url: str, team: Sandbox, user: str) -> str:
        """Have a user of a team agree to what an app asks for at `/oauth/v2/authorize`. Return the address to which their browser
        is sent. Raises NotPossibleError where Slack shows an error instead."""
        asked = self._asked(authorize_url)
        code = f"{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        scopes = frozenset(asked["scope"].split(","))
        self._codes[code] = _Code(team, user, scopes, asked["redirect_uri"], self.now() + CODE_SECONDS)
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def deny(self, authorize_url: str) -> str:
        """Have a user refuse it. Return the address to which their browser is sent."""
        asked = self._asked(authorize_url)
        return f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"

    def forget_refresh_tokens(self, team: Sandbox) -> None:
        """Take none of a team's refresh tokens any more."""
        self._refresh_tokens = {text: held for text, held in self._refresh_tokens.items() if held.team is not team}

    def _asked(self, authorize_url: str) -> dict[str, str]:
        parts = urlsplit(authorize_url)
        if f"{parts.scheme}://{parts.netloc}" != self.base_url or parts.path != "/oauth/v2/authorize":
            raise NotPossibleError(f"not Slack's page: {parts.path}")
        asked = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
        oauth = self.manifest.get("oauth_config", {})
        known = {*oauth["scopes"].get("bot", ()), *oauth["scopes"].get("bot_optional", ())}
        if asked.get("client_id") != self.client_id:
            raise NotPossibleError("invalid_client_id")
        if not any(asked.get("redirect_uri", "").startswith(each) for each in oauth.get("redirect_urls", ())):
            raise NotPossibleError("bad_redirect_uri")
        if not asked.get("scope") or not known.issuperset(asked["scope"].split(",")):
            raise NotPossibleError("invalid_scope")
        return asked

    async def _access(self, request: web.Request) -> web.Response:
        args = {str(name): str(value) for name, value in (await request.post()).items()}
        client = _basic(request) or (args.get("client_id", ""), args.get("client_secret", ""))
        self.asked.append({name: value for name, value in args.items() if name in ("grant_type", "redirect_uri")})
        if client[0] != self.client_id:
            answer: Json = {"ok": False, "error": "invalid_client_id"}
        elif client[1] != self.client_secret:
            answer = {"ok": False, "error": "bad_client_secret"}
        elif args.get("grant_type") == "refresh_token":
            answer = self._refreshed(args.get("refresh_token", ""))
        else:
            answer = self._installed(args.get("code", ""), args.get("redirect_uri", ""))
        if self.lose_answers:
            self.lose_answers -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(answer)

    def _installed(self, code: str, redirect_uri: str) -> Json:
        agreed = self._codes.pop(code, None)
        if agreed is None or agreed.expires <= self.now():
            return {"ok": False, "error": "invalid_code"}
        if agreed.redirect_uri != redirect_uri:
            return {"ok": False, "error": "bad_redirect_uri"}
        team = agreed.team
        installed = self._read_manifest(team, agreed.scopes)
        team.put(installed)
        bot = {"token_type": "bot", "scope": ",".join(sorted(agreed.scopes)), "bot_user_id": installed.bot_user_id}
        place: Json = {"team": {"id": team.workspace.team_id, "name": team.workspace.name}, "enterprise": None}
        if installed.enterprise_id is not None:
            place["enterprise"] = {"id": installed.enterprise_id, "name": team.workspace.name}
        if installed.for_organisation:
            place["team"] = None
        return {
            "ok": True,
            "app_id": installed.app_id,
            "authed_user": {"id": agreed.user},
            "is_enterprise_install": installed.for_organisation,
            **place,
            **bot,
            **self._tokens(team, installed.token),
        }

    def _read_manifest(self, team: Sandbox, scopes: frozenset[str]) -> Installation:
        rotates = bool(self.manifest["settings"].get("token_rotation_enabled"))
        read = read_manifest(self.manifest, signing_secret=self.signing_secret, token=_new_token(rotates))
        known = replace(read, scopes=scopes, team_id=team.workspace.team_id)
        known.enterprise_id, known.for_organisation = team.enterprise_id, team.for_organisation
        if rotates:
            known.tokens = [Token(known.token, self.now() + TOKEN_SECONDS)]
        return known

    def _tokens(self, team: Sandbox, token: str) -> Json:
        if not self.manifest["settings"].get("token_rotation_enabled"):
            return {"access_token": token}
        refresh = f"xoxe-1-{secrets.token_hex(24)}"
        self._refresh_tokens[refresh] = _Refresh(team)
        return {"access_token": token, "refresh_token": refresh, "expires_in": TOKEN_SECONDS}

    def _refreshed(self, refresh_token: str) -> Json:
        held, now = self._refresh_tokens.get(refresh_token), self.now()
        app = held.team.app if held is not None else None
        if held is None or app is None or app.revoked:
            return {"ok": False, "error": "invalid_refresh_token"}
        if held.used_at is not None and now >= held.used_at + GRACE_SECONDS:
            return {"ok": False, "error": "invalid_refresh_token"}
        held.used_at = held.used_at or now
        token = _new_token(rotates=True)
        # Of an installation, two tokens are valid at once.
        app.tokens = [*app.tokens[-1:], Token(token, now + TOKEN_SECONDS)]
        app.token = token
        answer = self._tokens(held.team, token)
        return {"ok": True, "app_id": app.app_id, "token_type": "bot", "bot_user_id": app.bot_user_id, **answer}

    def _of_token(self, request: web.Request) -> Sandbox | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        return next((team for team in self.teams if team.app is not None and team.app.knows(token)), None)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        team = self._of_token(request)
        if team is None:
            return web.json_response({"ok": False, "error": "invalid_auth"})
        return await team.api.handle(request)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        team = next((team for team in self.teams if request.match_info["id"] in team.triggers.urls), self.teams[0])
        return await team.answers.handle(request)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        team = self._of_token(request)
        if team is None:
            raise web.HTTPNotFound
        return await team.downloads.download(request)


def _new_token(rotates: bool) -> str:
    return f"{'xoxe.' if rotates else ''}xoxb-{secrets.token_hex(16)}"


def _basic(request: web.Request) -> tuple[str, str] | None:
    header = request.headers.get("Authorization", "")
    if not header.startswith("Basic "):
        return None
    name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return name, secret
