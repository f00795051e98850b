"""What a newcomer meets in the demo."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.live import LINKED, first_lines
from bot.demo.people import CHEN_WEI, GRACE, LI_NA, MAX, WANG_FANG, Person, channel_id
from bot.demo.setup import loans_file, open_demo
from handlers.grammar import follow
from handlers.grammar.text import Line
from tests.clocks import FrozenClock

SHANGHAI = ZoneInfo("Asia/Shanghai")


@given(st.floats(1_767_225_600, 1_893_456_000))
def test_a_reminder_falls_due_within_about_a_minute_at_any_hour(instant: float) -> None:
    now = datetime.fromtimestamp(instant, UTC)
    _, _, line = first_lines(now)[0]

    request = follow.parse(Line.read(line.removeprefix("/loan-follow ")), now, SHANGHAI)

    assert isinstance(request, follow.Assign)
    assert request.due.at is not None
    assert timedelta(0) < request.due.at - now <= timedelta(seconds=65)


@pytest.fixture(
    params=["2026-11-25T10:00:00+08:00", "2026-11-25T03:00:00+08:00", "2026-12-31T23:50:00+08:00"],
    ids=["a morning", "a night", "New Year's Eve"],
)
def clock(request: pytest.FixtureRequest) -> FrozenClock:
    """A time at which the demo starts."""
    return FrozenClock(datetime.fromisoformat(request.param))


async def test_it_opens_where_something_happens_with_a_loan_that_its_help_names(
    tmp_path: Path, sqlite_url: str, clock: FrozenClock
) -> None:
    demo = await open_demo(tmp_path, clock, port=0, around_the_clock=True, links=True, database_url=sqlite_url)
    try:
        for slack_id, channel, line in first_lines(clock.now()):
            assert "Undo" in (reply := await demo.type(slack_id, channel, line)).full_text or "撤销" in reply.full_text
        await demo.service.round()
        managers = demo.sandbox.messages(channel_id("managers"))
        assert any("A-1002" in message.text for message in managers)
        card = await demo.type(LI_NA.slack_id, "agents", "/loan L-1042")
        assert "L-1042" in card.text
        linked = demo.sandbox.say(LI_NA.slack_id, channel_id("agents"), LINKED)
        await demo.sandbox.wait_for(lambda: linked.attachments)
        pane = await demo.sandbox.open_pane(LI_NA.slack_id, linked)
        assert "A-1013" in pane.text
        assert "逾期" in pane.text
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


@given(st.dates(date(2026, 1, 1), date(2029, 12, 31)))
def test_what_is_in_arrears_has_been_so_since_its_due_day(today: date) -> None:
    rows = list(csv.DictReader(io.StringIO(loans_file(today))))

    late = {row["贷款编号"]: (date.fromisoformat(row["逾期起始"]), row["还款日"]) for row in rows if row["逾期起始"]}
    assert len(late) == 2
    for since, due_day in late.values():
        assert since < today
        assert str(since.day) == due_day


ROW = re.compile(r"[A-Z]-\d+/\d+")


async def test_counts_dates_and_states_agree(tmp_path: Path, clock: FrozenClock) -> None:
    demo = await open_demo(tmp_path, clock, port=0, around_the_clock=True, locale="en-US")

    async def read(who: Person, line: str) -> str:
        channel = channel_id(who.channel)
        before = demo.sandbox.messages(channel, who.slack_id)
        reply = await demo.type(who.slack_id, who.channel, line)
        assert not reply.error, line
        new = [m for m in demo.sandbox.messages(channel, who.slack_id) if m not in before]
        return reply.text or new[-1].text

    try:
        for slack_id, channel, line in first_lines(clock.now()):
            await demo.type(slack_id, channel, line)
        await demo.service.round()
        today = clock.now().astimezone(SHANGHAI).date()

        for who in (LI_NA, CHEN_WEI, WANG_FANG):
            digest, due = await read(who, "/loan-digest now"), await read(who, "/loan-due")
            count = re.search(r"(\d+) follow-ups?", digest)
            assert len(set(ROW.findall(digest))) == (int(count[1]) if count else 0), digest
            assert f"· {int(count[1]) if count else 0}\n" in f"{due}\n", (digest, due)

        arrears = await read(GRACE, "/loan-due arrears team")
        assert "A-1012" in arrears
        assert "A-1013" in arrears
        for number in [*(f"A-{1000 + n}" for n in range(1, 22)), "L-1042"]:
            card = await read(GRACE, f"/loan {number}")
            assert ("Unpaid since" in card) == (number in arrears), card
            planned = card.partition("Planned:")[2].partition("Recent calls:")[0].partition("No calls")[0]
            for day, month in re.findall(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d+) (\w{3})", planned):
                on = min(
                    (
                        datetime.strptime(f"{day} {month} {year}", "%d %b %Y").replace(tzinfo=UTC).date()
                        for year in (today.year, today.year + 1)
                    ),
                    key=lambda each: abs(each - today),
                )
                assert on >= today, card
            if any(f"{ended} since" in card for ended in ("closed", "declined", "withdrawn", "written off")):
                assert planned == "", card
        assert "L-1042" in await read(LI_NA, "/loan help")
    finally:
        await demo.close()
