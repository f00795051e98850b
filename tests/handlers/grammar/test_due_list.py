"""`/loan-due`."""

import pytest

from desk.core.values import PersonRef
from desk.rules.queues import QueueKind
from handlers.grammar.due_list import DueListRequest, NextCallRequest, parse
from tests.handlers.grammar.lines import asked, refused, understood


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        ("", DueListRequest("today", None, None)),
        ("today", DueListRequest("today", None, None)),
        ("明天", DueListRequest("tomorrow", None, None)),
        ("本周", DueListRequest("week", None, None)),
        ("超时", DueListRequest("late", None, None)),
        ("无计划", DueListRequest("unplanned", None, None)),
        ("WEEK team Repayment", DueListRequest("week", "team", "repayment")),
        ("本周团队还款", DueListRequest("week", "team", "repayment")),
        ("<@U1|wang> 核实", DueListRequest("today", PersonRef("U1"), "verification")),
        ("repayment @wang late", DueListRequest("late", PersonRef(word="wang"), "repayment")),
        ("我的 明天", DueListRequest("tomorrow", None, None)),
    ],
)
def test_the_list_is_chosen_by_period_person_and_kind(typed: str, request_: DueListRequest):
    assert understood(parse, typed) == request_


@pytest.mark.parametrize(
    ("typed", "queue"),
    [
        ("next", None),
        ("NEXT call", None),
        ("下一个", None),
        ("下一位", None),
        ("下一位客户", None),
        ("我的下一个", None),
        ("next mine", None),
        ("next arrears", "arrears"),
        ("next overdue", "arrears"),
        ("下一个逾期", "arrears"),
        ("催收 下一个", "arrears"),
        ("next check", "checks"),
        ("verification next", "checks"),
        ("下一个，电核", "checks"),
        ("下一通电话", None),
    ],
)
def test_the_next_borrower_is_asked_for_wherever_the_word_stands(typed: str, queue: QueueKind | None):
    assert understood(parse, typed) == NextCallRequest(queue)


@pytest.mark.parametrize(
    ("typed", "code", "given"),
    [
        ("next @wang", "next_is_yours", "@wang"),
        ("下一个 团队", "next_is_yours", "团队"),
        ("next next", "said_twice", "next"),
        ("next late", "word_unknown", "late"),
        ("next arrears checks", "said_twice", "checks"),
        ("next week", "word_unknown", "next week"),
        ("下周", "word_unknown", "下周"),
        ("下个月 团队", "word_unknown", "下个月"),
        ("下一个月", "word_unknown", "下一个月"),
        ("next month", "word_unknown", "next month"),
        ("next friday", "word_unknown", "friday"),
        ("nextt", "word_unknown", "nextt"),
    ],
)
def test_what_does_not_go_with_the_next_borrower_is_refused_by_its_word(typed: str, code: str, given: str):
    refusal = refused(parse, typed)
    assert (refusal.code, refusal.params["given"]) == (code, given)


@pytest.mark.parametrize(
    ("typed", "code", "given"),
    [
        ("yesterday", "word_unknown", "yesterday"),
        ("today week", "said_twice", "week"),
        ("team @wang", "said_twice", "@wang"),
        ("核实 还款", "said_twice", "还款"),
    ],
)
def test_an_unknown_or_repeated_word_is_refused(typed: str, code: str, given: str):
    refusal = refused(parse, typed)
    assert (refusal.code, refusal.params["given"]) == (code, given)


def test_a_misspelled_word_is_refused_and_corrected():
    assert refused(parse, "tommorow").params["nearest"] == ("tomorrow",)


def test_help_requests_help():
    assert asked(parse, "help") == "help"
