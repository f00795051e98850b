"""The writer leaves out empty words, because Slack refuses a message that contains an empty text."""

from handlers.messages.block_kit.message import Bold, Code
from handlers.messages.block_kit.writer import Writer


def test_empty_words_leave_no_empty_element() -> None:
    message = Writer().line(Bold(""), "a", Code(""), "", "b").message()
    [section] = message.blocks[0]["elements"]
    assert [element["text"] for element in section["elements"]] == ["a", "b"]
    assert message.text == "ab"
