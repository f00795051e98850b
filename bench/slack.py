"""A Slack for the benchmark, in a separate process: the sandbox with members, each with a channel.

`python -m bench.slack MEMBERS` prints the URL of its Web API and runs until it is terminated.
"""

import asyncio
import sys

from bot.manifest import manifest
from sandbox.server import Sandbox

TOKEN = "xoxb-bench-token"
ADMIN = "UADMIN"


def user_id(number: int) -> str:
    """Return the Slack id of the n-th member."""
    return f"U{number:07d}"


def channel_id(number: int) -> str:
    """Return the id of the n-th member's channel."""
    return f"C{number:07d}"


async def _run(members: int) -> None:
    sandbox = Sandbox(team_name="Lender")
    # To measure the desk and not Slack, lift the limit of the workspace, with which 5,000 messages take a quarter of an hour.
    # The limit of one message per second and channel remains.
    sandbox.limits.posts_per_workspace = 1_000_000
    await sandbox.start()
    sandbox.add_user(ADMIN, name="admin", tz="Asia/Shanghai")
    for number in range(members):
        sandbox.add_user(user_id(number), name=f"agent{number}", tz="Asia/Shanghai")
        sandbox.add_channel(f"agent{number}", channel_id=channel_id(number), kind="private", members=[user_id(number)])
    sandbox.install(manifest=manifest("http://127.0.0.1:9"), token=TOKEN)
    sys.stdout.write(f"{sandbox.api_url}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1])))
