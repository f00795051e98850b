"""Properties of every due time: a displayed form reads back as itself, and whatever is accepted is later than now."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from desk.core.errors import Invalid
from desk.core.values import Due
from handlers.grammar.due import longest_due, parse_due
from handlers.grammar.due.candidates import candidates
from handlers.grammar.due.reading import found_at
from handlers.grammar.text import Line
from tests.handlers.grammar.phrases import refusal

ZONES = [
    ZoneInfo(name)
    for name in ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")
]
NOWS = st.integers(1_577_836_800, 2_082_758_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WORDS = (
    *(
        "今天",
        "明天",
        "后天",
        "下周",
        "周五",
        "周三",
        "下",
        "本",
        "个",
        "月",
        "日",
        "号",
        "年",
        "底",
        "前",
        "后",
        "到",
        "的",
        "和",
        "或",
    ),
    *("点", "半", "一刻", "分", "上午", "下午", "今晚", "晚上", "凌晨", "中午", "小时", "三", "十", "两"),
    *(
        "tomorrow",
        "today",
        "fri",
        "wed",
        "next",
        "this",
        "dec",
        "1st",
        "5th",
        "pm",
        "am",
        "noon",
        "2h",
        "d",
        "week",
        "weeks",
    ),
    *("a", "an", "later", "at", "on", "in", "the", "of", "and", "or", "to", "month", "end"),
    *("3", "12", "15", "30", "24", "0", "2026", ":", "-", "/", ".", "，", "、", "+", "½", "²", "①", " ", " "),
)


@st.composite
def moments(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    return draw(NOWS), draw(st.sampled_from(ZONES))


def _dates(on: date) -> list[str]:
    """Return the forms in which a date within ten months is displayed."""
    return [
        on.isoformat(),
        f"{on.year}/{on.month}/{on.day}",
        f"{on.year}年{on.month}月{on.day}日",
        f"{on.month}月{on.day}日",
        f"{on.month}月{on.day}日（周{'一二三四五六日'[on.weekday()]}）",
        f"{on.day} {MONTHS[on.month - 1]} {on.year}",
        f"{on:%a}, {on.day} {MONTHS[on.month - 1]} {on.year}",
        f"{MONTHS[on.month - 1]} {on.day}".lower(),
    ]


def _times(at: time) -> list[str]:
    """Return the forms in which a time of day is displayed."""
    shown = [f"{at:%H:%M}", f"{at:%I:%M %p}", f"{at:%I:%M%p}".lower()] if at.hour else [f"{at:%H:%M}"]
    if 8 <= at.hour <= 12:
        shown += [f"上午{at:%H:%M}" if at.hour < 12 else f"中午{at:%H:%M}", f"{at.hour}点{at.minute:02}分"]
    if 13 <= at.hour <= 18:
        shown += [f"下午{at.hour - 12}:{at:%M}", f"下午{at.hour - 12}点{at.minute}分", f"{at.hour}点{at.minute:02}"]
    if 19 <= at.hour <= 23:
        shown += [f"晚上{at.hour - 12}点{at.minute:02}分", f"晚{at.hour - 12}:{at:%M}"]
    if not at.minute and 13 <= at.hour <= 18:
        shown += [f"{at.hour - 12}pm", f"下午{at.hour - 12}点"]
    return shown


@given(moments(), st.integers(1, 290), st.data())
def test_a_displayed_date_reads_back_as_that_date(moment: tuple[datetime, ZoneInfo], days: int, data: st.DataObject):
    now, zone = moment
    on = now.astimezone(zone).date() + timedelta(days=days)
    assume((on.month, on.day) != (2, 29))
    assert parse_due(data.draw(st.sampled_from(_dates(on))), now, zone) == Due(on)


@given(moments(), st.integers(1, 290), st.times(), st.data())
def test_a_displayed_minute_reads_back_as_that_minute(
    moment: tuple[datetime, ZoneInfo], days: int, at: time, data: st.DataObject
):
    now, zone = moment
    at = at.replace(second=0, microsecond=0)
    on = now.astimezone(zone).date() + timedelta(days=days)
    instant = datetime.combine(on, at, zone).astimezone(UTC)
    exists = instant.astimezone(zone).replace(tzinfo=None) == datetime.combine(on, at)
    assume((on.month, on.day) != (2, 29))
    said, separator = data.draw(st.sampled_from(_dates(on))), data.draw(st.sampled_from([" ", "  ", ", ", "，"]))
    phrase = f"{said}{separator}{data.draw(st.sampled_from(_times(at)))}"
    if exists:
        assert parse_due(phrase, now, zone) == Due(on, instant)
    else:
        assert refusal(phrase, now, zone).code == "due_no_such_time"


@given(
    moments(),
    st.integers(1, 5000),
    st.sampled_from(["in {} min", "{}分钟后", "+{}min", "{} minutes from now", "再过{}分钟"]),
)
def test_a_duration_from_now_has_that_length(moment: tuple[datetime, ZoneInfo], minutes: int, frame: str):
    now, zone = moment
    assume("分" not in frame or minutes < 1000)
    due = parse_due(frame.format(minutes), now, zone)
    assert due.at is not None
    assert timedelta(0) <= due.at - now - timedelta(minutes=minutes) < timedelta(minutes=1)


@given(moments(), st.integers(1, 900), st.sampled_from(["in {} days", "{}天后", "{}d", "+{}d", "{}天之后"]))
def test_a_number_of_days_from_now_is_a_calendar_date(moment: tuple[datetime, ZoneInfo], days: int, frame: str):
    now, zone = moment
    assert parse_due(frame.format(days), now, zone) == Due(now.astimezone(zone).date() + timedelta(days=days))


@given(moments(), st.lists(st.sampled_from(WORDS), max_size=7).map("".join) | st.text(max_size=20))
def test_any_text_is_refused_or_read_as_later_than_now(moment: tuple[datetime, ZoneInfo], text: str):
    now, zone = moment
    try:
        due = parse_due(text, now, zone)
    except Invalid:
        assert refusal(text, now, zone).code.startswith("due_")
        assert refusal(text, now, zone).params["nearest"]
        return
    assert due.on >= now.astimezone(zone).date()
    if due.at is not None:
        assert due.at > now
        assert due.at.tzinfo is UTC
        assert due.at.astimezone(zone).date() == due.on
        assert (due.at.second, due.at.microsecond) == (0, 0)


@given(moments(), st.lists(st.sampled_from(WORDS), max_size=8).map("".join) | st.text(max_size=20))
def test_a_due_time_taken_from_a_line_means_the_same_alone(moment: tuple[datetime, ZoneInfo], text: str):
    now, zone = moment
    line = Line.plain(text)
    try:
        match = longest_due(line, 0, now, zone)
    except Invalid:
        return
    if match is not None:
        assert not (
            match.end < len(line.norm) and line.norm[match.end - 1].isdecimal() and line.norm[match.end].isdecimal()
        )
        assert parse_due(line.norm[: match.end], now, zone) == match.due


FIGURES = st.tuples(
    st.sampled_from(["2026-12-15", "15:30", "fri 14:30", "dec 1", "明天15:00", "12月15"]),
    st.sampled_from(["0", "5", "a", "x1", ".5", ":7", "/2", "%", "th1", "_"]),
)
LETTERS = st.tuples(
    st.sampled_from(["in 2h", "2d", "3pm", "5th", "fri", "tomorrow", "next mon", "15:00 pm"]),
    st.sampled_from(["a", "x1", "9", "'s", "’s", "_", "-roof"]),
)


@given(moments(), FIGURES | LETTERS)
def test_a_number_or_word_that_continues_is_never_split(moment: tuple[datetime, ZoneInfo], typed: tuple[str, str]):
    phrase, more = typed
    try:
        match = longest_due(Line.plain(phrase + more), 0, *moment)
    except Invalid:
        return
    assert match is None or match.end != len(phrase)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map("".join), st.data(), st.booleans())
def test_what_is_remembered_of_the_ends_of_lines_is_what_would_be_found_again(
    text: str, data: st.DataObject, before: bool
) -> None:
    start = data.draw(st.integers(0, len(text)))
    assert found_at(text, start, before=before) == tuple(candidates(text, start, before=before))
