"""The lower bound for a command: Bolt with one listener that answers at once, served like the desk.

`python -m bench.noop PORT SIGNING_SECRET` serves it until it is terminated.
"""

import asyncio
import sys

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult

COMMAND, ANSWER = "/noop", "Nothing done."


async def _run(port: int, signing_secret: str) -> None:
    identity = AuthorizeResult(
        enterprise_id=None, team_id="T0SANDBOX", bot_user_id="U0BOT", bot_token="xoxb-bench-token"
    )

    async def authorize(**_: object) -> AuthorizeResult:
        return identity

    async def noop(ack: AsyncAck) -> None:
        await ack(text=ANSWER, response_type="ephemeral")

    app = AsyncApp(signing_secret=signing_secret, authorize=authorize, process_before_response=True)
    app.command(COMMAND)(noop)

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    application = web.Application()
    application.add_routes([web.post("/slack/events", events)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1]), sys.argv[2]))
