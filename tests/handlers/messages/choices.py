"""What decides which values an example gets: the usual ones, none that is optional, or none that is settled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from desk.core.languages import LANGUAGES as LISTED
from tests.builders import SHANGHAI

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=SHANGHAI)
"""Wednesday morning."""

LANGUAGES = {language.code: language.locale for language in LISTED.values()}


class Choices:
    """Decides which values an example gets: here always the same ones, with nothing left out."""

    name, note, number = "王小明", "Wants a lower rate", "L-1042"

    def one_of(self, options: Sequence[Any]) -> Any:
        return options[0]

    def includes(self, name: str) -> bool:
        return True

    def count(self) -> int:
        return 2

    def amount(self) -> int:
        return 3

    def moment(self) -> datetime:
        return NOW


class MinimalChoices(Choices):
    """Leaves out everything that is optional."""

    note = ""

    def includes(self, name: str) -> bool:
        return False

    def count(self) -> int:
        return 0

    def amount(self) -> int:
        return 0

    def one_of(self, options: Sequence[Any]) -> Any:
        return options[-1]


class UnsettledChoices(Choices):
    """Leaves out the change of a follow-up, so that it is still due."""

    def includes(self, name: str) -> bool:
        return name != "change"
