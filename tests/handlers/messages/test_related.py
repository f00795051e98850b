"""The people around a loan as they are shown."""

from handlers.messages.block_kit.translator import Translator
from handlers.messages.related import people
from tests.handlers.messages.choices import LANGUAGES, Choices
from tests.handlers.messages.example_values import ExampleBuilder


class ManyChoices(Choices):
    """Eleven of what there are several of."""

    def count(self) -> int:
        return 11


def test_a_list_says_how_many_people_it_leaves_out() -> None:
    for language, words in (("zh", "还有 1 条"), ("en", "and 1 more")):
        t = Translator(LANGUAGES[language])
        assert words in people(**ExampleBuilder(ManyChoices()).arguments(people, t)).text
