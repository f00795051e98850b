"""Why loans are escalated: words of notes, rules, and a file that is refused with its line."""

from pathlib import Path

import pytest

from desk.core.data_files import DataFileError
from desk.core.playbooks import shipped_playbooks
from desk.rules.escalations import (
    escalation_kinds,
    heard_in,
    load_escalations,
    raised_by_attempts,
    raised_by_broken_promises,
)

ENTRY = '[upset]\nzh = "客户不满"\nen = "upset"\nsecond_level_hours = 4\n'


@pytest.mark.parametrize(
    ("note", "kind"),
    [
        ("客户说要投诉", "complaint"),
        ("His LAWYER will write", "legal"),
        ("will sue us", "legal"),
        ("wants to pursue a refund", None),
        ("on the first of the issue", None),
        ("车祸，人没事", "accident"),
        ("疑似骗贷", "fraud"),
        ("", None),
        ("answers tomorrow", None),
    ],
)
def test_a_note_sounds_like_a_reason_by_whole_words(note: str, kind: str | None) -> None:
    assert heard_in(note) == kind


def test_rules_raise_from_their_number_on() -> None:
    assert [raised_by_attempts(n) for n in (0, 8, 9, 10)] == [None, None, "no_contact", "no_contact"]
    assert [raised_by_broken_promises(n) for n in (0, 1, 2, 3)] == [None, None, *["promise_broken_twice"] * 2]


def test_every_playbook_that_is_named_is_there() -> None:
    named = {kind.playbook for kind in escalation_kinds().values()} - {""}
    assert named <= shipped_playbooks().situations.keys()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('playbook = "shouting"', "escalations.toml, line 5, [upset]: playbook: 'shouting' is no situation"),
        ("second_level_minutes = 5", "second_level_minutes"),
        ("attempts = 1", "line 5, [upset]: attempts"),
        ("attempts = 3\nbroken_promises = 2", "two rules"),
        ('ends_with = ["closed"]', "no rule raises it"),
        ('attempts = 3\nends_with = ["signed"]', "'signed' is no stage that ends a loan"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, more: str, said: str) -> None:
    path = tmp_path / "escalations.toml"
    path.write_text(ENTRY + more, "utf-8")
    with pytest.raises(DataFileError) as refused:
        load_escalations(path)
    assert said in str(refused.value)
