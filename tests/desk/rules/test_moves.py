"""The table of moves between stages."""

from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.data_files import DataFileError
from desk.core.vocabulary import VOCABULARY
from desk.rules.moves import MOVES, NEEDS, SETTABLE, load_moves
from desk.rules.stages import classify_transition, is_unusual, needed_before, next_of

TEXT = (resources.files("desk") / "data" / "moves.toml").read_text("utf-8")
STAGES = tuple(stage.code for stage in VOCABULARY.stages)


def test_each_stage_has_a_move_that_a_role_may_make():
    assert {*MOVES} == {*STAGES}
    assert all(move.who for move in MOVES.values())
    assert MOVES["written_off"].who == ("manager",)
    assert {*SETTABLE} == {*NEEDS} - {"no_failed_check"}


@given(st.sampled_from(STAGES), st.sampled_from(STAGES))
def test_what_the_table_calls_usual_is_a_step_forward_or_opens_a_loan_again(before: str, after: str):
    assert is_unusual(before, after) == (before not in MOVES[after].from_)
    if not is_unusual(before, after):
        assert classify_transition(before, after).kind in ("forward", "reopened")
    if (following := next_of(before)) is not None:
        assert before in MOVES[following].from_
        assert {*needed_before(before)} <= {*needed_before(following)}


def test_a_failed_check_is_a_must_wherever_a_loan_is_decided_on_or_paid_out():
    assert [stage for stage, move in MOVES.items() if "no_failed_check" in move.must] == [
        *("approved", "signed", "disbursed")
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'from = ["inquiry"]',
            'from = ["enquiry"]',
            r"moves.toml, line \d+, \[application\]: from: 'enquiry' can't stand",
        ),
        ('from = ["approved"]', 'from = ["signed"]', r"line \d+, \[signed\]: from: 'signed' can't stand"),
        ('who = ["manager"]', 'who = ["boss"]', r"line \d+, \[written_off\]: who: 'boss' can't stand"),
        ('must = ["no_failed_check"]', 'must = ["luck"]', r"line \d+, \[approved\]: must: Input should be"),
        ("decides = true", "decides = true\ncolour = 1", r"line \d+, \[approved\]: colour: "),
        ("[closed]", "[closing]", r"line \d+, \[closing\]: there is no such stage"),
        ("[closed]", "[closed", r"moves.toml: .*line \d+"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path: Path, old: str, new: str, said: str):
    path = tmp_path / "moves.toml"
    assert old in TEXT
    path.write_text(TEXT.replace(old, new, 1), "utf-8")
    with pytest.raises(DataFileError, match=said):
        load_moves(path)
