"""`/loan-follow`: planning, finishing and moving follow-ups."""

import pytest

from desk.core.values import LoanRef, PersonRef
from handlers.grammar.follow import Assign, Finish, Move, parse
from tests.handlers.grammar.lines import asked, refused, understood
from tests.handlers.grammar.phrases import shown

LOAN = LoanRef("L-1042", "L-1042")


@pytest.mark.parametrize(
    ("typed", "who", "due", "purpose", "note"),
    [
        ("fri 10:00", None, "2026-11-27 10:00", None, ""),
        ("明天下午3点核实收入", None, "2026-11-26 15:00", "income", ""),
        ("明天", None, "2026-11-26", None, ""),
        ("明天10:00 收入核实 带工资单", None, "2026-11-26 10:00", "income", "带工资单"),
        ("tomorrow 3pm plan to sell the car", None, "2026-11-26 15:00", "plan", "to sell the car"),
        ("tomorrow 3pm: plan to sell the car", None, "2026-11-26 15:00", None, "plan to sell the car"),
        ("<@U12AB> tomorrow 3pm", PersonRef("U12AB"), "2026-11-26 15:00", None, ""),
        ("<@W12AB|li, hua> 明天10点 身份核实", PersonRef("W12AB"), "2026-11-26 10:00", "identity", ""),
        ("@wang 周五14:30 单位核实", PersonRef(word="wang"), "2026-11-27 14:30", "employer", ""),
        ("＠王芳 周五", PersonRef(word="王芳"), "2026-11-27", None, ""),
        ("next fri pick-up", None, "2026-12-04", "pickup", ""),
        ("in 2h check the ID, please", None, "2026-11-25 12:00", None, "check the ID, please"),
        ("明天 身份证复印件", None, "2026-11-26", None, "身份证复印件"),
        ("明天收入证明", None, "2026-11-26", None, "收入证明"),
        ("tomorrow id card", None, "2026-11-26", None, "id card"),
        ("周五还款计划", None, "2026-11-27", "plan", ""),
        ("下个月底催收", None, "2026-12-31", "overdue", ""),
        ("周五 9点半到店", None, "2026-11-27 09:30", None, "到店"),
        ("fri 25 documents", None, "2026-11-27", None, "25 documents"),
        ("tomorrow 3p income", None, "2026-11-26 15:00", "income", ""),
        ("tomorrow 10a income", None, "2026-11-26 10:00", "income", ""),
        ("tomorrow 3:00p income", None, "2026-11-26 15:00", "income", ""),
        ("tomorrow 15h30 income", None, "2026-11-26 15:30", "income", ""),
        ("tomorrow 15:00h income", None, "2026-11-26 15:00", "income", ""),
        ("tomorrow 3pm - income", None, "2026-11-26 15:00", "income", ""),
        ("tomorrow 3pm – income – bring papers", None, "2026-11-26 15:00", "income", "bring papers"),
        ("tomorrow 3pm — income", None, "2026-11-26 15:00", "income", ""),
        ("tomorrow 3pm. income", None, "2026-11-26 15:00", "income", ""),
        ("明天下午3点。收入核实", None, "2026-11-26 15:00", "income", ""),
        ("明天下午3点！收入核实", None, "2026-11-26 15:00", "income", ""),
        ("明天。下午3点 收入核实", None, "2026-11-26 15:00", "income", ""),
        ("明天 1500元", None, "2026-11-26", None, "1500元"),
        ("明天 13800138000", None, "2026-11-26", None, "13800138000"),
        ("@wang: fri 10:00", PersonRef(word="wang"), "2026-11-27 10:00", None, ""),
        ("<@U12AB>: fri 10:00", PersonRef("U12AB"), "2026-11-27 10:00", None, ""),
        ("周五2份材料", None, "2026-11-27", None, "2份材料"),
        ("明天，下午3点，核实收入，工资流水", None, "2026-11-26 15:00", "income", "工资流水"),
        ("fri: <@U1|a> knows", None, "2026-11-27", None, "<@U1|a> knows"),
        ("明天10:00 问一下他>3万的收入", None, "2026-11-26 10:00", None, "问一下他>3万的收入"),
    ],
)
def test_a_follow_up_is_planned(typed: str, who: PersonRef | None, due: str, purpose: str | None, note: str):
    request = understood(parse, f"L-1042 {typed}")
    assert isinstance(request, Assign)
    assert (request.loan, request.who, shown(request.due)) == (LOAN, who, due)
    assert (request.purpose, request.note) == (purpose, note)


@pytest.mark.parametrize(
    ("typed", "given", "nearest"),
    [
        ("tomorow 3pm documents", "tomorow 3pm", "tomorrow 3pm"),
        ("Firday", "Firday", "friday"),
        ("decmber 1 3pm", "decmber 1 3pm", "december 1 3pm"),
    ],
)
def test_a_misspelled_time_is_refused_and_corrected(typed: str, given: str, nearest: str):
    refusal = refused(parse, f"L-1042 {typed}")
    assert (refusal.code, refusal.params["given"], refusal.params["nearest"]) == ("due_unknown", given, (nearest,))


@pytest.mark.parametrize(
    ("typed", "given", "nearest"),
    [
        ("3pm tomorow documents", "3pm tomorow", "3pm tomorrow"),
        ("14:30 on friday", None, None),
        ("10:00 thrusday", "10:00 thrusday", "10:00 thursday"),
        ("3pm sundry questions", None, None),
        ("tomorrow 3pm sundy market", None, None),
    ],
)
def test_a_misspelled_day_after_a_time_is_not_taken_for_a_note(typed: str, given: str | None, nearest: str | None):
    if given is None:
        assert isinstance(understood(parse, f"L-1042 {typed}"), Assign)
        return
    refusal = refused(parse, f"L-1042 {typed}")
    assert (refusal.code, refusal.params["given"], refusal.params["nearest"]) == (
        "due_not_understood",
        given,
        (nearest,),
    )


def test_a_misspelled_weekday_that_is_refused_itself_is_not_taken_for_a_note():
    assert refused(parse, "L-1042 3pm Wensday").code == "due_not_understood"


def test_a_purpose_before_the_time_is_refused_and_suggested_after_it():
    refusal = refused(parse, "L-1042 核实收入 明天10点")
    assert (refusal.params["given"], refusal.params["nearest"]) == ("核实收入 明天10点", ("明天10点 核实收入",))


def test_a_time_may_follow_the_number_without_a_blank():
    request = understood(parse, "L-1042明天10点")
    assert isinstance(request, Assign)
    assert request.loan == LOAN


@pytest.mark.parametrize(
    ("typed", "kind", "why"),
    [
        ("done", "done", ""),
        ("完成", "done", ""),
        ("完成客户已还", "done", "客户已还"),
        ("Finished: he paid", "done", "he paid"),
        ("cancel", "cancelled", ""),
        ("取消 客户不办了。", "cancelled", "客户不办了。"),
        ("cancelled, wrong loan", "cancelled", "wrong loan"),
    ],
)
def test_a_follow_up_is_finished_or_cancelled(typed: str, kind: str, why: str):
    assert understood(parse, f"L-1042 {typed}") == Finish(LOAN, "done" if kind == "done" else "cancelled", why)
    numbered = understood(parse, f"L-1042/2 {typed}")
    assert numbered.loan == LoanRef("L-1042/2", "L-1042", 2)


@pytest.mark.parametrize(
    ("typed", "due"),
    [
        ("move fri", "2026-11-27"),
        ("move to fri 10:00", "2026-11-27 10:00"),
        ("改期周五", "2026-11-27"),
        ("改期到周五下午3点", "2026-11-27 15:00"),
        ("推迟到 12月1日", "2026-12-01"),
        ("reschedule to next fri", "2026-12-04"),
    ],
)
def test_a_follow_up_is_moved(typed: str, due: str):
    request = understood(parse, f"L-1042 {typed}")
    assert isinstance(request, Move)
    assert shown(request.due) == due


@pytest.mark.parametrize(
    ("typed", "code", "part", "given"),
    [
        ("", "due_missing", "due", ""),
        ("@wang", "due_missing", "due", ""),
        ("move", "due_missing", "due", ""),
        ("abc", "due_unknown", "due", "abc"),
        ("客户没接电话", "due_unknown", "due", "客户没接电话"),
        ("3点", "due_ambiguous", "due", "3点"),
        ("move 3点", "due_ambiguous", "due", "3点"),
        ("fri 2 documents", "due_bare_number", "due", "fri 2"),
        ("下周", "due_range", "due", "下周"),
        ("move fri 10:00 income", "not_understood", "due", "income"),
        ("fri 10:00 <@U1> income", "who_behind_due", "who", "<@U1>"),
    ],
)
def test_a_line_that_is_not_understood_is_refused_with_the_part(typed: str, code: str, part: str, given: str):
    refusal = refused(parse, f"L-1042 {typed}")
    assert (refusal.code, refusal.params["part"], refusal.params["given"]) == (code, part, given)


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("tomorrow 1500", "2026-11-26 15:00"),
        ("周五0930 收入", "2026-11-27 09:30"),
        ("fri, 1500 income", "2026-11-27 15:00"),
        ("tomorrow 3000", "2026-11-26"),
    ],
)
def test_bare_digits_behind_a_date_are_refused_with_their_reading(typed: str, nearest: str):
    refusal = refused(parse, f"L-1042 {typed}")
    assert (refusal.code, refusal.params["nearest"]) == ("due_bare_number", (nearest,))


def test_a_weekday_in_brackets_with_a_letter_is_no_due_time():
    assert refused(parse, "L-1042 (x周五)").code == "due_unknown"


def test_a_misspelled_action_is_refused_and_corrected():
    assert "完成" in refused(parse, "L-1042 完城").params["nearest"]
    assert "moved" in refused(parse, "L-1042 mooved").params["nearest"]


def test_a_person_after_the_time_is_refused_and_suggested_before_it():
    nearest = refused(parse, "L-1042 fri 10:00 @wang income").params["nearest"]
    assert nearest == ("@wang fri 10:00", "fri 10:00: @wang")
    request = understood(parse, "L-1042 fri 10:00: @wang knows")
    assert isinstance(request, Assign)
    assert (request.who, request.note) == (None, "@wang knows")


def test_the_command_alone_requests_usage():
    assert asked(parse, "") == "usage"
    assert refused(parse, "@wang fri").code == "loan_missing"
