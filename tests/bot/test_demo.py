"""What a newcomer meets in the demo."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.demo.live import first_lines
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
