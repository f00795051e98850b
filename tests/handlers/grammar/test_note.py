"""`/loan-note`: a loan, and all behind it is the note."""

import pytest

from desk.core.values import LoanRef
from handlers.grammar.note import NoteRequest, parse
from tests.handlers.grammar.lines import asked, refused, understood


@pytest.mark.parametrize(
    ("line", "loan", "text"),
    [
        ("L-1042 prefers calls after 18:00", "L-1042", "prefers calls after 18:00"),
        ("L-1042: next friday; 3,000 — maybe.", "L-1042", "next friday; 3,000 — maybe."),
        ("L-1042 reached his Wife > tomorrow 3pm", "L-1042", "reached his Wife > tomorrow 3pm"),
        ("l-1042，请在18点后联系", "l-1042", "请在18点后联系"),
    ],
)
def test_all_behind_the_loan_is_the_note(line: str, loan: str, text: str) -> None:
    assert understood(parse, line) == NoteRequest(LoanRef(loan, loan), text)


def test_a_loan_without_text_is_refused_with_a_note_that_would_do() -> None:
    refusal = refused(parse, "L-1042")
    assert refusal.code == "note_missing"
    assert refusal.params["nearest"] == ("prefers calls after 18:00",)
    assert refused(parse, "@wang hello").code == "loan_missing"


def test_alone_it_asks_for_usage() -> None:
    assert asked(parse, "") == "usage"
    assert asked(parse, "help") == "help"
