"""A Slack of the run's own, in a process of its own: the sandbox with people, each with a channel.

`python -m bench.slack PEOPLE` prints where its Web API is, and stays until it is ended.
"""

import asyncio
import sys

from bot.manifest import manifest
from sandbox.server import Sandbox

TOKEN = "xoxb-bench-token"
ADMIN = "UADMIN"


def user_id(number: int) -> str:
    """The Slack id of the n-th person."""
    return f"U{number:07d}"


def channel_id(number: int) -> str:
    """The Slack id of their channel."""
    return f"C{number:07d}"


async def _run(people: int) -> None:
    sandbox = Sandbox(team_name="Lender")
    # What is measured is the desk: one message a second and channel holds as with Slack, the limit of the whole
    # workspace, which alone would make 5,000 messages last a quarter of an hour, does not.
    sandbox.limits.posts_per_workspace = 1_000_000
    await sandbox.start()
    sandbox.add_user(ADMIN, name="admin", tz="Asia/Shanghai")
    for number in range(people):
        sandbox.add_user(user_id(number), name=f"agent{number}", tz="Asia/Shanghai")
        sandbox.add_channel(f"agent{number}", channel_id=channel_id(number), kind="private", members=[user_id(number)])
    sandbox.install(manifest=manifest("http://127.0.0.1:9"), token=TOKEN)
    sys.stdout.write(f"{sandbox.api_url}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1])))
