"""Dates in a text, as each viewer sees them."""

import pytest

from sandbox.dates import with_dates, wrong_dates
from tests.sandbox.conftest import World

NOON = 1_790_000_000  # Monday, 21 September 2026, 14:13:20 UTC
DUE = f"Due <!date^{NOON}^{{date_short_pretty}} {{time}}|2026-09-21 22:13 (北京时间)>"


@pytest.mark.parametrize(
    ("tz", "locale", "now", "read"),
    [
        ("Asia/Shanghai", "zh-CN", NOON, "Due 今天 22:13"),
        ("Europe/Berlin", "en-GB", NOON, "Due Today 16:13"),
        ("Asia/Shanghai", "zh-CN", NOON + 86_400, "Due 昨天 22:13"),
        ("Pacific/Auckland", "en-GB", NOON - 86_400, "Due Tomorrow 02:13"),
        ("Asia/Shanghai", "zh-CN", NOON + 9 * 86_400, "Due 2026年9月21日 22:13"),
        ("UTC", "xx-YY", NOON + 9 * 86_400, "Due Sep 21, 2026 2:13\u202fPM"),
    ],
)
def test_a_date_is_shown_in_the_viewers_zone_and_language(tz: str, locale: str, now: float, read: str) -> None:
    assert with_dates(DUE, tz=tz, locale=locale, now=now) == read


@pytest.mark.parametrize(
    ("template", "read"),
    [
        ("{date_num}", "2026-09-21"),
        ("{date_long}", "Monday 21 September 2026"),
        ("{date}", "21 September 2026"),
        ("{time_secs}", "14:13:20"),
        ("{ago}", "1 hour ago"),
    ],
)
def test_each_date_token_has_its_format(template: str, read: str) -> None:
    shown = with_dates(f"<!date^{NOON}^{template}|x>", tz="UTC", locale="en-GB", now=NOON + 3600)
    assert shown.replace(",", "") == read


@pytest.mark.parametrize(
    "wrong",
    [
        "<!date^1790000000^{time}>",
        "<!date^soon^{time}|x>",
        "<!date^1790000000^{hour}|x>",
        "<!date^1790000000^at noon|x>",
        "<!date^1790000000^{time}^javascript:x|x>",
        "<!date>",
    ],
)
def test_an_invalid_date_is_reported_and_its_fallback_shown(wrong: str) -> None:
    assert len(wrong_dates(wrong)) == 1
    assert with_dates(wrong, tz="UTC", locale="en-US", now=0) in ("x", "^1790000000^{time}", "")


def test_escaped_date_markup_is_not_a_date() -> None:
    assert wrong_dates("&lt;!date^x&gt;") == []


async def test_the_plain_text_for_screen_readers_uses_the_members_zone(world: World) -> None:
    await world.client.chat_postMessage(channel="C0DESK", text=DUE)
    for user, read in (("U0LI", "Due 今天 22:13"), ("U0WANG", "Due Today 4:13\u202fPM")):
        shown = (await world.get("/ui/messages", user=user, channel="C0DESK"))["messages"][0]
        assert shown["plain"] == read
