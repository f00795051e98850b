"""Answers as they are kept for a delivery that comes again."""

import json

import pytest

from handlers.door.answers import read_answer, write_answer
from handlers.door.request import Answer, OpenModal, Reply, UpdateModal
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.view import View

MESSAGE = Message(text="Done", blocks=[{"type": "divider"}])
CARD = View(form="card", title="L-1", blocks=[], close="Close", private={"l": "1"})
FORM = View(form="call", title="Log a call", blocks=[{"type": "divider"}], close="Cancel", submit="Log")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Reply(MESSAGE, replaces=True),
        OpenModal(FORM, MESSAGE),
        OpenModal(FORM, MESSAGE, CARD),
        UpdateModal(FORM),
        UpdateModal(FORM, CARD),
    ],
)
def test_it_is_read_as_it_was_written(answer: Answer | None) -> None:
    assert read_answer(write_answer(answer)) == answer


@pytest.mark.parametrize("answer", [OpenModal(FORM, MESSAGE), UpdateModal(FORM)])
def test_what_the_release_before_wrote_is_read(answer: Answer) -> None:
    written = json.loads(write_answer(answer))
    del written["beneath"]
    assert read_answer(json.dumps(written)) == answer
