"""`loandesk demo`: open the desk on a page in the browser until it is stopped."""

import asyncio
import signal
import socketserver
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from bot.demo.people import CHEN_WEI, LI_NA, channel_id
from bot.demo.setup import LENDER_ZONE, LOAN_LINKS, DemoClock, InProcess, SetUpError, open_demo

console = Console(highlight=False, markup=False, soft_wrap=True)

LINKED = f"A-1013 逾期了，谁来联系？{LOAN_LINKS.format(number='A-1013')}"
"""A message with a link to a loan of the lender's system: its side pane shows who may see what."""

SETTLING = timedelta(seconds=5)
"""The longest time until the first line is typed."""


def first_lines(now: datetime) -> tuple[tuple[str, str, str], ...]:
    """Return who typed what where just before the page opens; the first follow-up is due at the next full minute,
    and the manager's channel hears of the last call."""
    due = (now + SETTLING).astimezone(ZoneInfo(LENDER_ZONE)).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return (
        (LI_NA.slack_id, "agents", f"/loan-follow A-1001 {due:%Y-%m-%d %H:%M} identity 核对身份证地址"),
        (CHEN_WEI.slack_id, "collections", "/loan-call A-1013 no answer"),
        (LI_NA.slack_id, "agents", "/loan-call A-1002 拒绝 嫌利率高"),
    )


async def run_demo(port: int, *, socket: bool = False) -> int:
    """Keep the page open until a stop signal. Return 1 if it cannot open."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="loandesk-demo-") as folder:
        try:
            demo = await open_demo(
                Path(folder),
                clock := DemoClock(),
                port=port,
                around_the_clock=True,
                runtime=InProcess(socket=socket),
                files_port=0 if socket else _free_port(),
                links=True,
            )
        except OSError as error:
            console.print(f"The page cannot open on port {port}: {error.strerror}. Try ARGS='--port 8430'.")
            return 1
        except SetUpError as error:
            console.print(str(error))
            return 1
        try:
            for slack_id, channel, line in first_lines(clock.now()):
                await demo.type(slack_id, channel, line)
            demo.sandbox.say(LI_NA.slack_id, channel_id("agents"), LINKED)
            await demo.service.work()
            _greet(demo.sandbox.base_url)
            await stop.wait()
        finally:
            await demo.close()
    return 0


def _free_port() -> int:
    """Return a port for the desk's page of files: its address is a setting, so it is known before the desk serves."""
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as probe:
        return int(probe.server_address[1])


def _greet(url: str) -> None:
    console.print(f"\n  Loan Desk is open: {url}/\n")
    console.print("  Grace's #managers has just heard of a borrower who refused; her page opens in an English browser.")
    console.print("  A reminder for 李娜 (Li Na) arrives in #agents within a minute. Press one of its buttons.")
    console.print("  Switch members at the top left. Type /loan in the composer to see what the desk understands.")
    console.print("  Drop a PDF or a photo into a direct message to Loan Desk, with words like A-1001 id.")
    console.print(
        "  In #agents 李娜 has posted a link to A-1013: click what is shown below it, as her and as Max Weber."
    )
    console.print("  一分钟内，#agents 会收到给李娜的提醒。左上角可切换成员；输入 /loan 查看用法。")
    console.print(
        "  Max Weber is no member: as him you see what others see. 用 Max Weber 的身份，可以看看非成员看到什么。"
    )
    console.print("\n  Ctrl-C ends it; nothing is kept.\n")
