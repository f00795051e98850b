"""`/loan-call`, as people in a hurry type it: the loan, the outcome and the note."""

import time

import pytest
from hypothesis import given

from desk.calls.matching import CallDetails
from desk.core.values import LoanRef
from handlers.grammar.call import parse
from handlers.messages.block_kit.writer import escaped
from tests.handlers.grammar.call_lines import call, notes
from tests.handlers.grammar.lines import asked, refused


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


def test_the_command_alone_requests_usage_and_help_requests_help():
    assert asked(parse, "") == asked(parse, " ，") == "usage"
    assert asked(parse, "help") == asked(parse, "HELP") == asked(parse, "帮助") == asked(parse, "？") == "help"
    assert asked(parse, "help na") is None


@pytest.mark.parametrize("typed", ["<@U1> na", "@wang na", ": na"])
def test_a_person_is_refused_as_a_loan(typed: str):
    assert refused(parse, typed).code == "loan_missing"


@given(notes)
def test_any_note_after_a_colon_is_kept_exactly(note: str):
    assert call(f"L-1042 reached: {escaped(note)}").details == CallDetails(note=note)


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
