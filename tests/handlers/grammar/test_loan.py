"""`/loan`: cards, searches, new inquiries and corrections."""

import time

import pytest

from desk.core.values import LoanRef
from handlers.grammar.loan import Card, Edit, Find, LoanRequest, Mine, New, parse
from handlers.grammar.text import Line
from tests.handlers.grammar.lines import asked, refused, understood
from tests.handlers.grammar.phrases import SHANGHAI, WEDNESDAY

LOAN = LoanRef("L-1042", "L-1042")
PHONE = "+8613800138000"


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        ("L-1042", Card(LOAN)),
        ("edit L-1042 zone new york", Edit(LOAN, "zone", "America/New_York")),
        ("改 L-1042 时区 纽约", Edit(LOAN, "zone", "America/New_York")),
        ("edit L-1042 time zone asia/shanghai", Edit(LOAN, "zone", "Asia/Shanghai")),
        ("edit L-1042 zone none", Edit(LOAN, "zone", "")),
        ("王小明", Card(LoanRef("王小明", "王小明"))),
        ("查良镛", Card(LoanRef("查良镛", "查良镛"))),
        ("新疆001", Card(LoanRef("新疆001", "新疆001"))),
        ("find Wang  Fang", Find("Wang  Fang")),
        ("FIND wang", Find("wang")),
        ("查 王小明", Find("王小明")),
        ("查找王小明", Find("王小明")),
        ("查，尾号5678", Find("尾号5678")),
        ("mine", Mine()),
        ("我的", Mine()),
        ("mine disbursed", Mine("disbursed")),
        ("我的已放款", Mine("disbursed")),
        ("new Wang Fang 13800138000", New("Wang Fang", PHONE, "")),
        ("new Wang Fang 138 0013 8000, Camry; 2 seats!", New("Wang Fang", PHONE, "Camry; 2 seats!")),
        ("new Wang Fang +86 138-0013-8000 note", New("Wang Fang", PHONE, "note")),
        ("新 王小明１３８００１３８０００ 想买车", New("王小明", PHONE, "想买车")),
        ("新建王小明 13800138000", New("王小明", PHONE, "")),
        ("新 欧阳·娜娜 138001 13800138000", New("欧阳·娜娜 138001", PHONE, "")),
        ("new &lt;!channel&gt; *x* =1+1 13800138000", New("<!channel> *x* =1+1", PHONE, "")),
        ("new &lt;!channel&gt; *x* =1+1 138 0013 8000 x", New("<!channel> *x* =1+1", PHONE, "x")),
        ("new Shop 24 1+1 138 0013 8000", New("Shop 24 1+1", PHONE, "")),
        ("new Klaus +49 30 901820 Berlin", New("Klaus", "+4930901820", "Berlin")),
        ("edit L-1042 name To Anh", Edit(LOAN, "name", "To Anh")),
        ("改 L-1042 姓名：王大明", Edit(LOAN, "name", "王大明")),
        ("edit L-1042 phone 138 0013 8000", Edit(LOAN, "phone", PHONE)),
        ("修改 L-1042 手机 13800138000", Edit(LOAN, "phone", PHONE)),
        ("edit L-1042 number HT-2026/17", Edit(LOAN, "number", "HT-2026/17")),
    ],
)
def test_each_form_of_the_command_is_understood(typed: str, request_: LoanRequest):
    assert understood(parse, typed) == request_


@pytest.mark.parametrize(
    ("typed", "code", "part", "given"),
    [
        ("@wang", "loan_missing", "loan", "@wang"),
        ("Wang Fang", "not_understood", "line", "Fang"),
        ("find", "words_missing", "words", ""),
        ("mine foo", "stage_unknown", "stage", "foo"),
        ("mine signed foo", "not_understood", "stage", "foo"),
        ("new", "phone_missing", "phone", ""),
        ("new Wang Fang 1380013800", "phone_missing", "phone", "Wang Fang 1380013800"),
        ("new 13800138000 Wang Fang", "name_missing", "name", "13800138000 Wang Fang"),
        ("edit", "loan_missing", "loan", ""),
        ("edit L-1042", "field_unknown", "field", ""),
        ("edit L-1042 colour red", "field_unknown", "field", "colour"),
        ("edit L-1042 name", "value_missing", "value", ""),
        ("edit L-1042 phone 138", "phone_invalid", "phone", "138"),
        ("edit L-1042 phone 13800138000 office", "phone_invalid", "phone", "13800138000 office"),
    ],
)
def test_a_line_that_is_not_understood_is_refused_with_the_part(typed: str, code: str, part: str, given: str):
    refusal = refused(parse, typed)
    assert (refusal.code, refusal.params["part"], refusal.params["given"]) == (code, part, given)


def test_two_words_are_refused_as_a_loan_and_suggested_as_a_search():
    assert refused(parse, "Wang Fang").params["nearest"] == ("find Wang Fang",)
    assert refused(parse, "王 小明").params["nearest"] == ("查 王 小明",)


def test_a_phone_number_without_a_prefix_is_read_for_the_desks_country():
    request = parse(Line.read("new Ann 020 7946 0018"), WEDNESDAY, SHANGHAI, region="GB")
    assert request == New("Ann", "+442079460018", "")


def test_the_command_alone_requests_the_day_and_help_requests_help():
    assert asked(parse, "") == "usage"
    assert asked(parse, "help") == "help"


@pytest.mark.parametrize("piece", ["3 to ", "½", "12345 ", "1/", "in 2h "])
def test_a_long_line_of_digits_is_refused_within_three_seconds(piece: str):
    began = time.process_time()
    assert refused(parse, "new " + piece * (10_000 // len(piece))).code == "phone_missing"
    assert time.process_time() - began < 3
