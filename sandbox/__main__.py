"""`python -m sandbox manifest.json`: run a workspace with an app installed from its manifest until it is stopped."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from sandbox.manifest import ManifestError
from sandbox.server import Sandbox

PEOPLE = (("UADMIN", "admin", "Ada Admin"), ("ULINA", "lina", "李娜"), ("UGRACE", "grace", "Grace Lin"))
"""An admin, an agent, a manager: id, handle and name."""

CHANNELS = (("CAGENTS", "agents"), ("CMANAGERS", "managers"))


def main() -> int:
    """Return 0 after a stop signal, 1 when the manifest is invalid or the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("manifest", type=Path, help="what `loandesk manifest` printed")
    parser.add_argument("--port", type=int, default=8421, help="of the page and the Web API")
    given = parser.parse_args()
    try:
        manifest = json.loads(given.manifest.read_text("utf-8"))
        asyncio.run(_run(manifest, given.port))
    except (OSError, ValueError, ManifestError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _run(manifest: dict[str, object], port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sandbox = Sandbox(team_name="Practice")
    app = sandbox.install(manifest=manifest)
    for user_id, handle, name in PEOPLE:
        sandbox.add_user(user_id, name=handle, real_name=name, locale="zh-CN", tz="Asia/Shanghai")
    for channel_id, name in CHANNELS:
        sandbox.add_channel(name, channel_id=channel_id, members=[user_id for user_id, _, _ in PEOPLE])
    url = await sandbox.start(port)
    sys.stdout.write(
        f"SLACK_API_URL={sandbox.api_url}\nSLACK_BOT_TOKEN={app.token}\nSLACK_SIGNING_SECRET={app.signing_secret}\n"
        f"SLACK_APP_TOKEN={app.app_token}\nLOANDESK_FIRST_ADMIN=UADMIN\n# The workspace is open: {url}/\n"
    )
    sys.stdout.flush()
    try:
        await stop.wait()
    finally:
        await sandbox.stop()


if __name__ == "__main__":
    sys.exit(main())
