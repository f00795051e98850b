"""The next step in a line of `/loan-call`: after an opener, behind a colon, or directly behind an outcome."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.calls.matching import CallDetails
from handlers.grammar.call import CallRequest, parse
from handlers.messages.block_kit.writer import escaped
from tests.handlers.grammar.call_lines import call, notes, plan
from tests.handlers.grammar.lines import refused, understood
from tests.handlers.grammar.phrases import shown


@pytest.mark.parametrize(
    ("typed", "planned"),
    [
        ("未接，下次明天上午10点", ("2026-11-26 10:00", None, "")),
        ("未接，下次明天下午3点核实收入", ("2026-11-26 15:00", "income", "")),
        ("未接 下次：周五14:30 签约：带身份证", ("2026-11-27 14:30", "signing", "带身份证")),
        ("na next tomorrow 3pm", ("2026-11-26 15:00", None, "")),
        ("NA NEXT TOMORROW 3PM", ("2026-11-26 15:00", None, "")),
        ("na &gt; fri", ("2026-11-27", None, "")),
        ("na -&gt; fri", ("2026-11-27", None, "")),
        ("na ＞ fri", ("2026-11-27", None, "")),
        ("na &gt; next fri", ("2026-12-04", None, "")),
        ("未接 下次 next fri", ("2026-12-04", None, "")),
        ("na next next fri", ("2026-12-04", None, "")),
        ("na next mon 10:00", ("2026-11-30 10:00", None, "")),
        ("na next: fri 10:00", ("2026-11-27 10:00", None, "")),
        ("未接 下周五", None),
        ("未接 下次下周五", ("2026-12-04", None, "")),
        ("reached &gt; tomorrow 10:00 plan to sell", ("2026-11-26 10:00", "plan", "to sell")),
        ("reached &gt; tomorrow 10:00: plan to sell", ("2026-11-26 10:00", None, "plan to sell")),
        ("忙下次明天10点", ("2026-11-26 10:00", None, "")),
        ("承诺还款，下次12月1日 承诺 3000元", ("2026-12-01", "promise", "3000元")),
        ("na &gt; fri then &gt; mon 9am", ("2026-11-30 09:00", None, "")),
        ("na he pays next week &gt; fri 10:00", ("2026-11-27 10:00", None, "")),
        ("na &gt; 3pm next friday", ("2026-12-04 15:00", None, "")),
        ("na &gt; friday next week", ("2026-12-04", None, "")),
        ("na 下次 the 5th of next month plan", ("2026-12-05", "plan", "")),
        ("na &gt; end of next month", ("2026-12-31", None, "")),
        ("未接\n下次明天10:00\n材料", ("2026-11-26 10:00", "documents", "")),
        ("ＮＡ　＞　ｆｒｉ　１４：３０", ("2026-11-27 14:30", None, "")),
    ],
)
def test_the_next_step_is_read_after_an_opener(typed: str, planned: tuple[str, str | None, str] | None):
    assert plan(f"L-1042 {typed}") == planned


@pytest.mark.parametrize(
    "note",
    [
        "will call when his wife is back next to him",
        "nextdoor said tomorrow 10:00",
        "收入>3万元",
        "income > 5000",
        "he will tell us next",
        "见下次",
        "text fri 10:00",
        "form <x>",
    ],
)
def test_an_opener_followed_by_other_words_is_part_of_the_note(note: str):
    request = call(f"L-1042 na: {escaped(note)}")
    assert (request.details.note, request.next) == (note, None)


@pytest.mark.parametrize(
    ("typed", "note", "offered"),
    [
        ("reached: next friday he travels", "next friday he travels", ["2026-11-27", "2026-12-04"]),
        ("已接通：下次下周再说", "下次下周再说", ["2026-11-30", "2026-12-04"]),
        ("na: next week maybe", "next week maybe", ["2026-11-30", "2026-12-04"]),
        ("reached: > fri 2 decision", "> fri 2 decision", ["2026-11-27 02:00", "2026-11-27 14:00"]),
        ("reached: tomorrow 3pm he comes", "tomorrow 3pm he comes", ["2026-11-26 15:00"]),
        ("reached plan: next monday he sells", "next monday he sells", ["2026-11-30"]),
        ("已接通：明天 周五都行", "明天 周五都行", []),
        ("reached: 2 days late", "2 days late", []),
        ("reached: he travels next 3 payments", "he travels next 3 payments", []),
        ("na: 下次3点见", "下次3点见", ["2026-11-25 15:00", "2026-11-26 03:00"]),
        ("na: > tommorow 3pm", "> tommorow 3pm", []),
        ("na: >", ">", []),
        ("na: next 3", "next 3", []),
    ],
)
def test_behind_a_colon_words_are_a_note_and_what_begins_like_a_time_is_offered(
    typed: str, note: str, offered: list[str]
):
    request = call(f"L-1042 {escaped(typed)}")
    assert (request.details.note, request.next) == (note, None)
    assert [shown(due) for due in request.noted] == offered


@pytest.mark.parametrize(
    ("typed", "note", "due"),
    [
        ("未接：下次明天上午10点", "", "2026-11-26 10:00"),
        ("未接：下次明天上午10点。", "", "2026-11-26 10:00"),
        ("na: busy today > fri 10:00", "busy today", "2026-11-27 10:00"),
        ("call back: fri 10am", "", "2026-11-27 10:00"),
        ("约定回电：明天下午2点", "", "2026-11-26 14:00"),
    ],
)
def test_behind_a_colon_a_due_time_that_is_all_there_is_still_plans(typed: str, note: str, due: str):
    request = call(f"L-1042 {escaped(typed)}")
    assert request.next is not None
    assert (request.details.note, shown(request.next.due)) == (note, due)


@pytest.mark.parametrize(
    ("typed", "planned"),
    [
        ("承诺还款 周五", ("2026-11-27", None, "")),
        ("约定回电，下午2点", ("2026-11-25 14:00", None, "")),
        ("will pay friday", ("2026-11-27", None, "")),
        ("call back fri 10am", ("2026-11-27 10:00", None, "")),
        ("call back fri 10am income: ask his wife", ("2026-11-27 10:00", "income", "ask his wife")),
        ("部分还款 3000 下周五 余款", ("2026-12-04", None, "余款")),
        ("call back fri next week", ("2026-12-04", None, "")),
        ("call back fri > mon 9am", ("2026-11-30 09:00", None, "")),
        ("reached fri 10am", None),
    ],
)
def test_a_date_directly_behind_an_outcome_that_needs_one_is_the_next_step(
    typed: str, planned: tuple[str, str | None, str] | None
):
    assert plan(f"L-1042 {escaped(typed)}") == planned


def test_a_refused_time_directly_behind_such_an_outcome_refuses_the_line():
    assert refused(parse, "L-1042 call back 3点").code == "due_ambiguous"
    assert refused(parse, "L-1042 promised next fri").code == "next_weekday_ambiguous"
    assert refused(parse, "L-1042 promised 3/4").code == "due_ambiguous"


def test_text_before_the_opener_is_the_note():
    request = call("L-1042 未接客户在开会 下次明天下午3点核实收入 带工资单")
    assert request.details == CallDetails(note="客户在开会")
    assert request.next is not None
    assert request.next.note == "带工资单"


def test_no_opener_is_found_inside_a_mention():
    request = call("L-1042 na <@U12AB|next fri> fri 10:00")
    assert request.next is None
    assert request.details.note == "<@U12AB|next fri> fri 10:00"


@pytest.mark.parametrize(
    ("typed", "code", "given"),
    [
        ("na &gt; wed", "due_ambiguous", "wed"),
        ("na &gt; 3点", "due_ambiguous", "3点"),
        ("na 下次今天9点", "due_past", "今天9点"),
        ("na next week", "due_range", "next week"),
        ("未接 下次下周", "due_range", "下周"),
        ("na &gt; fri 2 documents", "due_bare_number", "fri 2"),
        ("na will call &gt; 3/4", "due_ambiguous", "3/4"),
        ("na &gt; fri 10:00 he pays next week", "due_range", "next week"),
        ("na &gt;", "next_due_missing", ">"),
        ("未接 下次", "next_due_missing", "下次"),
        ("na spoke &gt;", "next_due_missing", ">"),
        ("na &gt; 3", "due_bare_number", "3"),
        ("na next fri", "next_weekday_ambiguous", "next fri"),
        ("na next Fri 10:00", "next_weekday_ambiguous", "next Fri 10:00"),
        ("未接 next 周六 10:00", "next_weekday_ambiguous", "next 周六 10:00"),
        ("na > tommorow 3pm", "due_unknown", "tommorow 3pm"),
        ("na next thrusday 10:00", "due_unknown", "thrusday 10:00"),
        ("未接 下次明天9-10点", "due_range", "明天9-10点"),
        ("na > fri week", "due_range", "fri week"),
        ("na > eod 2 documents", "due_bare_number", "eod 2"),
    ],
)
def test_a_due_time_that_cannot_be_read_refuses_the_line_instead_of_planning_by_default(
    typed: str, code: str, given: str
):
    refusal = refused(parse, f"L-1042 {typed}")
    assert (refusal.code, refusal.params["part"], refusal.params["given"]) == (code, "next", given)


@pytest.mark.parametrize(
    "typed",
    [
        "reached documents complete, next: none",
        "reached wife waits for next money transfer",
        "reached when he can next start the application",
        "reached next step 2 documents",
        "reached income > true amount",
        "reached next Simon",
        "reached fine -> sound",
    ],
)
def test_a_note_that_contains_an_opener_plans_nothing(typed: str):
    request = understood(parse, f"L-1042 {typed}")
    assert isinstance(request, CallRequest)
    assert request.next is None


def test_a_misspelled_time_after_an_opener_is_refused_and_corrected():
    assert refused(parse, "L-1042 na > tommorow 3pm").params["nearest"] == ("> tomorrow 3pm",)
    assert refused(parse, "L-1042 na next thrusday 10:00").params["nearest"] == ("> thursday 10:00",)


def test_next_before_a_weekday_is_refused_and_shows_both_dates():
    refusal = refused(parse, "L-1042 na next fri")
    assert [shown(due) for due in refusal.params["readings"]] == ["2026-11-27", "2026-12-04"]
    assert [plan(f"L-1042 na {nearest}") for nearest in refusal.params["nearest"]] == [
        ("2026-11-27", None, ""),
        ("2026-12-04", None, ""),
    ]


@pytest.mark.parametrize("typed", ["next wed", "next week", "next month", "next Wednesday 15:00"])
def test_the_forms_that_a_refused_next_suggests_plan_the_call(typed: str):
    shown_forms = refused(parse, f"L-1042 na {typed}").params["nearest"]
    assert shown_forms
    assert all(plan(f"L-1042 na {form}") for form in shown_forms), shown_forms


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map("a{}z".format))
def test_no_text_behind_a_colon_refuses_the_line(note: str):
    request = call(f"L-1042 reached: {escaped(note)}")
    assert request.details.note == note or request.next is not None


@given(notes)
def test_any_note_of_the_next_step_after_a_colon_is_kept_exactly(note: str):
    step = call(f"L-1042 reached &gt; tomorrow 10:00: {escaped(note)}").next
    assert step is not None
    assert (step.purpose, step.note) == (None, note)
