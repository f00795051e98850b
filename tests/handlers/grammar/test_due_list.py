"""`/loan-due`."""

import pytest

from desk.core.values import PersonRef
from handlers.grammar.due_list import DueListRequest, parse
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
