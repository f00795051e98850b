"""`/loan-reassign`."""

import pytest

from desk.core.values import LoanRef, PersonRef
from handlers.grammar.reassign import ReassignAll, ReassignLoan, parse
from tests.handlers.grammar.lines import asked, refused, understood


@pytest.mark.parametrize(
    "typed", ["L-1042 <@U2> 休假", "L-1042 to <@U2|li>, 休假", "L-1042 转给 <@U2>：休假", "L-1042 &gt; <@U2> 休假"]
)
def test_one_loan_goes_to_the_named_member(typed: str):
    assert understood(parse, typed) == ReassignLoan(LoanRef("L-1042", "L-1042"), PersonRef("U2"), "休假")


@pytest.mark.parametrize("typed", ["<@U1> <@U2> He left.", "<@U1|a, b> to <@U2>: He left."])
def test_everything_of_one_member_goes_to_another(typed: str):
    assert understood(parse, typed) == ReassignAll(PersonRef("U1"), PersonRef("U2"), "He left.")


@pytest.mark.parametrize(
    ("typed", "given"), [("L-1042", ""), ("@wang", ""), ("L-1042 wang", "wang"), ("@wang to li", "li")]
)
def test_a_line_without_a_recipient_is_refused(typed: str, given: str):
    refusal = refused(parse, typed)
    assert (refusal.code, refusal.params["part"], refusal.params["given"]) == ("person_missing", "to", given)


def test_the_command_alone_requests_usage():
    assert asked(parse, "") == "usage"
