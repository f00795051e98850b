"""What the outcome of a call says about the contact, read from `desk/data/contact_outcomes.toml`."""

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import ClassVar

from pydantic import ConfigDict

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass
from desk.core.vocabulary import VOCABULARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an outcome says. The file explains the fields; a conversation is the default."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    spoke: bool = True
    answered: bool = True
    connected: bool = True
    reachable: bool = True
    made: bool = True


CONVERSATION = Said()


def load_said(source: Traversable) -> Mapping[str, Said]:
    """Read what outcomes say. Raises DataFileError, which names the file, the line and the entry."""
    file, known = DataFile(source), {each.code for each in VOCABULARY.outcomes}
    if unknown := file.tables.keys() - known:
        raise file.error("there is no such outcome", min(unknown))
    return {code: file.read(Said, entry, code) for code, entry in file.tables.items()}


_SAID = load_said(resources.files("desk") / "data" / "contact_outcomes.toml")


def said_of(outcome: str) -> Said:
    """Return what a call with that outcome says about the contact."""
    return _SAID.get(outcome, CONVERSATION)
