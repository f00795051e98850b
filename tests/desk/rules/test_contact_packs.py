"""Packs of contact rules are checked when the desk starts: what is wrong is reported with its file and line."""

from pathlib import Path

import pytest

from desk.core.data_files import DataFileError
from desk.rules.contact_packs import PACKS, RULES, STATES, load_pack, load_packs, load_states
from tests.contact_rules import DOCS, with_tables

PACK = """[pack]
code = "X"
zh = "包"
en = "pack"
version = "1"
read_on = 2026-11-28
place = "X"
zones = ["Asia/Shanghai"]

[rule.X-1]
kind = "window"
start = "08:00"
end = "22:00"
zh = "规"
en = "rule"
source = "law"
mark = "M"
force = "law"
"""


def read(folder: Path, text: str) -> None:
    path = folder / "x.toml"
    path.write_text(text, "utf-8")
    load_pack(path, STATES)


def test_there_is_a_pack_for_each_place_and_every_rule_has_its_source() -> None:
    assert set(PACKS) == {"CN", "US-REGF", "US-TCPA", "US-MA", "US-NY-NYC", "AU", "IN", "EU-GR", "UK"}
    assert all(rule.source and rule.mark[0] in "RSM" for _, rule in RULES.values())


@pytest.mark.parametrize(
    ("line", "written", "says"),
    [
        ('force = "law"', 'force = "law"\nsevere = true', "line 19, [rule.X-1]: severe"),
        ('force = "law"', 'force = "decree"', "line 18, [rule.X-1]: force"),
        ('kind = "window"', 'kind = "quota"', "line 11, [rule.X-1]: there is no kind 'quota'"),
        ('kind = "window"', "", "line 10, [rule.X-1]: there is no kind None"),
        ('end = "22:00"', 'end = "07:00"', "line 13, [rule.X-1]: it ends before it begins"),
        ('end = "22:00"', "", "line 12, [rule.X-1]: start and end go together"),
        ('end = "22:00"', 'end = "22:00"\ndays = "someday"', "line 14, [rule.X-1]: there are no days 'someday'"),
        ('place = "X"', 'place = "X"\nregion = "Y"', "line 8, [pack]: region"),
        ('zones = ["Asia/Shanghai"]', 'zones = ["Asia/Nowhere"]', "line 8, [pack]: there is no time zone"),
        ("[rule.X-1]", "[rules.X-1]", "[rules]: there is no such entry"),
        (
            'kind = "window"\nstart = "08:00"\nend = "22:00"',
            'kind = "bar"\nflags = ["moody"]',
            "there is no state 'moody'",
        ),
    ],
)
def test_a_wrong_pack_is_refused_with_its_line(tmp_path: Path, line: str, written: str, says: str) -> None:
    read(tmp_path, PACK)
    with pytest.raises(DataFileError) as refused:
        read(tmp_path, PACK.replace(line, written))
    assert "x.toml" in str(refused.value)
    assert says in str(refused.value)


def test_two_packs_may_not_share_a_code_or_a_rule(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(PACK, "utf-8")
    (tmp_path / "b.toml").write_text(PACK, "utf-8")
    with pytest.raises(DataFileError, match="another pack"):
        load_packs(tmp_path, STATES)
    (tmp_path / "b.toml").write_text(PACK.replace('code = "X"', 'code = "Y"'), "utf-8")
    with pytest.raises(DataFileError, match="X has a rule of that name too"):
        load_packs(tmp_path, STATES)


def test_a_state_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "states.toml"
    path.write_text(
        '[calm]\nzh = "静"\nen = "calm"\nof = "person"\nset_by = "desk"\nsays_zh = "-"\nsays_en = "-"\nmood = 1\n',
        "utf-8",
    )
    with pytest.raises(DataFileError, match=r"states.toml, line 8, \[calm\]: mood"):
        load_states(path)


def test_the_docs_have_every_pack_as_it_is() -> None:
    page = DOCS.read_text("utf-8")
    assert with_tables(page) == page, "run python -m tests.contact_rules"
