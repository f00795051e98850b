"""What a newcomer meets in the demo."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.live import first_lines
from bot.demo.people import GRACE, LI_NA, MAX, channel_id
from bot.demo.setup import open_demo
from desk.core.clock import SystemClock
from handlers.grammar import follow
from handlers.grammar.text import Line

SHANGHAI = ZoneInfo("Asia/Shanghai")


@given(st.floats(1_767_225_600, 1_893_456_000))
def test_a_reminder_falls_due_within_about_a_minute_at_any_hour(instant: float) -> None:
    now = datetime.fromtimestamp(instant, UTC)
    _, _, line = first_lines(now)[0]

    request = follow.parse(Line.read(line.removeprefix("/loan-follow ")), now, SHANGHAI)

    assert isinstance(request, follow.Assign)
    assert request.due.at is not None
    assert timedelta(0) < request.due.at - now <= timedelta(seconds=65)


async def test_it_opens_where_something_happens_with_a_loan_that_its_help_names(tmp_path: Path) -> None:
    demo = await open_demo(tmp_path, SystemClock(), port=0, around_the_clock=True)
    try:
        for slack_id, channel, line in first_lines(SystemClock().now()):
            assert "Undo" in (reply := await demo.type(slack_id, channel, line)).full_text or "撤销" in reply.full_text
        await demo.service.round()
        managers = demo.sandbox.messages(channel_id("managers"))
        assert any("A-1002" in message.text for message in managers)
        card = await demo.type(LI_NA.slack_id, "agents", "/loan L-1042")
        assert "L-1042" in card.text
        stranger = await demo.type(MAX.slack_id, "loan-desk", "/loan")
        assert "not a member of this desk" in stranger.text
        async with aiohttp.ClientSession() as session:
            for language, opened in (("en-GB,en;q=0.9", GRACE), ("zh-CN,zh", LI_NA), ("fr", LI_NA)):
                async with session.get(
                    f"{demo.sandbox.base_url}/ui/state", headers={"Accept-Language": language}
                ) as answer:
                    assert (await answer.json())["me"]["id"] == opened.slack_id
    finally:
        await demo.close()
