"""`/loan-stage`."""

import pytest

from desk.core.values import LoanRef
from handlers.grammar.stage import StageRequest, parse
from tests.handlers.grammar.lines import asked, refused, understood


@pytest.mark.parametrize(
    ("typed", "stage", "reason"),
    [
        ("approved", "approved", ""),
        ("已批", "approved", ""),
        ("Written Off: he is gone", "written_off", "he is gone"),
        ("written_off", "written_off", ""),
        ("未批 征信不良", "declined", "征信不良"),
        ("审批未通过，负债高", "declined", "负债高"),
        ("已放款30万", "disbursed", "30万"),
        ("放弃", "withdrawn", ""),
        ("结清", "closed", ""),
        ("申请放弃", "withdrawn", ""),
        ("放弃申请", "withdrawn", ""),
        ("申请通过", "approved", ""),
        ("审批不通过", "declined", ""),
        ("application declined", "declined", ""),
    ],
)
def test_a_loan_moves_to_the_named_stage(typed: str, stage: str, reason: str):
    expected = StageRequest(LoanRef("L-1042", "L-1042"), stage, reason)
    assert understood(parse, f"L-1042 {typed}") == expected


def test_an_unknown_stage_is_refused_and_the_nearest_or_all_are_suggested():
    assert refused(parse, "L-1042 aproved").params["nearest"][0] == "approved"
    refusal = refused(parse, "L-1042 xyz")
    assert (refusal.code, refusal.params["part"], refusal.params["given"]) == ("stage_unknown", "stage", "xyz")
    assert "written off" in refusal.params["nearest"]
    assert refused(parse, "L-1042 signedx").code == "stage_unknown"


def test_a_line_without_a_stage_is_refused_and_the_command_alone_requests_usage():
    assert refused(parse, "王小明").params["nearest"][0] == "咨询"
    assert refused(parse, "L-1042").code == "stage_missing"
    assert asked(parse, "") == "usage"
