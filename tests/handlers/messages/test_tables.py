"""Tables and charts are cut to Slack's limits."""

from handlers.messages.block_kit import tables
from sandbox.validator import validate_blocks


def test_a_table_holds_the_first_rows_up_to_two_hundred() -> None:
    block, rows = tables.table("T", ["a", "b"], [[f"L-{n}", n] for n in range(1000)])
    assert rows == 200
    assert validate_blocks([block]) == []


def test_a_table_holds_as_many_characters_as_slack_accepts() -> None:
    block, rows = tables.table("T", ["a"], [["字" * 10_000]] * 150)
    assert 0 < rows < 150
    assert validate_blocks([block]) == []


def test_a_cell_is_never_empty_and_is_not_parsed() -> None:
    block, _ = tables.table("T", ["a", "b"], [["", "<!channel> *x*"]])
    assert block["rows"][1] == [{"type": "raw_text", "text": "–"}, {"type": "raw_text", "text": "<!channel> *x*"}]


def test_shares_that_do_not_fit_become_one() -> None:
    block = tables.pie("T", [(f"s{n}", 20 - n) for n in range(20)], rest="and 9 more")
    segments = block["chart"]["segments"]
    assert len(segments) == 12
    assert segments[-1] == {"label": "and 9 more", "value": sum(20 - n for n in range(11, 20))}
    assert validate_blocks([block]) == []


def test_people_of_the_same_name_have_separate_bars() -> None:
    names = ["Wang Xiaoming of the Eastern desk"] * 30
    block = tables.bars("T", names, [("Open", list(range(30))), ("Due", list(range(30)))])
    assert len(block["chart"]["axis_config"]["categories"]) == 20
    assert validate_blocks([block]) == []
