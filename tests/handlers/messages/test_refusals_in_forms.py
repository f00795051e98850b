"""What a form says when it refuses: of its fields, never of the command line."""

import re

import pytest

from handlers.messages.block_kit.translator import Translator
from handlers.messages.refusals.errors import refusal
from tests.builders import SHANGHAI
from tests.handlers.messages.choices import Choices
from tests.handlers.messages.example_values import ExampleBuilder, refusals

OF_THE_LINE = re.compile(
    r"/loan|/n\b|\bcolon\b|冒号|“next”|“下次”|[Tt]ype it after|[Tt]ype the line|Start with|after the loan|写在贷款后面"
)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_no_refusal_in_a_form_speaks_of_the_command_line(locale: str) -> None:
    t = Translator(locale)
    said = {}
    for error in refusals(ExampleBuilder(Choices())):
        error.params.pop("nearest")
        said[error.code] = refusal(t, error, SHANGHAI, in_form=True).text
    assert {code: text for code, text in said.items() if OF_THE_LINE.search(text)} == {}
