"""Others are masked in a text, however they were typed, and nothing else is."""

import pytest

from desk.rights.shield import shield

HIDES = shield(
    ["李四", "John O'Neil", "An", "王小明"],
    ["+8613987654321", "+4915155667788;ext=12"],
    own_names=["王小明"],
    own_phones=["+8613812345678"],
    members={"U0123ABCD"},
)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("李四说周五还", "李*说周五还"),
        ("ask JOHN  o'neil twice", "ask J* twice"),
        ("An came, and Anna", "A* came, and Anna"),
        ("王小明 on 13812345678", "王小明 on 13812345678"),
        ("139 8765 4321", "*4321"),
        ("(139) 8765-4321.", "(*4321."),
        ("+86 139-8765-4321", "*4321"),
        ("+49 151 55667788", "*7788"),
        ("due 2026-11-26 15:00, 87654", "due 2026-11-26 15:00, 87654"),
        ("<@U0123ABCD> and UNKNOWN1", "<@…> and UNKNOWN1"),
        ("", ""),
    ],
)
def test_others_are_masked(typed: str, shown: str) -> None:
    assert HIDES.text(typed) == shown


def test_values_of_json_are_masked_within() -> None:
    assert HIDES.value({"a": ["李四", 1, None], "b": {"c": ("An",)}}) == {"a": ["李*", 1, None], "b": {"c": ["A*"]}}
