"""Why there is a call that the desk planned, but by no rule of the cadence: the words in `desk/data/other_rules.toml`."""

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import ClassVar, Literal

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass
from desk.core.vocabulary import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRule(Word):
    """Why the desk planned a call, in words."""

    priority: ClassVar[Literal["normal"]] = "normal"

    def why(self, locale: str) -> str:
        """Return why there is a call by this rule, in the language of `locale`."""
        return self.word(locale)


def load_other_rules(source: Traversable) -> Mapping[str, OtherRule]:
    """Return these by code. Raises DataFileError, which names the file, the line and the entry."""
    file = DataFile(source)
    return {code: file.read(OtherRule, {"code": code, **dict(entry)}, code) for code, entry in file.tables.items()}


OTHER_RULES = load_other_rules(resources.files("desk") / "data" / "other_rules.toml")
"""The reasons of this desk, by the code that is stored with a call."""
