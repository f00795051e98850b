"""What a release changed is data: each line is for a role, in both languages, and what it says to type is understood."""

from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from desk.core.data_files import DataFileError
from desk.core.releases import LATEST, RELEASES, changes_for, load_releases
from handlers.grammar import audit, call, case, due_list, loan, stage
from handlers.grammar.text import Line

TEXT = (resources.files("desk") / "data" / "releases.toml").read_text("utf-8")
GRAMMARS = {
    "/loan": loan.parse,
    "/loan-audit": audit.parse,
    "/loan-case": case.parse,
    "/loan-call": call.parse,
    "/loan-due": due_list.parse,
    "/loan-stage": stage.parse,
}
NOW, ZONE = datetime(2026, 11, 25, 2, tzinfo=UTC), ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_line_says_something_and_what_it_says_to_type_is_understood(language: str):
    for change in (change for release in RELEASES.values() for change in release.lines):
        assert change.words(language)
        command, _, rest = change.example(language).partition(" ")
        if command:
            GRAMMARS[command](Line.read(rest), NOW, ZONE)


def test_a_member_hears_what_later_releases_changed_for_one_of_their_roles():
    assert changes_for({"compliance"}, 1) == changes_for({"compliance"}, 0) != ()
    assert changes_for({"agent", "manager"}, LATEST) == ()
    both = changes_for({"agent", "manager"}, 0)
    assert {*changes_for({"agent"}, 0)} < {*both}
    assert len({*both}) == len(both)
    for before in range(LATEST):
        assert len(changes_for({"agent", "manager"}, before)) <= 8 * (LATEST - before)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[1]\n", "[9]\n", r"releases.toml, line \d+, \[9\]: the releases are numbered from 1 on"),
        ('roles = ["verifier"]', 'roles = ["checker"]', "there is no role 'checker'"),
        ('roles = ["verifier"]', "roles = []", r"\[1\]: lines"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, old: str, new: str, said: str):
    assert old in TEXT
    file = tmp_path / "releases.toml"
    wrong = TEXT.replace(old, new)
    file.write_text(wrong.replace("[[1.", "[[9.") if "[9]" in new else wrong, "utf-8")
    with pytest.raises(DataFileError, match=said):
        load_releases(file)
