"""`/loan-call`, as people in a hurry type it."""

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.calls.matching import CallDetails
from desk.core.values import LoanRef
from handlers.grammar.call import CallRequest, parse
from handlers.grammar.text import Line
from handlers.messages.block_kit.writer import escaped
from tests.handlers.grammar.lines import asked, refused, understood
from tests.handlers.grammar.phrases import shown


def call(text: str) -> CallRequest:
    return understood(parse, text)


def plan(text: str) -> tuple[str, str | None, str] | None:
    """Return the due time, purpose and note of the next step, or None."""
    step = call(text).next
    return (shown(step.due), step.purpose, step.note) if step else None


@pytest.mark.parametrize(
    ("typed", "loan"),
    [
        ("L-1042 na", LoanRef("L-1042", "L-1042")),
        ("l-1042, na", LoanRef("l-1042", "l-1042")),
        ("L-1042/3 na", LoanRef("L-1042/3", "L-1042", 3)),
        ("2026/沪/17 na", LoanRef("2026/沪/17", "2026/沪", 17)),
        ("2026/ab na", LoanRef("2026/ab", "2026/ab")),
        ("L-1042/0 na", LoanRef("L-1042/0", "L-1042/0")),
        ("Ｌ－１０４２／３　未接", LoanRef("Ｌ－１０４２／３", "Ｌ－１０４２", 3)),
        ("王小明 未接", LoanRef("王小明", "王小明")),
        ("尾号5678 未接", LoanRef("尾号5678", "尾号5678")),
        ("L-1042: na", LoanRef("L-1042", "L-1042")),
        ("L-1042未接", LoanRef("L-1042", "L-1042")),
        ("L-1042/2未接", LoanRef("L-1042/2", "L-1042", 2)),
    ],
)
def test_the_loan_is_the_first_word(typed: str, loan: LoanRef):
    assert call(typed).loan == loan


@pytest.mark.parametrize(
    ("typed", "outcome"),
    [
        ("no_answer", "no_answer"),
        ("No Answer", "no_answer"),
        ("NO-ANSWER", "no_answer"),
        ("didn’t pick up", "no_answer"),
        ("ｎａ", "no_answer"),
        ("未接", "no_answer"),
        ("未接通", "no_answer"),
        ("没人接听", "no_answer"),
        ("忙", "busy"),
        ("vm", "voicemail"),
        ("reached voicemail", "voicemail"),
        ("关机/停机", "unreachable"),
        ("无法接通", "unreachable"),
        ("空号", "wrong_number"),
        ("已接通", "reached"),
        ("spoke", "reached"),
        ("已核实", "confirmed"),
        ("Callback", "call_back"),
        ("稍后再打", "call_back"),
        ("ptp", "promised"),
        ("答应还款", "promised"),
        ("已还", "paid"),
        ("won't pay", "refused"),
        ("拒绝接听", "no_answer"),
        ("拒绝", "refused"),
        ("不办了", "withdrew"),
    ],
)
def test_the_outcome_is_the_longest_matching_word(typed: str, outcome: str):
    assert call(f"L-1042 {typed}").outcome == outcome
    request = call(f"L-1042 {typed} ask again")
    assert (request.outcome, request.details.note) == (outcome, "ask again")


@pytest.mark.parametrize("typed", ["nap", "paidx", "paid's", "busy3", "reached_out", "busyness"])
def test_an_outcome_never_splits_a_latin_word(typed: str):
    assert refused(parse, f"L-1042 {typed}").code == "outcome_unknown"


def test_an_unknown_outcome_is_refused_and_the_most_similar_ones_suggested():
    refusal = refused(parse, "L-1042 no anwser, next tomorrow 10:00")
    assert (refusal.code, refusal.params["part"], refusal.params["given"]) == ("outcome_unknown", "outcome", "no")
    assert refusal.params["nearest"] == ("no answer",)
    assert refused(parse, "L-1042 未街").params["nearest"] == ("未接",)
    assert refused(parse, "L-1042 忙完再说").params["nearest"] == ("忙",)


def test_when_no_outcome_is_similar_all_are_shown_in_the_language_of_the_line():
    assert refused(parse, "L-1042 xyz").params["nearest"][:2] == ("reached", "confirmed")
    assert refused(parse, "L-1042 鱼鱼").params["nearest"][:2] == ("已接通", "已核实")


def test_a_line_without_an_outcome_is_refused():
    assert refused(parse, "L-1042").code == "outcome_missing"
    assert refused(parse, "L-1042 : spoke to him").code == "outcome_missing"


@pytest.mark.parametrize(
    "typed", ["paid half", "paid, only the fee", "还了一半", "reached no one at home", "promised nothing"]
)
def test_an_outcome_whose_meaning_the_next_words_change_is_refused(typed: str):
    refusal = refused(parse, f"L-1042 {typed}")
    assert refusal.code == "outcome_unclear"
    (nearest,) = refusal.params["nearest"]
    assert call(f"L-1042 {nearest}").outcome == "reached"


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "不接受分期",
            "未接受报价",
            "没通过审核",
            "未通过审批",
            "通话中断",
            "再联系不上",
            "承诺回电",
            "已接通不了",
            "已还没还",
            "已付首付",
        ),
        *("missed payment", "missed the instalment", "promised to call back", "paid the deposit"),
    ],
)
def test_an_outcome_within_words_of_another_meaning_is_refused(typed: str):
    refusal = refused(parse, f"L-1042 {typed} 明天")
    assert refusal.code == "outcome_unclear"
    assert call(f"L-1042 {refusal.params['nearest'][0]}").outcome == "reached"


@pytest.mark.parametrize(
    ("typed", "outcome", "note"),
    [
        ("已接通，不方便说话", "reached", "不方便说话"),
        ("已接通 不想贷了", "reached", "不想贷了"),
        ("已还款，不用再催", "paid", "不用再催"),
        ("已还款，没有逾期了", "paid", "没有逾期了"),
        ("已核实，不需要补材料", "confirmed", "不需要补材料"),
        ("未接，过两天再打", "no_answer", "过两天再打"),
        ("未接 受理中", "no_answer", "受理中"),
        ("没接过电话", "no_answer", ""),
        ("missed call", "no_answer", ""),
    ],
)
def test_a_note_may_begin_with_a_negation(typed: str, outcome: str, note: str):
    request = call(f"L-1042 {typed}")
    assert (request.outcome, request.details) == (outcome, CallDetails(note=note))


def test_a_colon_marks_the_words_after_it_as_the_note():
    assert call("L-1042 paid: half").details == CallDetails(note="half")


@pytest.mark.parametrize(
    ("typed", "details"),
    [
        ("reached", CallDetails()),
        ("reached plan", CallDetails("plan")),
        ("reached plan to sell the car", CallDetails("plan", "to sell the car", "plan to sell the car")),
        ("reached plan: to sell the car", CallDetails("plan", "to sell the car")),
        ("reached: plan to sell the car", CallDetails(note="plan to sell the car")),
        ("已接通材料已齐", CallDetails("documents", "已齐", "材料已齐")),
        ("已核实收入", CallDetails("income")),
        ("已接通 身份证复印件明天寄来", CallDetails(note="身份证复印件明天寄来")),
        ("reached id card is with his wife", CallDetails(note="id card is with his wife")),
        ("已接通、身份核实、下次明天", CallDetails("identity")),
        ("reached &amp;amp; ok", CallDetails(note="&amp; ok")),
        ("reached “引号” Ｆｕｌｌ　Ｗｉｄｔｈ 😀", CallDetails(note="“引号” Ｆｕｌｌ　Ｗｉｄｔｈ 😀")),
        ("reached\nline 1\n\tline 2", CallDetails(note="line 1\n\tline 2")),
        (
            "reached see <https://x.cn/a?b=1&amp;c=2> or <mailto:a@b.cn|a@b.cn>",
            CallDetails(note="see https://x.cn/a?b=1&c=2 or a@b.cn"),
        ),
        ("已核实 核实收入，单位电话已打", CallDetails("income", "单位电话已打", "核实收入，单位电话已打")),
        ("reached planning to sell", CallDetails(note="planning to sell")),
        ("reached plan, next mon", CallDetails("plan")),
        ("未接客户在开会", CallDetails(note="客户在开会")),
        ("未接2次", CallDetails(note="2次")),
        ("na ,， Ｗife said: CALL him, later!; ", CallDetails(note="Ｗife said: CALL him, later!")),
        ("na he &amp; she &lt;3", CallDetails(note="he & she <3")),
    ],
)
def test_purpose_and_note_are_read_after_the_outcome(typed: str, details: CallDetails):
    assert call(f"L-1042 {typed}").details == details


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


@pytest.mark.parametrize(
    ("typed", "amount", "due", "note"),
    [
        ("promised 3000 fri", "3000.00", "2026-11-27", ""),
        ("已还款 3,000元", "3000.00", None, ""),
        ("部分还款 ￥3，000.5 下月5号", "3000.50", "2026-12-05", ""),
        ("part paid 3000 &gt; next month 5th", "3000.00", "2026-12-05", ""),
        ("承诺还款3000元周五", "3000.00", "2026-11-27", ""),
        ("承诺还款 三千五 周五", "3500.00", "2026-11-27", ""),
        ("承诺还款 3000 本周五", "3000.00", "2026-11-27", ""),
        ("promised 1.5万 fri", "15000.00", "2026-11-27", ""),
        ("promised 3k fri", "3000.00", "2026-11-27", ""),
        ("promised 15 fri", "15.00", "2026-11-27", ""),
        ("paid usd 200.50 for november", "200.50", None, "for november"),
        ("promised 5 dec", None, "2026-12-05", ""),
        ("承诺还款 15号", None, "2026-12-15", ""),
        ("promised 3w", None, "2026-12-16", ""),
        ("promised 2026.12.15", None, "2026-12-15", ""),
        ("paid 2 instalments", None, None, "2 instalments"),
        ("已还款 2期", None, None, "2期"),
        ("paid 13800138000", None, None, "13800138000"),
        ("paid: 3000", "3000.00", None, "3000"),
        ("已还款：3000，微信转的", "3000.00", None, "3000，微信转的"),
        ("paid: 2 instalments", None, None, "2 instalments"),
        ("paid: -5", None, None, "-5"),
        ("paid - 3000", "3000.00", None, ""),
        ("paid 3.01", "3.01", None, ""),
        ("paid 3.5 cash", "3.50", None, "cash"),
        ("paid 5 dec", None, None, "5 dec"),
        ("part paid 12.5 fri", "12.50", "2026-11-27", ""),
        ("promised 12.5 &gt; fri", "12.50", "2026-11-27", ""),
        ("reached 3000", None, None, "3000"),
    ],
)
def test_a_number_behind_a_promise_or_a_payment_is_an_amount_unless_it_begins_a_due_time(
    typed: str, amount: str | None, due: str | None, note: str
):
    request = call(f"L-1042 {typed}")
    assert (request.details.amount and str(request.details.amount.value)) == amount
    assert (request.next and shown(request.next.due)) == due
    assert request.details.note == note


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("paid 3.000", ("3000", "3.00")),
        ("paid 3,00", ("3.00",)),
        ("paid 3.000,50", ("3000.50",)),
        ("promised 1,2345 fri", ("12345",)),
        ("paid 0", ("3000",)),
        ("paid -3000", ("3000",)),
        ("paid −3000 cash", ("3000",)),
    ],
)
def test_an_amount_that_cannot_be_read_for_certain_is_refused(typed: str, nearest: tuple[str, ...]):
    refusal = refused(parse, f"L-1042 {typed}")
    assert (refusal.code, refusal.params["nearest"]) == ("amount_unclear", nearest)


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("承诺还款，下次周五3000", ("3000 下次周五",)),
        ("promised fri 1500", ("1500 fri", "2026-11-27 15:00")),
        ("promised > fri 1500", ("1500 > fri", "> 2026-11-27 15:00")),
    ],
)
def test_bare_digits_behind_a_date_are_a_time_or_an_amount(typed: str, nearest: tuple[str, ...]):
    refusal = refused(parse, f"L-1042 {typed}")
    assert (refusal.code, refusal.params["nearest"]) == ("due_or_amount", nearest)
    assert refused(parse, "L-1042 reached > fri 1500").code == "due_bare_number"


@pytest.mark.parametrize(
    ("typed", "details"),
    [
        ("L-1042 reached - wants a lower rate", CallDetails(note="wants a lower rate")),
        ("L-1042 reached. He is out.", CallDetails(note="He is out.")),
        ("L-1042。已接通。材料已齐！", CallDetails("documents", "已齐！", "材料已齐！")),
        ("L-1042 — reached — documents — all in", CallDetails("documents", "all in", "documents — all in")),
        ("L-1042 na!", CallDetails()),
        ("L-1042 reached: - a list", CallDetails(note="- a list")),
        ("L-1042 reached -5 points", CallDetails(note="-5 points")),
        ("L-1042 reached .net engineer", CallDetails(note=".net engineer")),
    ],
)
def test_stops_and_dashes_part_what_was_read_and_never_a_note(typed: str, details: CallDetails):
    assert call(typed).details == details


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


def test_the_command_alone_requests_usage_and_help_requests_help():
    assert asked(parse, "") == asked(parse, " ，") == "usage"
    assert asked(parse, "help") == asked(parse, "HELP") == asked(parse, "帮助") == asked(parse, "？") == "help"
    assert asked(parse, "help na") is None


@pytest.mark.parametrize("typed", ["<@U1> na", "@wang na", ": na"])
def test_a_person_is_refused_as_a_loan(typed: str):
    assert refused(parse, typed).code == "loan_missing"


def has_no_opener(text: str) -> bool:
    matched = Line.plain(text).norm
    return not any(opener in matched for opener in ("next", "下次", ">"))


# A letter at each end, because blanks at the ends are trimmed.
notes = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).map("a{}z".format).filter(has_no_opener)


@given(notes)
def test_any_note_after_a_colon_is_kept_exactly(note: str):
    assert call(f"L-1042 reached: {escaped(note)}").details == CallDetails(note=note)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map("a{}z".format))
def test_no_text_behind_a_colon_refuses_the_line(note: str):
    request = call(f"L-1042 reached: {escaped(note)}")
    assert request.details.note == note or request.next is not None


@given(
    st.decimals(min_value=100, max_value=10**9 - 1, places=2),
    st.sampled_from(["{}", "{:,}", "¥{:,}", "{}元", "rmb {}"]),
)
def test_any_amount_is_read_to_the_cent(value: Decimal, written: str):
    amount = call(f"L-1042 promised {written.format(value)} fri").details.amount
    assert amount is not None
    assert amount.value == value


@given(notes)
def test_any_note_of_the_next_step_after_a_colon_is_kept_exactly(note: str):
    step = call(f"L-1042 reached &gt; tomorrow 10:00: {escaped(note)}").next
    assert step is not None
    assert (step.purpose, step.note) == (None, note)


@pytest.mark.parametrize(
    "piece",
    ["字", "x ", "> ", "next a ", "下次3 ", "下次周五x ", "<@U1> ", "1:", "周五 ", "未接，", "> fri ab ", "next"],
)
def test_a_line_of_ten_thousand_characters_is_read_within_three_seconds(piece: str):
    text = "L-1042 na: " + piece * (10_000 // len(piece)) + "end"
    began = time.process_time()
    call(text)
    assert time.process_time() - began < 3


def test_a_long_note_is_kept_whole():
    note = "他说「明天」再谈，" * 1200 + "。"
    assert call(f"L-1042 已接通：{note}").details.note == note
