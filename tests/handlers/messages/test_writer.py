"""The writer leaves out empty words, because Slack refuses a message that contains an empty text, and what is too much."""

from handlers.messages.block_kit.message import Bold, Button, Code
from handlers.messages.block_kit.view import VIEW_BLOCKS
from handlers.messages.block_kit.writer import Writer


def test_empty_words_leave_no_empty_element() -> None:
    message = Writer().line(Bold(""), "a", Code(""), "", "b").message()
    [section] = message.blocks[0]["elements"]
    assert [element["text"] for element in section["elements"]] == ["a", "b"]
    assert message.text == "ab"


def test_a_home_has_room_for_the_buttons_of_escalations_and_calls_and_for_those_of_figures_below() -> None:
    rows = Writer(most_blocks=VIEW_BLOCKS)
    rows.buttons(*(Button(str(each), "card.open", {}) for each in range(130)))
    rows.buttons(*(Button(str(each), "figures.list", {}) for each in range(25)))
    assert [each["text"]["text"] for each in rows.message().blocks[-1]["elements"]] == [str(each) for each in range(25)]
