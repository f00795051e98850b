"""The web server for Slack's requests and the liveness check."""

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.health import alive


def web_application(app: AsyncApp) -> web.Application:
    """Return the application with `POST /slack/events` for commands, presses and events, and `GET /healthz`."""

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    application = web.Application()
    application.add_routes([web.post("/slack/events", events), web.get("/healthz", alive)])
    return application
