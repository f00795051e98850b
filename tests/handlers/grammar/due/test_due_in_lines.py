"""Due times within a line: where they end, what remains for the note, and what is refused rather than split."""

from typing import Any

import pytest

from desk.core.errors import Invalid
from handlers.grammar.due import longest_due, next_weekday_readings
from handlers.grammar.text import Line
from tests.handlers.grammar.phrases import SHANGHAI, WEDNESDAY, shown


def taken(text: str, start: int = 0, **options: Any) -> tuple[str, str] | str | None:
    """Return the due time at `start` and the rest as a note, the code of a refusal, or None if there is no due time."""
    line = Line.read(text)
    try:
        match = longest_due(line, start, WEDNESDAY, SHANGHAI, **options)
    except Invalid as refusal:
        return refusal.code
    return match and (shown(match.due), line.trimmed(match.end))


@pytest.mark.parametrize(
    ("text", "due", "note"),
    [
        ("明天上午10点核实收入", "2026-11-26 10:00", "核实收入"),
        ("明天下午3点核实收入", "2026-11-26 15:00", "核实收入"),
        ("明天下午3点一起看车", "2026-11-26 15:00", "一起看车"),
        ("下午3点30核实", "2026-11-25 15:30", "核实"),
        ("明天下午3点2份材料", "2026-11-26 15:00", "2份材料"),
        ("下午3点到店提车", "2026-11-25 15:00", "到店提车"),
        ("周五到账", "2026-11-27", "到账"),
        ("周五一定还款", "2026-11-27", "一定还款"),
        ("周五和他联系", "2026-11-27", "和他联系"),
        ("周五起诉", "2026-11-27", "起诉"),
        ("明天分期", "2026-11-26", "分期"),
        ("明天3万元", "2026-11-26", "3万元"),
        ("周五2份材料", "2026-11-27", "2份材料"),
        ("周五，3个月账单", "2026-11-27", "3个月账单"),
        ("周五，本月账单", "2026-11-27", "本月账单"),
        ("12月1日账单", "2026-12-01", "账单"),
        ("15:00 3天账单", "2026-11-25 15:00", "3天账单"),
        ("3天后核实", "2026-11-28", "核实"),
        ("明天上午10点，下午去店里", "2026-11-26 10:00", "下午去店里"),
        ("明天10点 以前拒接过", "2026-11-26 10:00", "以前拒接过"),
        ("明天10点 前台转接", "2026-11-26 10:00", "前台转接"),
        ("明天 后续跟进", "2026-11-26", "后续跟进"),
        ("周五 2-3份材料", "2026-11-27", "2-3份材料"),
        ("十点三方通话", "2026-11-26 10:00", "三方通话"),
        ("fri 3pm am waiting", "2026-11-27 15:00", "am waiting"),
        ("fri 3pm week 2 payment", "2026-11-27 15:00", "week 2 payment"),
        ("tomorrow 3pm same time", "2026-11-26 15:00", "same time"),
        ("7pm fri Eve picks up the keys", "2026-11-27 19:00", "Eve picks up the keys"),
        ("明天10点过后台", "2026-11-26 10:00", "过后台"),
        ("２点半　ＰＭ", None, ""),
        ("next fri 2pm documents", "2026-12-04 14:00", "documents"),
        ("tomorrow 3pm, income", "2026-11-26 15:00", "income"),
        ("Tomorrow, 3PM: call wife", "2026-11-26 15:00", ": call wife"),
        ("tomorrow to discuss plan", "2026-11-26", "to discuss plan"),
        ("tomorrow and call the wife", "2026-11-26", "and call the wife"),
        ("in 2 days to discuss", "2026-11-27", "to discuss"),
        ("2d documents", "2026-11-27", "documents"),
        ("in 2h 3 documents", "2026-11-25 12:00", "3 documents"),
        ("fri 25 documents", "2026-11-27", "25 documents"),
        ("fri 2k", "2026-11-27", "2k"),
        ("fri 10:00 2 documents", "2026-11-27 10:00", "2 documents"),
        ("fri 10:00 after 5 calls", "2026-11-27 10:00", "after 5 calls"),
        ("fri 10:00 morning call", "2026-11-27 10:00", "morning call"),
        ("tomorrow <@U1|bob> 3pm", "2026-11-26", "<@U1|bob> 3pm"),
    ],
)
def test_the_longest_due_time_is_taken_and_the_rest_is_the_note(text: str, due: str | None, note: str):
    assert taken(text) == ((due, note) if due else "due_ambiguous")


@pytest.mark.parametrize(
    "text",
    [
        *("to him", "will call", "friends called", "friday's payment", "3pmx", "sun-roof", "may pay", "about the car"),
        *(
            "before 5 calls",
            "in two minds",
            "5 calls made",
            "3 of 5",
            "12 payments",
            "1500",
            "13800138000",
            "3万元",
            "A-102",
        ),
        *("3号线地铁", "三个人", "客户没接", "", "<@U1> fri", "at home", "on time", "for his wife"),
    ],
)
def test_text_that_does_not_begin_like_a_due_time_is_left_alone(text: str):
    assert taken(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("fri 2 documents", "due_bare_number"),
        ("fri, 2 documents", "due_bare_number"),
        ("周五 24 份", "due_bare_number"),
        ("明天3核实", "due_bare_number"),
        ("tonight 8 income", "due_bare_number"),
        ("tomorrow morning 9 income", "due_bare_number"),
        ("1 dec 27 documents", "due_bare_number"),
        ("9 tomorrow income", "due_bare_number"),
        ("周五前还款", "due_range"),
        ("明天下午3点前到店", "due_range"),
        ("明天下午3点后", "due_range"),
        ("3点到5点有空", "due_range"),
        ("明天下午3点左右核实", "due_range"),
        ("明天下午3点多核实", "due_range"),
        ("明天下午3点30份", "due_range"),
        ("明天半天", "due_range"),
        ("周五起还款", "due_range"),
        ("周一二都行", "due_range"),
        ("下周核实", "due_range"),
        ("12月账单", "due_range"),
        ("next week income", "due_range"),
        ("10:00 next week income", "due_range"),
        ("10:00-12:00 income", "due_range"),
        ("fri 10:00-12 income", "due_range"),
        ("tomorrow after 3pm income", "due_range"),
        ("tomorrow or so", "due_range"),
        ("3pm-ish", "due_range"),
        ("fri 3pm pst", "due_range"),
        ("每周五核实", "due_range"),
        ("3天账单", "due_range"),
        ("明天下午核实", "due_part_of_day"),
        ("今晚打", "due_part_of_day"),
        ("fri after lunch", "due_part_of_day"),
        ("明天3点核实", "due_ambiguous"),
        ("wed income", "due_ambiguous"),
        ("3/4 documents", "due_ambiguous"),
        ("at 3 documents", "due_ambiguous"),
        ("周五或周六核实", "due_two_times"),
        ("tomorrow and friday", "due_two_times"),
        ("明天 2小时后", "due_two_times"),
        ("nov 20 income", "due_past"),
        ("昨天说的", "due_past"),
        ("2 days late", "due_past"),
        ("今晚12点核实", "due_midnight"),
        ("25点核实", "due_no_such_time"),
        ("2月30日核实", "due_no_such_date"),
        ("周四11月27日", "due_contradiction"),
    ],
)
def test_text_that_begins_like_a_due_time_but_is_not_one_refuses_the_line(text: str, code: str):
    assert taken(text) == code


def test_a_refusal_repeats_only_the_part_it_is_about():
    with pytest.raises(Invalid) as refused:
        longest_due(Line.read("周五　２ documents"), 0, WEDNESDAY, SHANGHAI)
    assert refused.value.params["given"] == "周五　２"


def test_a_due_time_is_read_at_any_position_except_inside_a_word():
    assert taken("未接，下次明天上午10点", 5) == ("2026-11-26 10:00", "")
    assert taken("L-1042 fri", 6) == ("2026-11-27", "")
    assert taken("xfri", 1) is None
    assert taken("12月1日", 1) is None


@pytest.mark.parametrize(
    ("text", "due", "rest"),
    [
        ("周五前 身份证", "2026-11-27", "身份证"),
        ("下周五之前", "2026-12-04", ""),
        ("明天下午3点以前交", "2026-11-26 15:00", "交"),
        ("fri 前", "2026-11-27", ""),
        ("月底前还清", "2026-11-30", "还清"),
        ("周五 身份证", "2026-11-27", "身份证"),
    ],
)
def test_the_word_of_a_limit_is_part_of_the_due_time_where_limits_are_accepted(text: str, due: str, rest: str):
    assert taken(text, before=True) == (due, rest)


@pytest.mark.parametrize("text", ["下周前", "周五左右", "周五前后", "三天前", "明天下午前"])
def test_a_limit_that_is_not_a_due_time_is_still_refused(text: str):
    assert str(taken(text, before=True)).startswith("due_")


def after_next(text: str) -> tuple[list[str], str] | str | None:
    """Return the readings of the text after the opener `next`, and the rest of the line."""
    line = Line.read(text)
    try:
        found = next_weekday_readings(line, line.norm.index("next") + 4, WEDNESDAY, SHANGHAI)
    except Invalid as refusal:
        return refusal.code
    return found and ([shown(due) for due in found.readings], line.trimmed(found.end))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("next fri", (["2026-11-27", "2026-12-04"], "")),
        ("busy next fri 2pm documents", (["2026-11-27 14:00", "2026-12-04 14:00"], "documents")),
        ("next wed", (["2026-11-25", "2026-12-02"], "")),
        ("next fri 3", "due_bare_number"),
        ("next week", "due_range"),
        ("next 2 days", "due_range"),
        ("next week fri call", (["2026-12-04"], "call")),
        ("next month 5th", (["2026-12-05"], "")),
        ("next fri 27 nov", None),
        ("next tomorrow", None),
        ("next 2d", None),
        ("next to him", None),
        ("next friday's", None),
    ],
)
def test_next_before_a_weekday_has_both_readings(text: str, expected: Any):
    assert after_next(text) == expected


def test_next_has_a_single_reading_when_both_agree():
    line = Line.read("next wed")
    sunday = WEDNESDAY.replace(day=29)
    found = next_weekday_readings(line, 4, sunday, SHANGHAI)
    assert found is not None
    assert [shown(due) for due in found.readings] == ["2026-12-02"]
